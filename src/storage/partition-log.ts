import type { LeaderEpoch, Offset } from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import { ServedError } from '../base/errors.ts'
import type { ActiveSegment } from './active-segment.ts'
import type { Appended, Durability } from './appended.ts'
import { offerAll, type OfferOutcome } from './batch-offer.ts'
import { partitionDirectoryName } from './file-names.ts'
import { FinalFailure } from './final-failure.ts'
import { type FollowerAppend, leaveLeader, takeAsFollower } from './follower-append.ts'
import { runsInReach } from './follower-runs.ts'
import { LogEnd } from './log-end.ts'
import type { LogOffsets } from './log-offsets.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { PartitionTurn } from './partition-turn.ts'
import { placeBatches } from './placed-batches.ts'
import { moveLogStart, type WriteState } from './write-state.ts'
import { WriteStateFile } from './write-state-file.ts'

/** The writing side of one partition, safe beside any number of others in other processes. The layer's README has the steps of an append. */
export class PartitionLog {
  readonly #options: PartitionLogOptions
  /** The partition's own directory. */
  readonly directory: string
  readonly #stateFile: WriteStateFile
  readonly #turn: PartitionTurn
  readonly #failure: FinalFailure
  readonly #end: LogEnd

  /** Takes no lock yet. Throws `DiskError` when the partition directory is not there or cannot be written. */
  constructor(options: PartitionLogOptions) {
    const { fileSystem, logDirectory, lockWaitMs, elapsedMs } = options
    const directory = `${logDirectory}/${partitionDirectoryName(options)}`
    const stateFile = WriteStateFile.create(fileSystem, directory)
    const turn = new PartitionTurn(stateFile.file, lockWaitMs, elapsedMs)
    const failure = new FinalFailure({ fileSystem, directory, stateFile, turn })
    this.#options = options
    this.directory = directory
    this.#stateFile = stateFile
    this.#turn = turn
    this.#failure = failure
    this.#end = new LogEnd(options, { directory, stateFile, failure })
  }

  /**
   * Appends whole v2 batches: gives them their base offsets and leader epoch in place, writes, indexes and publishes them. Throws
   * `LockTimeoutError` when another writer holds the partition for longer than `lockWaitMs`, `DiskError` when the disk fails, `NotFoundError`
   * when the partition was removed: after one of these two this object appends nothing more. `moreFollows`: the caller appends again, or
   * calls `endTurn`, before it waits for anything; other writers may have to wait until then.
   */
  append(batches: Uint8Array, durability: Durability, moreFollows = false): Appended {
    return this.#withLock((state) => this.#append(batches, durability, state), moreFollows)
  }

