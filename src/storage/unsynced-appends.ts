import type { ActiveSegment } from './active-segment.ts'
import type { Durability } from './appended.ts'
import { BackgroundSync } from './background-sync.ts'
import type { FinalFailure } from './final-failure.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { SealedSegments } from './sealed-segments.ts'
import { SyncOrder } from './sync-order.ts'
import type { WriteState } from './write-state.ts'

/** What this process has appended to a log that the disk does not have yet: the end of the active segment, and what rolls left behind. */
export class UnsyncedAppends {
  readonly #options: PartitionLogOptions
  readonly #directory: string
  readonly #failure: FinalFailure
  readonly #background: BackgroundSync
  readonly #sealed: SealedSegments
  readonly #order = new SyncOrder()
  /** Somebody waits for the disk: segments that are left behind must be synced before they are closed. */
  #isAwaited = false

  /** `directory`: the partition's own. */
  constructor(options: PartitionLogOptions, directory: string, failure: FinalFailure) {
    this.#options = options
    this.#directory = directory
    this.#failure = failure
    this.#background = new BackgroundSync((error) => void failure.note(error))
    this.#sealed = new SealedSegments(options, directory)
  }

  /** An append is about to come. */
  expect(durability: Durability): void {
    this.#isAwaited ||= durability !== 'never'
  }

  /** So many bytes were appended that wait for the next sync. */
  note(segment: ActiveSegment, bytes: number): void {
    this.#background.note(segment.log, bytes)
  }

  /** Another segment is the active one now. What this process wrote is synced through its own descriptor: only that one hears of errors. */
  leave(segment: ActiveSegment): void {
    this.#sealed.add(segment, this.#isAwaited)
  }

  /** Makes durable what rolls have left behind. */
  syncSealed(): void {
    this.#sealed.sync()
  }

  /** Makes an append durable; the first time in a segment with the segment's name, and with what the roll left behind. */
  syncNow(segment: ActiveSegment, state: WriteState): void {
    segment.log.sync()
    if (state.syncedEndOffset <= segment.baseOffset) {
      this.#sealed.syncBelow(segment.baseOffset, state.syncedEndOffset)
      this.#options.fileSystem.syncDirectory(this.#directory)
    }
    this.#failure.refuseIfRemoved(segment.log)
  }

  /** Makes durable all that stands in the log up to the end of `state`, and before the first sync of a segment its name. */
  async syncUpTo(active: ActiveSegment, state: WriteState, isBlocking: boolean): Promise<void> {
    const isNamed = state.syncedEndOffset > active.baseOffset
    const failure = this.#failure
    failure.guard(() => {
      failure.refuseIfRemoved()
      this.#sealed.syncBelow(active.baseOffset, state.syncedEndOffset)
      if (isBlocking) active.log.sync()
    })
    if (!isBlocking) {
      const noted = (error: unknown): Promise<never> => Promise.reject(failure.note(error))
      await this.#order.add(active.log.syncSoon().catch(noted))
    }
    if (!isNamed) failure.guard(() => this.#options.fileSystem.syncDirectory(this.#directory))
  }

  /** Resolves when no sync of before is under way. */
  async settled(): Promise<void> {
    await this.#background.settled()
  }

  /** All is being synced that was noted. */
  restart(): void {
    this.#background.restart()
  }

  /** Another process has cut the log: what is there now was never synced here. */
  forget(): void {
    this.#sealed.forget()
  }

  /** Closes what is still open of rolls. Syncs nothing. */
  close(): void {
    this.#sealed.close()
  }
}
