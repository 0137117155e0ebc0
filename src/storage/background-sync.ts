import type { OpenFile } from '../disk/file-system.ts'

/** So many bytes may wait for the disk before it is asked to begin, so that the sync at the end is short. */
const backgroundSyncBytes = 48 * 1024 * 1024

/** Keeps what waits for the disk short while much is appended. */
export class BackgroundSync {
  readonly #onFailure: (error: unknown) => void
  /** Bytes appended since a sync began that covers them. */
  #unsyncedBytes = 0
  #underWay: Promise<void> | undefined

  /** `onFailure` is told of a sync that failed: nothing may be written to the file any more. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  /** So many bytes were written to `file`. */
  note(file: OpenFile, bytes: number): void {
    this.#unsyncedBytes += bytes
    if (this.#unsyncedBytes < backgroundSyncBytes || this.#underWay !== undefined) return
    this.#unsyncedBytes = 0
    this.#underWay = file
      .syncSoon()
      .catch(this.#onFailure)
      .finally(() => {
        this.#underWay = undefined
      })
  }

  /** Resolves when no sync is under way. */
  async settled(): Promise<void> {
    await this.#underWay
  }

  /** Everything was synced. */
  restart(): void {
    this.#unsyncedBytes = 0
  }
}