  /** The same for batches of clients, each unless the state of its producer forbids it: sent before, out of order, or fenced. */
  offer(batches: readonly Uint8Array[], durability: Durability): OfferOutcome[] {
    return this.#withLock((state) =>
      offerAll(batches, {
        validate: (batch) => this.#end.producers.validate(batch, state),
        append: (bytes) => this.#append(bytes, durability, state),
        segmentBytes: this.#options.config.segmentBytes,
      }),
    )
  }

  /** Appends batches of a leader, whose CRCs were checked, as they are, durable with the next `sync`. Throws what `takeAsFollower` does, with nothing done. */
  appendAsFollower(batches: Uint8Array, from: FollowerAppend): Appended {
    return this.#withLock((state, active) => {
      const placed = takeAsFollower(batches, from, { ...this.#options, directory: this.directory, state })
      this.#end.markAppending('later')
      const runs = runsInReach(batches, placed, { ...from, activeBaseOffset: active.baseOffset })
      this.#failure.guard(() => {
        let segment = active
        for (const run of runs) {
          if (run.segmentBaseOffset !== undefined) segment = this.#end.roll(run.segmentBaseOffset)
          else if (from.rollsByItself) segment = this.#end.segmentFor(run, run.bytes.length)
          this.#end.write({ batches: run.bytes, placed: run, durability: 'later' }, segment)
        }
      }, true)
      return { baseOffset: from.logEndOffset, nextOffset: placed.nextOffset }
    })
  }

  /** Gives other writers their turn. */
  endTurn(): void {
    this.#turn.end()
  }

  /** Makes every append of this process durable, and says so to whoever recovers. Unless it `isBlocking` appends may go on; one at a time. */
  async sync(isBlocking = true): Promise<void> {
    this.endTurn()
    const { unsynced } = this.#end
    await unsynced.settled()
    // What was appended before a server came is still ours to make durable.
    const isServed = this.#failure.failure instanceof ServedError
    if (!isServed) this.#failure.throwIfFailed()
    const { active, state } = this.#end
    if (active === undefined || state === undefined) return
    const { logEndOffset: end, syncedEndOffset, cutCount } = state
    unsynced.restart()
    if (syncedEndOffset >= end && end > active.baseOffset) {
      return this.#failure.guard(() => this.#failure.refuseIfRemoved())
    }
    await unsynced.syncUpTo(active, state, isBlocking)
    if (!isServed) this.#noteSynced(end, cutCount)
  }

  #noteSynced(end: Offset, cutCount: number): void {
    try {
      this.#withLock((current, segment) => {
        this.#failure.refuseIfRemoved(segment.log)
        if (current.syncedEndOffset >= end || current.cutCount !== cutCount) return
        current.syncedEndOffset = end
        this.#stateFile.write(current)
      })
    } catch (error) {
      // A server that came just now leaves word of its own syncs.
      if (!(error instanceof ServedError)) throw error
    }
  }

  /**
   * Makes every append of this process durable without blocking the caller, and then lets readers see them. Resolves to the end of what is durable
   * and visible, to which other writers may have added. Appends that come meanwhile wait for the next one, which may begin before this one ends; they end in order.
   */
  async commit(): Promise<Offset> {
    this.endTurn()
    this.#failure.throwIfFailed()
    const { active, state } = this.#end
    assert(active !== undefined && state !== undefined, 'commits follow appends')
    const { logEndOffset: end, cutCount } = state
    await this.#end.unsynced.syncUpTo(active, state, false)
    return this.#withLock((current, segment) => {
      // A roll, of another process too, may have left it behind meanwhile: then it may be rewritten, or closed once it was synced.
      this.#failure.refuseIfRemoved(...(segment === active ? [active.log] : []))
      // Else what was synced may be gone.
      if (current.cutCount === cutCount) {
        if (current.syncedEndOffset < end) current.syncedEndOffset = end
        if (current.visibleEndOffset < end) current.visibleEndOffset = end
        this.#stateFile.write(current)
      }
      // Recovery, also one beside this process, shows readers what nobody has synced.
      const { visibleEndOffset, syncedEndOffset } = current
      return visibleEndOffset < syncedEndOffset ? visibleEndOffset : syncedEndOffset
    })
  }

  /** Whether another process has written since: `offsets` takes the lock then, and looks. */
  get isOvertaken(): boolean {
    return this.#end.isOvertaken
  }

  /** Sets or takes back the mark by which other processes know that appends go through a server. */
  markServed(isServed: boolean): void {
    this.#change((state) => (state.isServed = isServed))
  }

  /** What stands in the log now, recovering it first when that is due. Takes the lock only if another process has written since. */
  offsets(): LogOffsets {
    return this.#look((state) => ({
      logStartOffset: state.logStartOffset,
      lastStableOffset: this.#end.producers.lastStableOffset(state),
      highWatermark: state.visibleEndOffset,
      logEndOffset: state.logEndOffset,
    }))
  }

  /** The epoch that the next append is written under. */
  leaderEpoch(): LeaderEpoch {
    return this.#look((state) => state.leaderEpoch)
  }

  /** Moves the log start offset forward to `target`, at most to the high watermark: records below it are gone for every reader. */
  advanceLogStart(target: Offset): Offset {
    return this.#change((state) => moveLogStart(state, target))
  }

  /** Seals the active segment, so that it may be deleted or compacted. False when it is empty, or the log does not end at `end` any more. */
  roll(end: Offset): boolean {
    return this.#withLock((state, active) => {
      if (active.progress.endPosition === 0 || state.logEndOffset !== end) return false
      this.#end.markAppending()
      this.#failure.guard(() => this.#end.roll(), true)
      this.#stateFile.write(state)
      return true
    })
  }

  /** Lets `change` replace or remove closed segments while no writer is there; readers are told. Killed in it, the next opener settles it. */
  rearrange<T>(change: (state: WriteState) => T): T {
    return this.#change((state) => {
      this.#stateFile.markRearranging()
      return change(state)
    })
  }

  /**
   * Gives the recovered partition to `act`, with what makes our writers forget all they know of it: then Kafka may go on from here, and whoever
   * opens it next recovers it from its files alone.
   */
  closeForKafka<T>(act: (state: WriteState, active: ActiveSegment, forget: () => void) => T): T {
    return this.#withLock((state, active) => act(state, active, () => this.#stateFile.clear()))
  }

  /** Tells every process that has the partition open that its topic is gone. */
  markDeleted(): void {
    this.#change((state) => (state.isDeleted = true))
  }

  /** Nothing more is written through this object: a file of it failed in its caller's hands. Of a failed sync whoever writes next hears. */
  fail(error: unknown): void {
    this.#failure.note(error)
  }

  /** Closes the files, but for what takes the word of a sync that is under way. Syncs nothing. */
  close(): void {
    try {
      if (this.#end.active?.hasReserve === true) this.#withLock((_, segment) => segment.releaseReserve())
    } catch {
      // It takes room until the next roll, and nothing else.
    }
    const { unsynced } = this.#end
    this.#end.close()
    this.#failure.close()
    if (unsynced.isIdle) this.#stateFile.close()
    else void unsynced.allSettled().then(() => this.#stateFile.close())
  }

  /** Changes more than the end of the log: whoever has it open looks at everything again. */
  #change<T>(act: (state: WriteState) => T): T {
    return this.#withLock((state) => {
      const result = act(state)
      state.generation += 1n
      this.#stateFile.write(state)
      return result
    })
  }

  #look<T>(at: (state: WriteState) => T): T {
    this.#failure.throwIfFailed()
    const { state } = this.#end
    return state === undefined || this.isOvertaken ? this.#withLock(at) : at(state)
  }

  #withLock<T>(act: (state: WriteState, active: ActiveSegment) => T, moreFollows = false): T {
    this.#failure.throwIfFailed()
    const isNewTurn = this.#turn.take()
    let isDone = false
    try {
      const result = this.#failure.guard(() => {
        const known = isNewTurn ? undefined : this.#end.active
        const active = known ?? this.#end.catchUp()
        const { state } = this.#end
        assert(state !== undefined, 'a partition that is caught up has a write state')
        return act(state, active)
      })
      isDone = true
      return result
    } finally {
      this.#turn.pause(isDone && moreFollows)
    }
  }

  #append(batches: Uint8Array, durability: Durability, state: WriteState): Appended {
    if (state.isReplica) leaveLeader({ ...this.#options, directory: this.directory }, state)
    const placed = placeBatches(batches, state.logEndOffset, state.leaderEpoch)
    this.#end.markAppending(durability)
    const segment = this.#end.segmentFor(placed, batches.length)
    return this.#failure.guard(() => this.#end.write({ batches, placed, durability }, segment), true)
  }
}
