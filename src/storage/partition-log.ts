import { type Offset, offset, type TimestampMs } from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import { DiskError, LockedError, NotFoundError, RefusedError } from '../base/errors.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { ActiveSegment, type PlacedBatch } from './active-segment.ts'
import { partitionDirectoryName } from './file-names.ts'
import { LeaderEpochHistory } from './leader-epoch-history.ts'
import type { LogOffsets } from './log-offsets.ts'
import { mergeOffsetCheckpoint } from './offset-checkpoints.ts'
import { openActive, type OpenedPartition } from './partition-opening.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { loadProducerState, writeProducerSnapshot } from './producer-loading.ts'
import { ProducerState } from './producer-state.ts'
import { shouldRoll } from './roll-policy.ts'
import { deleteSegmentsBelow } from './segment-deletion.ts'
import { listSegments } from './segment-list.ts'
import type { WriteState } from './write-state.ts'
import { WriteStateFile } from './write-state-file.ts'

/** When the batches of an append must be on the disk: before it returns, by the next `sync`, or whenever the system likes. */
export type Durability = 'now' | 'later' | 'never'

export interface Appended {
  readonly baseOffset: Offset
  /** The offset after the last record. */
  readonly nextOffset: Offset
}

/** So many bytes may wait for the disk before it is asked to begin, so that the sync at the end is short. */
const backgroundSyncBytes = 48 * 1024 * 1024

/**
 * The writing side of one partition, safe beside any number of others in other processes. Every append takes the partition's lock, looks
 * what changed since the last one, and leaves the write state for the next writer. See the layer's README for the steps.
 */
export class PartitionLog {
  readonly #options: PartitionLogOptions
  readonly #directory: string
  readonly #stateFile: WriteStateFile
  readonly #epochs: LeaderEpochHistory
  #state: WriteState | undefined
  #active: ActiveSegment | undefined
  #producers: ProducerState | undefined
  #createdMs: TimestampMs
  #firstTimestamp: TimestampMs | undefined
  #failure: unknown
  /** Bytes appended here since a sync began that covers them. */
  #unsyncedBytes = 0
  #syncUnderWay: Promise<void> | undefined
  /** Somebody waits for the disk: segments that are left behind must be synced before they are closed. */
  #wantsSync = false
  #sealed: ActiveSegment[] = []

  /** Takes no lock yet. Throws `DiskError` when the partition directory is not there or cannot be written. */
  constructor(options: PartitionLogOptions, epochs: LeaderEpochHistory) {
    this.#options = options
    this.#directory = partitionPath(options)
    this.#stateFile = WriteStateFile.create(options.fileSystem, this.#directory)
    this.#epochs = epochs
    this.#createdMs = options.clock.now()
  }

  /** Opens the partition for writing; a leader epoch history that is damaged is made again from the batches at recovery. */
  static open(options: PartitionLogOptions): PartitionLog {
    const read = LeaderEpochHistory.read(options.fileSystem, partitionPath(options))
    const history =
      read.kind === 'history' ? read.history : new LeaderEpochHistory(options.fileSystem, partitionPath(options))
    return new PartitionLog(options, history)
  }

