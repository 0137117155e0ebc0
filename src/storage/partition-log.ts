import { type Offset, offset, type TimestampMs } from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import { DiskError, NotFoundError } from '../base/errors.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { ActiveSegment } from './active-segment.ts'
import type { LogOffsets } from './log-offsets.ts'
import { openActive, type OpenedPartition } from './partition-opening.ts'
import { placeBatches, type PlacedBatches } from './placed-batches.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { loadProducerState, writeProducerSnapshot } from './producer-loading.ts'
import { ProducerState } from './producer-state.ts'
import { PartitionTurn } from './partition-turn.ts'
import { shouldRoll } from './roll-policy.ts'
import { SealedSegments } from './sealed-segments.ts'
import { deleteSegmentsBelow } from './segment-deletion.ts'
import { isSameSegment, refusalOf, type WriteState } from './write-state.ts'
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
  readonly #turn: PartitionTurn
  readonly #sealed: SealedSegments

  /** Takes no lock yet. Throws `DiskError` when the partition directory is not there or cannot be written. */
  constructor(options: PartitionLogOptions) {
    this.#options = options
    this.#directory = partitionPath(options)
    this.#stateFile = WriteStateFile.create(options.fileSystem, this.#directory)
    this.#turn = new PartitionTurn(this.#stateFile.file, options.lockWaitMs, options.elapsedMs)
    this.#sealed = new SealedSegments(options, this.#directory)
    this.#createdMs = options.clock.now()
  }

  /**
   * Appends whole v2 batches: gives them their base offsets and leader epoch in place, writes, indexes and publishes them. Throws
   * `LockedError` when another writer holds the partition for longer than `lockWaitMs`, `DiskError` when the disk fails, `NotFoundError`
   * when the partition was removed: after one of these two this object appends nothing more. `moreFollows`: the caller appends again, or
   * calls `endTurn`, before it waits for anything; other writers may have to wait until then.
   */
  append(batches: Uint8Array, durability: Durability, moreFollows = false): Appended {
    return this.#withLock((state) => {
      const placed = placeBatches(batches, state.logEndOffset, state.leaderEpoch)
      this.#wantsSync ||= durability !== 'never'
      this.#stateFile.markAppending()
      const segment = this.#rollIfDue(placed, batches.length)
      return this.#guard(() => this.#write({ batches, placed, durability }, segment), true)
    }, moreFollows)
  }

  /** Gives other writers their turn. */
  endTurn(): void {
    this.#turn.end()
  }

  /** Makes every append of this process durable, and says so to whoever recovers after a power cut. */
  async sync(): Promise<void> {
    this.endTurn()
    await this.#syncUnderWay
    this.#throwIfFailed()
    const active = this.#active
    const state = this.#state
    if (active === undefined || state === undefined) return
    const end = state.logEndOffset
    this.#guard(() => {
      this.#refuseIfRemoved()
      this.#sealed.sync()
      this.#sealed.syncOlder(active.baseOffset, state.syncedEndOffset)
      active.log.sync()
      this.#options.fileSystem.syncDirectory(this.#directory)
    })
    this.#unsyncedBytes = 0
    this.#withLock((current, segment) => {
      this.#refuseIfRemoved(segment.log)
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

  /**
   * Gives the recovered partition to `act`, with what makes our writers forget all they know of it: then Kafka may go on from here, and whoever
   * opens it next recovers it from its files alone.
   */
  closeForKafka<T>(act: (state: WriteState, active: ActiveSegment, forget: () => void) => T): T {
    return this.#withLock((state, active) => act(state, active, () => this.#stateFile.clear()))
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
    this.#sealed.close()
    this.#active = undefined
    this.#stateFile.close()
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
      this.#failure = error
      // The files of a topic that was deleted go away under its writers: then that is the reason to give.
      this.#failure = refusalOf(this.#stateFile.read(), this.#directory) ?? error
      throw this.#failure
    }
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Makes sure that what this object knows is what is in the files. Called with the lock held. */
  #catchUp(): ActiveSegment {
    const known = this.#active
    // An append of ours that ended with an error may have changed files that the memory of this object knows nothing of.
    if (known !== undefined && !this.#stateFile.hasChanged() && !this.#stateFile.wasInterrupted) return known
    const state = this.#stateFile.read()
    try {
      const refusal = refusalOf(state, this.#directory)
      if (refusal !== undefined) throw refusal
      return this.#adopt(known, state) ?? this.#open(known, state)
    } catch (error) {
      // The state that was just read counts as known: the next look would find nothing new, and write on.
      this.#failure = error
      throw error
    }
  }

  /** Another writer appended to the very segment that is open here: nothing to look for on the disk. */
  #adopt(known: ActiveSegment | undefined, state: WriteState | undefined): ActiveSegment | undefined {
    const before = this.#state
    if (known === undefined || state === undefined || before === undefined) return undefined
    if (!isSameSegment(before, state) || this.#stateFile.wasInterrupted) return undefined
    known.adopt(state)
    if (before.logEndOffset !== state.logEndOffset) this.#producers = undefined
    this.#state = state
    return known
  }

  #open(known: ActiveSegment | undefined, state: WriteState | undefined): ActiveSegment {
    const before = this.#state
    const opened = openActive({ ...this.#options, directory: this.#directory, state, known })
    this.#state = opened.state
    if (opened.active !== known) this.#takeSegment(known, opened)
    if (before?.logEndOffset !== opened.state.logEndOffset) this.#producers = undefined
    if (opened.isChanged) this.#stateFile.write(opened.state)
    return opened.active
  }

  #takeSegment(known: ActiveSegment | undefined, opened: OpenedPartition): void {
    // What this process wrote into a segment that another one sealed must be synced through our own descriptor: only it hears of errors.
    if (known !== undefined) this.#sealed.add(known, this.#wantsSync)
    this.#active = opened.active
    this.#firstTimestamp = undefined
    this.#createdMs = this.#options.clock.now()
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
    append: { batches: Uint8Array; placed: PlacedBatches; durability: Durability },
    segment: ActiveSegment,
  ): Appended {
    const state = this.#state
    assert(state !== undefined, 'appends follow catching up')
    const { placed, durability } = append
    const baseOffset = state.logEndOffset
    const start = segment.progress.endPosition
    segment.write(append.batches)
    for (const batch of placed.batches) {
      batch.position += start
      segment.note(batch)
    }
    if (placed.hasProducers) this.#noteProducers(append.batches, segment)
    segment.flushIndexes()
    if (durability === 'now') this.#syncNow(segment, state)
    if (durability === 'later') this.#syncInBackground(segment, append.batches.length)
    segment.publish(state, placed.nextOffset)
    if (durability === 'now') state.syncedEndOffset = placed.nextOffset
    this.#stateFile.write(state)
    return { baseOffset, nextOffset: placed.nextOffset }
  }

  /** Makes an append durable; the first time in a segment with the segment's name, and with what the roll left behind. */
  #syncNow(segment: ActiveSegment, state: WriteState): void {
    segment.log.sync()
    if (state.syncedEndOffset <= segment.baseOffset) {
      this.#sealed.sync()
      this.#sealed.syncOlder(segment.baseOffset, state.syncedEndOffset)
      this.#options.fileSystem.syncDirectory(this.#directory)
    }
    this.#refuseIfRemoved(segment.log)
  }

  /** What is written into a file that has lost its name is lost, however well it was synced. */
  #refuseIfRemoved(...written: OpenFile[]): void {
    const { fileSystem } = this.#options
    const files = [this.#stateFile.file, ...written]
    const removed = files.find(({ path, identity }) => fileSystem.stat(path)?.identity !== identity)
    if (removed === undefined) return
    const reason = new NotFoundError(`${removed.path} was removed or replaced while it was written`)
    this.#failure = refusalOf(this.#stateFile.read(), this.#directory) ?? reason
    throw this.#failure
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

  #rollIfDue(placed: PlacedBatches, appendBytes: number): ActiveSegment {
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
        appendMaxTimestamp: placed.maxTimestamp,
        appendLastOffset: offset(placed.nextOffset - 1n),
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
    // It may have to wait for others in vain: while nothing was changed yet.
    this.#sealed.sync()
    active.seal()
    const next = ActiveSegment.create({
      fileSystem,
      directory: this.#directory,
      baseOffset: state.logEndOffset,
      indexIntervalBytes: this.#options.config.indexIntervalBytes,
    })
    writeProducerSnapshot(fileSystem, this.#directory, this.#snapshotAt(state))
    this.#sealed.add(active, this.#wantsSync)
    this.#active = next
    this.#firstTimestamp = undefined
    this.#createdMs = this.#options.clock.now()
    state.generation += 1n
    next.publish(state, state.logEndOffset)
    return next
  }

  #snapshotAt(state: WriteState): ProducerState {
    return state.hasProducers ? this.#producerState(state) : new ProducerState(state.logEndOffset)
  }
}

function partitionPath({ logDirectory, topic, partition }: PartitionLogOptions): string {
  return `${logDirectory}/${topic}-${partition}`
}
