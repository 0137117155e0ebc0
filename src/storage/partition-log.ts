import type { LeaderEpoch, Offset } from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import { DiskError, ServedError } from '../base/errors.ts'
import type { OpenFile } from '../disk/file-system.ts'
import type { ActiveSegment } from './active-segment.ts'
import type { Appended, Durability } from './appended.ts'
import { offerAll, type Offered } from './batch-offer.ts'
import { BackgroundSync } from './background-sync.ts'
import { noteFailedSync } from './failed-sync.ts'
import { partitionDirectoryName } from './file-names.ts'
import { type FollowerAppend, leaveLeader, takeAsFollower } from './follower-append.ts'
import { runsInReach } from './follower-runs.ts'
import type { LogOffsets } from './log-offsets.ts'
import { openActive, type OpenedPartition } from './partition-opening.ts'
import { type PlacedAppend, placeBatches, type PlacedBatches } from './placed-batches.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { PartitionProducers } from './partition-producers.ts'
import { PartitionTurn } from './partition-turn.ts'
import { removalOf } from './partition-removal.ts'
import { SealedSegments } from './sealed-segments.ts'
import { SegmentAge } from './segment-age.ts'
import { openNextSegment } from './segment-roll.ts'
import { refuseWriting } from './serve-lock.ts'
import { isSameSegment, moveLogStart, refusalOf, type WriteState } from './write-state.ts'
import { WriteStateFile } from './write-state-file.ts'

/** The writing side of one partition, safe beside any number of others in other processes. The layer's README has the steps of an append. */
export class PartitionLog {
  readonly #options: PartitionLogOptions
  /** The partition's own directory. */
  readonly directory: string
  readonly #stateFile: WriteStateFile
  #state: WriteState | undefined
  #active: ActiveSegment | undefined
  readonly #producers: PartitionProducers
  readonly #age: SegmentAge
  #failure: unknown
  readonly #background = new BackgroundSync((error) => void this.fail(error))
  /** Somebody waits for the disk: segments that are left behind must be synced before they are closed. */
  #wantsSync = false
  readonly #turn: PartitionTurn
  readonly #sealed: SealedSegments

  /** Takes no lock yet. Throws `DiskError` when the partition directory is not there or cannot be written. */
  constructor(options: PartitionLogOptions) {
    this.#options = options
    this.directory = `${options.logDirectory}/${partitionDirectoryName(options)}`
    this.#stateFile = WriteStateFile.create(options.fileSystem, this.directory)
    this.#turn = new PartitionTurn(this.#stateFile.file, options.lockWaitMs, options.elapsedMs)
    this.#sealed = new SealedSegments(options, this.directory)
    this.#producers = new PartitionProducers(options, this.directory)
    this.#age = new SegmentAge(options.clock, options.config)
  }

  /**
   * Appends whole v2 batches: gives them their base offsets and leader epoch in place, writes, indexes and publishes them. Throws
   * `LockedError` when another writer holds the partition for longer than `lockWaitMs`, `DiskError` when the disk fails, `NotFoundError`
   * when the partition was removed: after one of these two this object appends nothing more. `moreFollows`: the caller appends again, or
   * calls `endTurn`, before it waits for anything; other writers may have to wait until then.
   */
  append(batches: Uint8Array, durability: Durability, moreFollows = false): Appended {
    return this.#withLock((state) => this.#append(batches, durability, state), moreFollows)
  }