  /**
   * Appends whole v2 batches: gives them their base offsets and leader epoch in place, writes, indexes and publishes them. Throws
   * `LockedError` when another writer holds the partition for longer than `lockWaitMs`, `DiskError` when the disk fails: after one
   * that is not for want of space, this object appends nothing more.
   */
  append(batches: Uint8Array, durability: Durability): Appended {
    return this.#withLock((state) => {
      const placed = this.#place(batches, state)
      this.#wantsSync ||= durability !== 'never'
      this.#stateFile.markAppending()
      const segment = this.#rollIfDue(placed, batches.length)
      return this.#write({ batches, placed, durability }, segment)
    })
  }

  /** Makes every append of this process durable, and says so to whoever recovers after a power cut. */
  async sync(): Promise<void> {
    const active = this.#active
    const state = this.#state
    if (active === undefined || state === undefined) return
    const end = state.logEndOffset
    await this.#syncUnderWay
    this.#throwIfFailed()
    this.#guard(() => {
      this.#syncSealed()
      active.log.sync()
      this.#options.fileSystem.syncDirectory(this.#directory)
    })
    this.#unsyncedBytes = 0
    this.#withLock((current) => {
      if (current.syncedEndOffset >= end) return
      current.syncedEndOffset = end
      this.#stateFile.write(current)
    })
  }

  /** What stands in the log now, recovering it first when that is due. */
  offsets(): LogOffsets {
    return this.#withLock((state) => ({
      logStartOffset: state.logStartOffset,
      lastStableOffset: this.#lastStableOffset(state),
      highWatermark: state.visibleEndOffset,
      logEndOffset: state.logEndOffset,
    }))
  }

  /** Moves the log start offset forward to `target`, at most to the high watermark: records below it are gone for every reader. */
  advanceLogStart(target: Offset): Offset {
    return this.#withLock((state) => {
      if (target > state.visibleEndOffset || target < 0n) {
        throw new NotFoundError(
          `offset ${target} is outside of the log [${state.logStartOffset}, ${state.visibleEndOffset}]`,
        )
      }
      if (target > state.logStartOffset) {
        state.logStartOffset = target
        state.generation += 1n
        this.#stateFile.write(state)
      }
      return state.logStartOffset
    })
  }

  /** Removes the segments all of whose records lie below the log start offset, which must be durable. Returns how many. */
  deleteOldSegments(): number {
    return this.#withLock((state) => {
      const deleted = deleteSegmentsBelow(this.#options.fileSystem, this.#directory, state.logStartOffset)
      if (deleted === 0) return 0
      state.generation += 1n
      this.#stateFile.write(state)
      return deleted
    })
  }

  /** Gives the recovered partition to `act`, then forgets all that writers of ours know of it: Kafka may go on from here. */
  closeForKafka<T>(act: (state: WriteState, active: ActiveSegment) => T): T {
    return this.#withLock((state, active) => {
      const result = act(state, active)
      this.#stateFile.clear()
      return result
    })
  }

  /** Tells every process that has the partition open that its topic is gone. */
  markDeleted(): void {
    this.#withLock((state) => {
      state.isDeleted = true
      state.generation += 1n
      this.#stateFile.write(state)
    })
  }

  /** Closes the files. Syncs nothing. */
  close(): void {
    this.#active?.close()
    for (const sealed of this.#sealed.splice(0)) sealed.close()
    this.#active = undefined
    this.#stateFile.close()
  }

  #withLock<T>(act: (state: WriteState, active: ActiveSegment) => T): T {
    this.#throwIfFailed()
    const { file } = this.#stateFile
    if (!file.lock('exclusive', this.#options.lockWaitMs)) {
      throw new LockedError(`${file.path} is held by another writer`, { hint: 'wait for it to finish, or stop it' })
    }
    try {
      return this.#guard(() => {
        const active = this.#catchUp()
        assert(this.#state !== undefined, 'a partition that is caught up has a write state')
        return act(this.#state, active)
      })
    } finally {
      file.unlock()
    }
  }

  /** After a failure of the disk the memory of this object may be ahead of it: nothing more is written. */
  #guard<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (error instanceof DiskError) this.#failure = error
      throw error
    }
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Makes sure that what this object knows is what is in the files. Called with the lock held. */
  #catchUp(): ActiveSegment {
    const known = this.#active
    if (known !== undefined && !this.#stateFile.hasChanged()) return known
    const state = this.#stateFile.read()
    refuseIfTaken(state, this.#directory)
    const before = this.#state
    if (known !== undefined && state !== undefined && before !== undefined && isSameSegment(before, state)) {
      known.adopt(state)
      if (!this.#stateFile.wasInterrupted) return this.#adopt(known, state)
    }
    const opened = openActive({ ...this.#options, directory: this.#directory, epochs: this.#epochs, state, known })
    this.#state = opened.state
    if (opened.active !== known) this.#takeSegment(known, opened)
    if (before?.logEndOffset !== opened.state.logEndOffset) this.#producers = undefined
    if (opened.isChanged) this.#stateFile.write(opened.state)
    return opened.active
  }

  /** Another writer appended to the very segment that is open here: nothing to look for on the disk. */
  #adopt(known: ActiveSegment, state: WriteState): ActiveSegment {
    if (this.#state?.logEndOffset !== state.logEndOffset) this.#producers = undefined
    this.#state = state
    return known
  }

  #takeSegment(known: ActiveSegment | undefined, opened: OpenedPartition): void {
    // What this process wrote into a segment that another one sealed must be synced through our own descriptor: only it hears of errors.
    if (known !== undefined) this.#retire(known)
    this.#active = opened.active
    this.#firstTimestamp = undefined
    this.#createdMs = this.#options.clock.now()
  }

  /** Gives each batch its offsets and epoch; says where it will stand. */
  #place(bytes: Uint8Array, state: WriteState): PlacedBatch[] {
    const placed: PlacedBatch[] = []
    let next = state.logEndOffset
    for (let at = 0; at < bytes.length;) {
      const batch = new RecordBatch(bytes, at)
      batch.assign(next, state.leaderEpoch)
      next = batch.nextOffset
      placed.push({
        position: at,
        sizeInBytes: batch.sizeInBytes,
        lastOffset: batch.lastOffset,
        maxTimestamp: batch.maxTimestamp,
      })
      at += batch.sizeInBytes
    }
    return placed
  }

  #noteProducers(bytes: Uint8Array, segment: ActiveSegment): void {
    const state = this.#state
    assert(state !== undefined, 'appends follow catching up')
    for (let at = 0; at < bytes.length;) {
      const batch = new RecordBatch(bytes, at)
      at += batch.sizeInBytes
      if (batch.producerId < 0n) continue
      const producers = this.#producerState(state)
      state.hasProducers = true
      const ended = producers.replay(batch)
      if (ended?.isAborted === true) segment.noteAborted(ended)
    }
  }

  #producerState(state: WriteState): ProducerState {
    this.#producers ??= state.hasProducers
      ? loadProducerState(this.#options.fileSystem, this.#directory, state.logEndOffset)
      : new ProducerState(state.logEndOffset)
    return this.#producers
  }

  #lastStableOffset(state: WriteState): Offset {
    if (!state.hasProducers) return state.visibleEndOffset
    const open = this.#producerState(state).firstOpenTransactionOffset
    return open !== undefined && open < state.visibleEndOffset ? open : state.visibleEndOffset
  }

  #write(
    append: { batches: Uint8Array; placed: PlacedBatch[]; durability: Durability },
    segment: ActiveSegment,
  ): Appended {
    const state = this.#state
    assert(state !== undefined, 'appends follow catching up')
    const baseOffset = state.logEndOffset
    const start = segment.progress.endPosition
    segment.write(append.batches)
    for (const batch of append.placed) segment.note({ ...batch, position: start + batch.position })
    this.#noteProducers(append.batches, segment)
    segment.flushIndexes()
    const nextOffset = offset((append.placed.at(-1)?.lastOffset ?? baseOffset - 1n) + 1n)
    if (append.durability === 'now') segment.log.sync()
    if (append.durability === 'later') this.#syncInBackground(segment, append.batches.length)
    publish(state, segment, { nextOffset, isSynced: append.durability === 'now' })
    this.#stateFile.write(state)
    return { baseOffset, nextOffset }
  }

  #syncInBackground(segment: ActiveSegment, bytes: number): void {
    this.#unsyncedBytes += bytes
    if (this.#unsyncedBytes < backgroundSyncBytes || this.#syncUnderWay !== undefined) return
    this.#unsyncedBytes = 0
    this.#syncUnderWay = segment.log.syncSoon().then(
      () => {
        this.#syncUnderWay = undefined
      },
      (error: unknown) => {
        this.#failure = error
        this.#syncUnderWay = undefined
      },
    )
  }

  #rollIfDue(placed: readonly PlacedBatch[], appendBytes: number): ActiveSegment {
    const active = this.#active
    const state = this.#state
    assert(active !== undefined && state !== undefined, 'appends follow catching up')
    const { config, clock } = this.#options
    const isDue = shouldRoll(
      {
        segmentSize: active.progress.endPosition,
        segmentBaseOffset: active.baseOffset,
        firstTimestamp: this.#firstTimestampOf(active),
        createdMs: this.#createdMs,
        areIndexesFull: active.areIndexesFull(config.segmentIndexBytes),
        appendBytes,
        appendMaxTimestamp: placed.reduce((max, batch) => Math.max(max, batch.maxTimestamp), -1),
        appendLastOffset: placed.at(-1)?.lastOffset ?? state.logEndOffset,
        now: clock.now(),
      },
      config,
    )
    return isDue ? this.#roll(active, state) : active
  }

  #firstTimestampOf(active: ActiveSegment): TimestampMs | undefined {
    if (active.progress.endPosition === 0) return undefined
    this.#firstTimestamp ??= active.firstTimestamp()
    return this.#firstTimestamp
  }

  /** Seals the active segment and opens the next one at the log end offset. */
  #roll(active: ActiveSegment, state: WriteState): ActiveSegment {
    const { fileSystem } = this.#options
    active.seal()
    const next = ActiveSegment.create({
      fileSystem,
      directory: this.#directory,
      baseOffset: state.logEndOffset,
      indexIntervalBytes: this.#options.config.indexIntervalBytes,
    })
    writeProducerSnapshot(fileSystem, this.#directory, this.#snapshotAt(state))
    this.#retire(active)
    this.#active = next
    this.#firstTimestamp = undefined
    this.#createdMs = this.#options.clock.now()
    state.generation += 1n
    publish(state, next, { nextOffset: state.logEndOffset, isSynced: false })
    return next
  }

  /** One segment at most waits for its sync, so that an input without end does not run out of descriptors. */
  #retire(segment: ActiveSegment): void {
    this.#syncSealed()
    if (this.#wantsSync) this.#sealed.push(segment)
    else segment.close()
  }

  #syncSealed(): void {
    const { fileSystem, logDirectory, lockWaitMs: waitMs } = this.#options
    for (const sealed of this.#sealed.splice(0)) {
      sealed.syncAll()
      sealed.close()
      fileSystem.syncDirectory(this.#directory)
      const changes = new Map([[partitionDirectoryName(this.#options), this.#endOf(sealed)]])
      mergeOffsetCheckpoint(fileSystem, logDirectory, 'recovery-point-offset-checkpoint', { changes, waitMs })
    }
  }

  /** Where the segment after a sealed one begins. */
  #endOf(sealed: ActiveSegment): Offset {
    const bases = listSegments(this.#options.fileSystem, this.#directory)
    return bases.find((base) => base > sealed.baseOffset) ?? sealed.baseOffset
  }

  #snapshotAt(state: WriteState): ProducerState {
    return state.hasProducers ? this.#producerState(state) : new ProducerState(state.logEndOffset)
  }
}

/** Brings the numbers of the segment into the state: what the next writer and every reader go by. */
function publish(state: WriteState, segment: ActiveSegment, end: { nextOffset: Offset; isSynced: boolean }): void {
  Object.assign(state, segment.progress)
  state.activeBaseOffset = segment.baseOffset
  state.logEndOffset = end.nextOffset
  state.visibleEndOffset = end.nextOffset
  if (end.isSynced) state.syncedEndOffset = end.nextOffset
}

function isSameSegment(before: WriteState, now: WriteState): boolean {
  return (
    before.generation === now.generation &&
    before.activeBaseOffset === now.activeBaseOffset &&
    before.bootId === now.bootId
  )
}

function refuseIfTaken(state: WriteState | undefined, directory: string): void {
  if (state?.isDeleted === true) throw new NotFoundError(`${directory}: the topic was deleted`)
  if (state?.isServed === true) throw new RefusedError(`${directory} is held by a running tslog serve`)
}

function partitionPath({ logDirectory, topic, partition }: PartitionLogOptions): string {
  return `${logDirectory}/${topic}-${partition}`
}
