import { LockTimeoutError } from '../base/errors.ts'
import type { OpenFile } from '../disk/file-system.ts'

/**
 * So long one process may go on appending before others get their turn, in ms: about what a single append of a full batch takes, so
 * that nobody waits noticeably longer for many small ones. Handing the lock over costs more than a small append itself.
 */
const turnMsMax = 0.1

/** One process's turn at a partition: the lock on its `tslog.lock`, kept over several appends while more follow at once. */
export class PartitionTurn {
  readonly #file: OpenFile
  readonly #waitMs: number
  readonly #elapsedMs: () => number
  #takenMs: number | undefined

  /** `waitMs`: how long to wait for other writers; `elapsedMs`: a clock that never jumps. */
  constructor(file: OpenFile, waitMs: number, elapsedMs = (): number => performance.now()) {
    this.#file = file
    this.#waitMs = waitMs
    this.#elapsedMs = elapsedMs
  }

  /**
   * Begins or goes on with a turn. False when it goes on: nobody else can have written since. Throws `LockTimeoutError` when another
   * writer holds the partition for too long.
   */
  take(): boolean {
    if (this.#takenMs !== undefined) return false
    if (!this.#file.lock('exclusive', this.#waitMs)) {
      throw new LockTimeoutError(`${this.#file.path} is held by another writer`, {
        hint: 'wait for it to finish, or stop it',
      })
    }
    this.#takenMs = this.#elapsedMs()
    return true
  }

  /** Ends the turn unless `moreFollows` and there is time left. */
  pause(moreFollows: boolean): void {
    if (this.#takenMs === undefined) return
    if (!moreFollows || this.#elapsedMs() - this.#takenMs > turnMsMax) this.end()
  }

  end(): void {
    if (this.#takenMs === undefined) return
    this.#takenMs = undefined
    this.#file.unlock()
  }
}
