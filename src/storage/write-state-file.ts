import { DiskError } from '../base/errors.ts'
import type { FileSystem, OpenFile, OpenMode } from '../disk/file-system.ts'
import { PARTITION_LOCK } from './file-names.ts'
import { appendingAt, bootOf, WRITE_STATE_BYTES, type WriteState, WriteStateCodec } from './write-state.ts'

/** The open `tslog.lock` of one partition: its lock, and the write state in it. */
export class WriteStateFile {
  readonly file: OpenFile
  readonly #incoming = new Uint8Array(WRITE_STATE_BYTES)
  readonly #known = new Uint8Array(WRITE_STATE_BYTES)
  readonly #codec = new WriteStateCodec()
  #memory: Uint8Array | undefined
  #isMapTried = false

  private constructor(file: OpenFile) {
    this.file = file
  }

  /** For writers: makes the file when it is missing. */
  static create(fileSystem: FileSystem, directory: string): WriteStateFile {
    return new WriteStateFile(fileSystem.open(lockPath(directory), 'create'))
  }

  /** For readers: `undefined` when no writer of ours has been here. */
  static find(fileSystem: FileSystem, directory: string, mode: OpenMode = 'read'): WriteStateFile | undefined {
    try {
      return new WriteStateFile(fileSystem.open(lockPath(directory), mode))
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Whether the file holds other bytes than at the last `read` or `write` of this process. */
  hasChanged(): boolean {
    const memory = this.#memory ?? this.#readBytes(this.#incoming)
    return !isEqual(memory, this.#known)
  }

  /**
   * The state as it stands; `undefined` when there is none that can be believed. A reader that meets a writer in the middle
   * of its write looks again.
   */
  read(): WriteState | undefined {
    for (let attempt = 0; attempt < readAttempts; attempt++) {
      if (this.#memory !== undefined) this.#known.set(this.#memory)
      else this.#readBytes(this.#known)
      const state = this.#codec.decode(this.#known)
      if (state !== undefined) return state
    }
    return undefined
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

  /** Leaves nothing to be believed by the next writer, durably. The file keeps its size: others may have it in their memory. */
  clear(): void {
    this.#known.fill(0)
    this.file.write(this.#known, 0)
    this.file.sync()
  }

  close(): void {
    this.file.close()
  }

  /** From the first append on the state is shared memory where that can be had: it is looked at and written for each batch. */
  #map(): void {
    if (this.#isMapTried) return
    this.#isMapTried = true
    if (this.file.size() >= WRITE_STATE_BYTES) this.#memory = this.file.map(WRITE_STATE_BYTES)
  }

  #readBytes(target: Uint8Array): Uint8Array {
    target.fill(0, this.file.read(target, 0))
    return target
  }
}

const readAttempts = 4
const mark = { appending: 1, rearranging: 2, failedSync: 3 } as const

function lockPath(directory: string): string {
  return `${directory}/${PARTITION_LOCK}`
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
