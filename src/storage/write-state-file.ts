import { DiskError } from '../base/errors.ts'
import type { FileSystem, OpenFile, OpenMode } from '../disk/file-system.ts'
import { PARTITION_LOCK } from './file-names.ts'
import {
  appendingAt,
  bootOf,
  enduringOfTorn,
  type EnduringState,
  WRITE_STATE_BYTES,
  type WriteState,
  WriteStateCodec,
} from './write-state.ts'

/** The open `tslog.lock` of one partition: its lock, and the write state in it. */
export class WriteStateFile {
  readonly file: OpenFile
  readonly #incoming = new Uint8Array(WRITE_STATE_BYTES)
  readonly #known = new Uint8Array(WRITE_STATE_BYTES)
  readonly #incomingWords = wordsOf(this.#incoming)
  readonly #knownWords = wordsOf(this.#known)
  readonly #codec = new WriteStateCodec()
  /** Waits for the end of a write that is under way; not with the lock held, where nobody writes. */
  readonly #wait: Wait | undefined
  #memory: Uint8Array | undefined
  #memoryWords: Int32Array | undefined
  #isMapTried = false

  private constructor(file: OpenFile, wait?: Wait) {
    this.file = file
    this.#wait = wait
  }

  /** For writers: makes the file when it is missing. */
  static create(fileSystem: FileSystem, directory: string): WriteStateFile {
    return new WriteStateFile(fileSystem.open(lockPath(directory), 'create'))
  }

  /** For readers: `undefined` when no writer of ours has been here. */
  static find(fileSystem: FileSystem, directory: string, mode: OpenMode = 'read'): WriteStateFile | undefined {
    try {
      const wait: Wait = (isWhole) => fileSystem.waitUntil(isWhole, tornMsMax)
      return new WriteStateFile(fileSystem.open(lockPath(directory), mode), wait)
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Whether the file holds other bytes than at the last `read` or `write` of this process. */
  hasChanged(): boolean {
    if (this.#memoryWords !== undefined) return !isEqual(this.#memoryWords, this.#knownWords)
    this.#readBytes(this.#incoming)
    return !isEqual(this.#incomingWords, this.#knownWords)
  }

  /**
   * The state as it stands; `undefined` when there is none that can be believed. A reader that meets a writer in the middle
   * of its write looks again, for so long that only one that was killed or stopped there can have left it.
   */
  read(): WriteState | undefined {
    const state = this.#readOnce()
    if (state !== undefined || this.#wait === undefined || bootOf(this.#known) === undefined) return state
    let found: WriteState | undefined
    this.#wait(() => (found = this.#readOnce()) !== undefined)
    return found
  }

  #readOnce(): WriteState | undefined {
    if (this.#memory !== undefined) this.#known.set(this.#memory)
    else this.#readBytes(this.#known)
    return this.#codec.decode(this.#known)
  }

  /** What the state that was read last tells although it is torn. */
  get enduring(): EnduringState | undefined {
    return enduringOfTorn(this.#known)
  }

  /** Whether what was read last is a state of this boot, whole or torn. */
  wasOfBoot(bootId: string): boolean {
    return bootId !== '' && bootOf(this.#known) === bootId
  }

  /** Whether the writer whose state was read last was killed in an append, or met a failing disk: the log may be longer than the state says. */
  get wasInterrupted(): boolean {
    return this.#known[appendingAt] !== 0
  }

  /** Whether closed segments were being replaced or removed when the state was read last: names in the directory may be in the midst of a change. */
  get isRearranging(): boolean {
    return this.#known[appendingAt] === mark.rearranging
  }

  /** Whether a sync of the log had failed when the state was read last, and nobody has written what it left once more. */
  get hasFailedSync(): boolean {
    return this.#known[appendingAt] === mark.failedSync
  }

  /** Whether the file holds a state of this boot, whole or torn by the kill of a writer in the midst of its write. */
  isOfBoot(bootId: string): boolean {
    return bootId !== '' && bootOf(this.#readBytes(new Uint8Array(WRITE_STATE_BYTES))) === bootId
  }

  /** Whether no writer has left word since the last clean close, which leaves zeros, or ever. */
  get isClear(): boolean {
    return this.#readBytes(new Uint8Array(WRITE_STATE_BYTES)).every((byte) => byte === 0)
  }

  /** Whether no state was ever written: a clean close leaves zeros. */
  get isBlank(): boolean {
    return this.file.size() === 0
  }

  /** Marks that the log is about to be changed, until the next `write`. With the lock held. */
  markAppending(): void {
    this.#mark(mark.appending)
  }

  /** Marks that closed segments are about to be replaced or removed, until the next `write`. With the lock held. */
  markRearranging(): void {
    this.#mark(mark.rearranging)
  }

  /** Marks that the page cache may hold what the disk lost, until the next `write`. With the lock held. */
  markFailedSync(): void {
    this.#mark(mark.failedSync)
  }

  #mark(value: number): void {
    this.#map()
    this.#known[appendingAt] = value
    if (this.#memory !== undefined) this.#memory[appendingAt] = value
    else this.file.write(this.#known.subarray(appendingAt, WRITE_STATE_BYTES), appendingAt)
  }

  write(state: WriteState): void {
    this.#codec.encode(state, this.#known)
    if (this.#memory !== undefined) this.#memory.set(this.#known)
    else this.file.write(this.#known, 0)
  }

  /** Leaves nothing to be believed by the next writer; durable once the file is synced. It keeps its size: others may have it in their memory. */
  clear(): void {
    this.#known.fill(0)
    this.file.write(this.#known, 0)
  }

  close(): void {
    this.file.close()
  }

  /** From the first append on the state is shared memory where that can be had: it is looked at and written for each batch. */
  #map(): void {
    if (this.#isMapTried) return
    this.#isMapTried = true
    if (this.file.size() >= WRITE_STATE_BYTES) this.#memory = this.file.map(WRITE_STATE_BYTES)
    this.#memoryWords = this.#memory && wordsOf(this.#memory)
  }

  #readBytes(target: Uint8Array): Uint8Array {
    target.fill(0, this.file.read(target, 0))
    return target
  }
}

type Wait = (isWhole: () => boolean) => void

/** In ms; a writer takes less than a microsecond for it, unless it loses the processor just then. */
const tornMsMax = 50
const mark = { appending: 1, rearranging: 2, failedSync: 3 } as const

function lockPath(directory: string): string {
  return `${directory}/${PARTITION_LOCK}`
}

/** Four bytes a step: a reader with little to do compares so often that bytes would start the engine's compiler. */
function isEqual(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, WRITE_STATE_BYTES / 4)
}
