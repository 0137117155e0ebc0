import { DiskError, TemporaryError } from '../base/errors.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { noteFailedSync } from './failed-sync.ts'
import { removalOf } from './partition-removal.ts'
import type { PartitionTurn } from './partition-turn.ts'
import { refusalOf } from './write-state.ts'
import type { WriteStateFile } from './write-state-file.ts'

/** Where a failure may come from, and who must hear of it. */
export interface FailurePlace {
  readonly fileSystem: FileSystem
  /** The partition's own directory. */
  readonly directory: string
  readonly stateFile: WriteStateFile
  readonly turn: PartitionTurn
}

/** The failure after which an open partition log writes nothing more: after one of the disk memory may be ahead of it. */
export class FinalFailure {
  readonly #place: FailurePlace
  #failure: unknown
  #closed: TemporaryError | undefined

  constructor(place: FailurePlace) {
    this.#place = place
  }

  /** What happened, if anything did. */
  get failure(): unknown {
    return this.#failure
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Lets nothing be written after a failure of the disk in `act`. `isWriting`: nor after any other, a retry would double what was written. */
  guard<T>(act: () => T, isWriting = false): T {
    try {
      return act()
    } catch (error) {
      if (!isWriting && !(error instanceof DiskError)) throw error
      this.note(error)
      // The files of a topic that was deleted go away under its writers: then that is the reason to give, and no mark of a server.
      throw (this.#failure = this.#deletion() ?? error)
    }
  }

  /** Nothing more is written; of a sync that failed whoever writes next hears. Returns `error`. */
  note(error: unknown): unknown {
    // Also after a write that found no room: whoever opens the log anew then must hear of it.
    if (this.#failure !== error) noteFailedSync(error, this.#place.turn, this.#place.stateFile)
    return (this.#failure = error)
  }

  /** Nothing more is written, since the files are closed. Of a sync that was under way, and fails, whoever writes next hears all the same. */
  close(): void {
    this.#closed = new TemporaryError(`${this.#place.directory} was closed`)
    this.#failure ??= this.#closed
  }

  throwIfClosed(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  /** What is written into a file that has lost its name is lost, however well it was synced. */
  refuseIfRemoved(...written: OpenFile[]): void {
    const { fileSystem, stateFile } = this.#place
    const reason = removalOf(fileSystem, [stateFile.file, ...written])
    if (reason !== undefined) throw (this.#failure = this.#deletion() ?? reason)
  }

  #deletion(): unknown {
    const { stateFile, directory } = this.#place
    return refusalOf(stateFile.read(), directory, true)
  }
}
