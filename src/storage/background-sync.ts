import type { OpenFile } from '../disk/file-system.ts'

/** So many bytes may wait for the disk before it is asked to begin, so that the sync at the end is short. */
const backgroundSyncBytes = 48 * 1024 * 1024

/** Keeps what waits for the disk short while much is appended. */
export class BackgroundSync {
  readonly #sync: (file: OpenFile) => Promise<void>
  /** Bytes appended since a sync began that covers them. */
  #unsyncedBytes = 0
  #underWay: Promise<void> | undefined

  /** `sync` begins one, and lets whoever waits for the disk know when it fails. */
  constructor(sync: (file: OpenFile) => Promise<void>) {
    this.#sync = sync
  }

  /** So many bytes were written to `file`. */
  note(file: OpenFile, bytes: number): void {
    this.#unsyncedBytes += bytes
    if (this.#unsyncedBytes < backgroundSyncBytes || this.#underWay !== undefined) return
    this.#unsyncedBytes = 0
    const done = (): void => {
      this.#underWay = undefined
    }
    this.#underWay = this.#sync(file).then(done, done)
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