  /** The same for batches of clients, each unless the state of its producer forbids it: sent before, out of order, or fenced. */
  offer(batches: readonly Uint8Array[], durability: Durability): Offered[] {
    return this.#withLock((state) =>
      offerAll(batches, {
        validate: (batch) => this.#producers.validate(batch, state),
        append: (bytes) => this.#append(bytes, durability, state),
        segmentBytes: this.#options.config.segmentBytes,
      }),
    )
  }

  /** Appends batches of a leader, whose CRCs were checked, as they are, durable with the next `sync`. Throws what `takeAsFollower` does, with nothing done. */
  appendAsFollower(batches: Uint8Array, from: FollowerAppend): Appended {
    return this.#withLock((state, active) => {
      const placed = takeAsFollower(batches, from, { ...this.#options, directory: this.directory, state })
      this.#wantsSync = true
      this.#stateFile.markAppending()
      const runs = runsInReach(batches, placed, { ...from, activeBaseOffset: active.baseOffset })
      this.#guard(() => {
        let segment = active
        for (const run of runs) {
          if (run.segmentBaseOffset !== undefined) segment = this.#roll(segment, state, run.segmentBaseOffset)
          else if (from.rollsByItself) segment = this.#rollIfDue(run, run.bytes.length)
          this.#write({ batches: run.bytes, placed: run, durability: 'later', state }, segment)
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
    await this.#background.settled()
    // What was appended before a server came is still ours to make durable.
    const isServed = this.#failure instanceof ServedError || this.#throwIfFailed()
    const [active, state] = [this.#active, this.#state]
    if (active === undefined || state === undefined) return
    const { logEndOffset: end, syncedEndOffset, cutCount } = state
    this.#background.restart()
    if (syncedEndOffset >= end && end > active.baseOffset) return this.#guard(() => this.#refuseIfRemoved())
    await this.#syncUpTo(active, state, isBlocking)
    if (!isServed) this.#noteSynced(end, cutCount)
  }

  /** What was appended, and before its first sync the name of its segment. */
  async #syncUpTo(active: ActiveSegment, state: WriteState, isBlocking: boolean): Promise<void> {
    const isNamed = state.syncedEndOffset > active.baseOffset
    this.#guard(() => {
      this.#refuseIfRemoved()
      this.#sealed.syncBelow(active.baseOffset, state.syncedEndOffset)
      if (isBlocking) active.log.sync()
    })
    if (!isBlocking) await active.log.syncSoon().catch((error: unknown) => Promise.reject(this.fail(error)))
    if (!isNamed) this.#guard(() => this.#options.fileSystem.syncDirectory(this.directory))
  }

  #noteSynced(end: Offset, cutCount: number): void {
    try {
      this.#withLock((current, segment) => {
        this.#refuseIfRemoved(segment.log)
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
   * Makes every append of this process durable without blocking the caller, and then lets readers see them. Resolves to the visible end, to which
   * other writers may have added. Appends that come meanwhile wait for the next one: one at a time.
   */
  async commit(): Promise<Offset> {
    this.endTurn()
    this.#throwIfFailed()
    const [active, state] = [this.#active, this.#state]
    assert(active !== undefined && state !== undefined, 'commits follow appends')
    const { logEndOffset: end, cutCount } = state
    await this.#syncUpTo(active, state, false)
    return this.#withLock((current, segment) => {
      // A roll, of another process too, may have left it behind meanwhile: then it may be rewritten, or closed once it was synced.
      this.#refuseIfRemoved(...(segment === active ? [active.log] : []))
      // What was synced is gone.
      if (current.cutCount !== cutCount) return current.visibleEndOffset
      if (current.syncedEndOffset < end) current.syncedEndOffset = end
      if (current.visibleEndOffset < end) current.visibleEndOffset = end
      this.#stateFile.write(current)
      return current.visibleEndOffset
    })
  }

  /** Whether another process has written since: `offsets` takes the lock then, and looks. */
  get isOvertaken(): boolean {
    return this.#active === undefined || this.#stateFile.hasChanged()
  }

  /** Sets or takes back the mark by which other processes know that appends go through a server. */
  markServed(isServed: boolean): void {
    this.#change((state) => (state.isServed = isServed))
  }

  /** What stands in the log now, recovering it first when that is due. Takes the lock only if another process has written since. */
  offsets(): LogOffsets {
    return this.#look((state) => ({
      logStartOffset: state.logStartOffset,
      lastStableOffset: this.#producers.lastStableOffset(state),
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
      this.#stateFile.markAppending()
      this.#guard(() => this.#roll(active, state), true)
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

  /** Closes the files. Syncs nothing. */
  close(): void {
    try {
      if (this.#active?.hasReserve === true) this.#withLock((_, segment) => segment.releaseReserve())
    } catch {
      // It takes room until the next roll, and nothing else.
    }
    this.#active?.close()
    this.#sealed.close()
    this.#active = undefined
    this.#stateFile.close()
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
    this.#throwIfFailed()
    const state = this.#state
    return state === undefined || this.isOvertaken ? this.#withLock(at) : at(state)
  }

  #withLock<T>(act: (state: WriteState, active: ActiveSegment) => T, moreFollows = false): T {
    this.#throwIfFailed()
    const isNewTurn = this.#turn.take()
    let isDone = false
    try {
      const result = this.#guard(() => {
        const active = isNewTurn || this.#active === undefined ? this.#catchUp() : this.#active
        assert(this.#state !== undefined, 'a partition that is caught up has a write state')
        return act(this.#state, active)
      })
      isDone = true
      return result
    } finally {
      this.#turn.pause(isDone && moreFollows)
    }
  }

  /** After a failure of the disk memory may be ahead of it: nothing more is written. `isWriting`: nor after any other, a retry would double it. */
  #guard<T>(act: () => T, isWriting = false): T {
    try {
      return act()
    } catch (error) {
      if (!isWriting && !(error instanceof DiskError)) throw error
      this.fail(error)
      // The files of a topic that was deleted go away under its writers: then that is the reason to give, and no mark of a server.
      throw (this.#failure = refusalOf(this.#stateFile.read(), this.directory, true) ?? error)
    }
  }

  /** Nothing more is written through this object; of a sync that failed, its own or its caller's, whoever writes next hears. Returns `error`. */
  fail(error: unknown): unknown {
    if (this.#failure === undefined) noteFailedSync(error, this.#turn, this.#stateFile)
    return (this.#failure = error)
  }

  #throwIfFailed(): false {
    if (this.#failure === undefined) return false
    throw this.#failure
  }

  /** Makes sure that what this object knows is what is in the files. Called with the lock held. */
  #catchUp(): ActiveSegment {
    const known = this.#active
    // An append of ours that ended with an error may have changed files that the memory of this object knows nothing of.
    if (known !== undefined && !this.#stateFile.hasChanged() && !this.#stateFile.wasInterrupted) return known
    const state = this.#stateFile.read()
    try {
      refuseWriting(state, { ...this.#options, directory: this.directory })
      return this.#adopt(known, state) ?? this.#open(known, state)
    } catch (error) {
      // The state that was just read counts as known: the next look would find nothing new, and write on.
      throw this.fail(error)
    }
  }

  /** Another writer appended to the very segment that is open here: nothing to look for on the disk. */
  #adopt(known: ActiveSegment | undefined, state: WriteState | undefined): ActiveSegment | undefined {
    const before = this.#state
    if (known === undefined || state === undefined || before === undefined) return undefined
    if (!isSameSegment(before, state) || this.#stateFile.wasInterrupted) return undefined
    known.adopt(state)
    this.#state = state
    return known
  }

  #open(known: ActiveSegment | undefined, state: WriteState | undefined): ActiveSegment {
    const before = this.#state
    const { hasFailedSync } = this.#stateFile
    const opened = openActive({ ...this.#options, directory: this.directory, state, known, hasFailedSync })
    this.#state = opened.state
    if (opened.active !== known) this.#takeSegment(known, opened)
    if (before?.cutCount !== opened.state.cutCount) {
      this.#producers.forget()
      this.#sealed.forget()
    }
    if (opened.isChanged || this.#stateFile.wasInterrupted) this.#stateFile.write(opened.state)
    return opened.active
  }

  #takeSegment(known: ActiveSegment | undefined, opened: OpenedPartition): void {
    // What this process wrote into a segment that another one sealed must be synced through our own descriptor: only it hears of errors.
    if (known !== undefined) this.#sealed.add(known, this.#wantsSync)
    this.#active = opened.active
    this.#age.restart()
  }

  #append(batches: Uint8Array, durability: Durability, state: WriteState): Appended {
    if (state.isReplica) leaveLeader({ ...this.#options, directory: this.directory }, state)
    const placed = placeBatches(batches, state.logEndOffset, state.leaderEpoch)
    this.#wantsSync ||= durability !== 'never'
    this.#stateFile.markAppending()
    const segment = this.#rollIfDue(placed, batches.length)
    return this.#guard(() => this.#write({ batches, placed, durability, state }, segment), true)
  }

  #write({ batches, placed, durability, state }: PlacedAppend, segment: ActiveSegment): Appended {
    const baseOffset = state.logEndOffset
    segment.append(batches, placed.batches)
    this.#producers.note(batches, placed, { state, segment })
    if (durability === 'now') this.#syncNow(segment, state)
    if (durability === 'later') this.#background.note(segment.log, batches.length)
    segment.publish(state, placed.nextOffset)
    if (durability !== 'commit') state.visibleEndOffset = placed.nextOffset
    if (durability === 'now') state.syncedEndOffset = placed.nextOffset
    this.#stateFile.write(state)
    return { baseOffset, nextOffset: placed.nextOffset }
  }

  /** Makes an append durable; the first time in a segment with the segment's name, and with what the roll left behind. */
  #syncNow(segment: ActiveSegment, state: WriteState): void {
    segment.log.sync()
    if (state.syncedEndOffset <= segment.baseOffset) {
      this.#sealed.syncBelow(segment.baseOffset, state.syncedEndOffset)
      this.#options.fileSystem.syncDirectory(this.directory)
    }
    this.#refuseIfRemoved(segment.log)
  }

  /** What is written into a file that has lost its name is lost, however well it was synced. */
  #refuseIfRemoved(...written: OpenFile[]): void {
    const reason = removalOf(this.#options.fileSystem, [this.#stateFile.file, ...written])
    if (reason === undefined) return
    throw (this.#failure = refusalOf(this.#stateFile.read(), this.directory, true) ?? reason)
  }

  #rollIfDue(placed: PlacedBatches, appendBytes: number): ActiveSegment {
    const [active, state] = [this.#active, this.#state]
    assert(active !== undefined && state !== undefined, 'appends follow catching up')
    return this.#age.isRollDue(active, placed, appendBytes) ? this.#roll(active, state) : active
  }

  /** Seals the active segment and opens the next one. */
  #roll(active: ActiveSegment, state: WriteState, baseOffset = state.logEndOffset): ActiveSegment {
    this.#sealed.sync()
    const { fileSystem, config } = this.#options
    const options = { fileSystem, directory: this.directory, indexIntervalBytes: config.indexIntervalBytes }
    const next = openNextSegment(active, state, { options, baseOffset, producers: this.#producers })
    this.#sealed.add(active, this.#wantsSync)
    this.#active = next
    this.#age.restart()
    return next
  }
}
