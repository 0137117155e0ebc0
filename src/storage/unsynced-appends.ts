import type { OpenFile } from '../disk/file-system.ts'
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
    this.#background = new BackgroundSync((file) => this.#syncSoon(file))
    this.#sealed = new SealedSegments(options, directory, (file) => this.#order.isSyncing(file))
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

  /** Whether no sync is under way that blocks nobody. */
  get isIdle(): boolean {
    return this.#order.isIdle
  }

  /** Makes durable what rolls have left behind, as far as no sync of it is under way. */
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
    failure.guard(() => failure.refuseIfRemoved())
    if (isBlocking && this.#order.isIdle) {
      failure.guard(() => {
        this.#syncBelow(active, state)
        active.log.sync()
      })
    } else if (this.#sealed.isSyncing) {
      await Promise.all([this.#syncSoon(active.log), this.#syncBelowSoon(active, state)])
    } else {
      failure.guard(() => this.#syncBelow(active, state))
      await this.#syncSoon(active.log)
    }
    failure.throwIfClosed()
    if (!isNamed) failure.guard(() => this.#options.fileSystem.syncDirectory(this.#directory))
  }

  #syncSoon(file: OpenFile): Promise<void> {
    const noted = (error: unknown): Promise<never> => Promise.reject(this.#failure.note(error))
    return this.#order.add(file, file.syncSoon().catch(noted))
  }

  #syncBelow(active: ActiveSegment, state: WriteState): void {
    this.#sealed.syncBelow(active.baseOffset, state.syncedEndOffset)
  }

  /** Linux tells an error to one sync of a descriptor alone: those that are under way have the first word, and if they fail the recovery point stays. */
  async #syncBelowSoon(active: ActiveSegment, state: WriteState): Promise<void> {
    await this.#order.settled()
    this.#failure.throwIfFailed()
    this.#failure.guard(() => this.#syncBelow(active, state))
  }

  /** Resolves when no sync of before is under way. */
  async settled(): Promise<void> {
    await this.#background.settled()
  }

  /** The same, also for syncs that somebody waits for. */
  async allSettled(): Promise<void> {
    await this.#order.settled()
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
