import { DiskError } from '../base/errors.ts'
import type { FileSystem, OpenFile, OpenMode } from '../disk/file-system.ts'
import { PARTITION_LOCK } from './file-names.ts'
import { WRITE_STATE_BYTES, type WriteState, WriteStateCodec } from './write-state.ts'

/** The open `tslog.lock` of one partition: its lock, and the write state in it. */
export class WriteStateFile {
  readonly file: OpenFile
  readonly #incoming = new Uint8Array(WRITE_STATE_BYTES)
  readonly #known = new Uint8Array(WRITE_STATE_BYTES)
  readonly #codec = new WriteStateCodec()

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

  /** Whether the file holds other bytes than at the last `read` or `write` of this process. One small read. */
  hasChanged(): boolean {
    const length = this.file.read(this.#incoming, 0)
    this.#incoming.fill(0, length)
    return !isEqual(this.#incoming, this.#known)
  }

  /**
   * The state as it stands; `undefined` when there is none that can be believed. A reader that meets a writer in the middle
   * of its write looks again.
   */
  read(): WriteState | undefined {
    for (let attempt = 0; attempt < readAttempts; attempt++) {
      const length = this.file.read(this.#known, 0)
      this.#known.fill(0, length)
      const state = this.#codec.decode(this.#known)
      if (state !== undefined || length < WRITE_STATE_BYTES) return state
    }
    return undefined
  }

  write(state: WriteState): void {
    this.#codec.encode(state, this.#known)
    this.file.write(this.#known, 0)
  }

  /** Leaves nothing to be believed by the next writer, durably. */
  clear(): void {
    this.file.truncate(0)
    this.file.sync()
  }

  close(): void {
    this.file.close()
  }
}

const readAttempts = 4

function lockPath(directory: string): string {
  return `${directory}/${PARTITION_LOCK}`
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
