import { type LeaderEpoch, NO_LEADER_EPOCH, type Offset, offset, type TimestampMs } from '../base/brands.ts'
import { DiskError, LockedError, TemporaryError, TslogError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { LentBuffers } from '../network/lent-buffers.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import { type LeaderEpochEnd, LeaderEpochHistory } from '../storage/leader-epoch-history.ts'
import { knownLeaderEpoch } from '../storage/known-leader-epoch.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import type { LogOffsets } from '../storage/log-offsets.ts'
import { findOffsetForTime, findOffsetOfLargestTime, type TimedOffset } from '../storage/offset-for-time.ts'
import type { Offered } from '../storage/batch-offer.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import type { Damage, PartitionReader } from '../storage/partition-reader.ts'
import type { AbortedTransaction } from '../storage/transaction-index.ts'
import type { FlushPolicy } from './broker-config.ts'
import { AppendHealth } from './append-health.ts'
import { type AppendListener, CommitQueue } from './commit-queue.ts'
import { type FoundBatches, PartitionReaders, type ReadRequest } from './partition-readers.ts'

/** What all partitions of a broker share. */
export interface PartitionWorld {
  readonly directory: LogDirectory
  readonly fileSystem: FileSystem
  readonly flushPolicy: FlushPolicy
  readonly buffers: LentBuffers
  readonly crc32c: (bytes: Uint8Array) => number
  readonly onDamage: (damage: Damage) => void
  readonly onCommit: (batches: number, elapsedMs: number) => void
  /** Told when a disk refuses the appends to a partition, and why; with `undefined` when it takes them again. */
  readonly onAppendHealth: (id: TopicPartition, failure: DiskError | undefined) => void
  /** A clock that never jumps, in ms. */
  readonly elapsedMs: () => number
}

/** What has changed since the partition was made. */
export interface PartitionGrowth {
  /** Bytes that clients have appended and readers may see. */
  readonly bytes: number
  /** Counts all else that a reader may notice. */
  readonly otherChanges: number
}

/**
 * A partition that this broker leads. Opened when somebody first asks for it. Its offsets come from the log, whoever wrote there: log end offset,
 * high watermark (what was committed) and last stable offset (below open transactions) are three things.
 */
export class Partition {
  readonly id: TopicPartition
  readonly #world: PartitionWorld
  readonly #health: AppendHealth
  readonly #queue: CommitQueue
  readonly #readers: PartitionReaders
  readonly #listeners = new Set<() => void>()
  #log: PartitionLog | undefined
  /** As they were last seen: good enough while another process is in the midst of an append. */
  #offsets: LogOffsets | undefined
  #knownEpoch: LeaderEpoch | undefined
  #isReopening = false
  #followersCommits = 0
  #growth: PartitionGrowth = { bytes: 0, otherChanges: 0 }

  constructor(id: TopicPartition, world: PartitionWorld) {
    this.id = id
    this.#world = world
    this.#health = new AppendHealth({
      freeBytes: () => this.#freeBytes(),
      elapsedMs: world.elapsedMs,
      onChange: (failure) => world.onAppendHealth(id, failure),
    })
    this.#queue = new CommitQueue({
      log: () => this.#openLog(),
      health: this.#health,
      reopenLog: () => this.#reopenLog(),
      flushPolicy: world.flushPolicy,
      logStartOffset: () => this.#knownOffsets()?.logStartOffset ?? offset(-1),
      onAppended: (from, to) => this.#readers.appended(from, to),
      onVisible: (bytes) => this.#grow(bytes),
      onCommit: world.onCommit,
      elapsedMs: world.elapsedMs,
    })
    this.#readers = new PartitionReaders({
      open: () => world.directory.openReader(id),
      buffers: world.buffers,
      crc32c: world.crc32c,
      onDamage: world.onDamage,
    })
  }

  /** Throws what keeps the partition from being read at all. */
  offsets(): LogOffsets {
    try {
      this.#offsets = this.#openLog().offsets()
      return this.#offsets
    } catch (error) {
      // A disk that fails takes no more writes, and what is there can still be read.
      if (this.#offsets !== undefined && isPassing(error)) return this.#offsets
      throw error
    }
  }

  leaderEpoch(): LeaderEpoch {
    try {
      this.#knownEpoch = this.#openLog().leaderEpoch()
      return this.#knownEpoch
    } catch (error) {
      // As with offsets: who reads a partition whose disk has failed asks who leads it first.
      if (this.#knownEpoch !== undefined && isPassing(error)) return this.#knownEpoch
      throw error
    }
  }

  /** The same for lists of partitions, most of which nobody works with: opens nothing. */
  knownLeaderEpoch(): LeaderEpoch {
    if (this.#log !== undefined) return this.leaderEpoch()
    return (this.#knownEpoch ??= knownLeaderEpoch(this.#world.fileSystem, this.#directory))
  }

  /** Throws `KafkaError` when a client's view of who leads the partition is older than ours, or newer. */
  checkLeaderEpoch(known: LeaderEpoch): void {
    if (known === NO_LEADER_EPOCH) return
    const current = this.leaderEpoch()
    if (known < current) throw new KafkaError(ErrorCode.FENCED_LEADER_EPOCH)
    if (known > current) throw new KafkaError(ErrorCode.UNKNOWN_LEADER_EPOCH)
  }

  /** Where a leader epoch ends; that of the current one at `end`, which is the high watermark or the log end offset. */
  epochEnd(epoch: LeaderEpoch, end: Offset): LeaderEpochEnd {
    if (epoch === this.leaderEpoch()) return { epoch, endOffset: end }
    return this.#epochs()?.endOffsetFor(epoch, end) ?? { epoch: NO_LEADER_EPOCH, endOffset: offset(-1) }
  }

  /** The epoch that the record at `target` was written under; -1 when that is not known any more. */
  epochAt(target: Offset): LeaderEpoch {
    return this.#epochs()?.epochAt(target) ?? NO_LEADER_EPOCH
  }

  /** Appends one checked batch of a client and tells `listener`; see `CommitQueue`. */
  offer(batch: Uint8Array, listener: AppendListener): void {
    this.#queue.append(batch, listener)
  }

  /** The same for the broker's own batches. Resolves once the flush policy is kept, or it was refused. */
  append(batch: Uint8Array): Promise<Offered> {
    return new Promise((resolve, reject) => this.#queue.append(batch, { appended: resolve, failed: reject }))
  }

  /** Whole batches; see `PartitionReaders`. */
  read(request: ReadRequest): Uint8Array {
    return this.#readers.read(request)
  }

  /** The same for who only sends them; see `PartitionReaders`. */
  find(request: ReadRequest): FoundBatches {
    return this.#readers.find(request)
  }

  /** What `find` gave is not sent after all. */
  drop(found: Uint8Array): void {
    this.#readers.drop(found)
  }

  /** As it is now; see `AwaitedBytes`. */
  get growth(): PartitionGrowth {
    return this.#growth
  }

  abortedTransactions(fetchOffset: Offset, end: Offset): AbortedTransaction[] {
    return this.#withReader((reader) => reader.abortedTransactions(fetchOffset, end))
  }

  /** The first record at or after `timestamp`; `undefined` when all are older. */
  offsetForTime(timestamp: TimestampMs): TimedOffset | undefined {
    return this.#withReader((reader) => findOffsetForTime(reader, timestamp))
  }

  offsetOfLargestTime(): TimedOffset | undefined {
    return this.#withReader(findOffsetOfLargestTime)
  }

  /** Deletes the records before `target`; resolves to where the log starts now. */
  deleteRecords(target: Offset): Offset {
    const start = this.#world.directory.trim(this.id, target)
    this.#notify()
    return start
  }

  /** The log, for who follows another one with it: opened anew where a full disk has ended its writing, since there may be room now. */
  followersLog(): PartitionLog {
    const log = this.#openLog()
    try {
      log.offsets()
      return log
    } catch (error) {
      if (!(error instanceof DiskError && error.isWantOfRoom)) throw error
      this.reopen()
      return this.#openLog()
    }
  }

  /** Makes what was appended to `followersLog` durable while others are served. */
  async commitFollowed(): Promise<void> {
    this.#followersCommits++
    try {
      await this.followersLog().commit()
    } finally {
      this.#followersCommits--
    }
  }

  /** Somebody has appended to `followersLog`. */
  noteAppended(): void {
    this.#notify()
  }

  /** What is known of the log is old, since its end was cut: the next one who asks opens it again. Batches on their way into it are refused. */
  reopen(): void {
    this.#queue.abandon(new TemporaryError(`${this.#directory} was cut back to where its leader's log is`))
    this.close()
  }

  /** Calls `listener` whenever there may be more to read, or nothing any more. Returns what ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Whether the log was opened: somebody has asked for the partition since the start. */
  get isOpen(): boolean {
    return this.#log !== undefined
  }

  /** Why the disk refused what was to be appended last, if it did. */
  get appendFailure(): DiskError | undefined {
    return this.#health.failure
  }

  /** The topic's configuration changed: the log is opened anew once nothing is under way. */
  reconfigure(): void {
    this.#isReopening = true
  }

  /** Takes back the mark of a server. Where that cannot be, on a disk that fails, it is stale as soon as the server is gone. */
  release(): void {
    try {
      this.#log?.markServed(false)
    } catch (error) {
      if (!(error instanceof TslogError)) throw error
    }
  }

  /** Closes the files. Who still waits is told, and finds nothing. */
  close(): void {
    this.#readers.close()
    if (this.#log !== undefined) this.#world.directory.closeLog(this.id)
    this.#log = undefined
    this.#notify()
  }

  #openLog(): PartitionLog {
    if (this.#isReopening && this.#isIdle && this.#log !== undefined) {
      this.#world.directory.closeLog(this.id)
      this.#log = undefined
    }
    if (this.#log !== undefined) return this.#log
    this.#isReopening = false
    const log = this.#world.directory.openLog(this.id)
    this.#take(log)
    const { highWatermark, logEndOffset } = log.offsets()
    // A server that was killed had appended more than it had committed: nobody was told so, but it is in the log.
    if (highWatermark < logEndOffset) this.#queue.commitLeftovers()
    return log
  }

  /** Marks it as served. What a full disk kept from being opened is opened anew by who asks next. */
  #take(log: PartitionLog): void {
    try {
      log.markServed(true)
      this.#log = log
    } catch (error) {
      if (error instanceof DiskError && error.isWantOfRoom) this.#world.directory.closeLog(this.id)
      throw error
    }
  }

  #reopenLog(): Offset {
    if (this.#followersCommits > 0) throw new TemporaryError(`${this.#directory} is being synced`)
    this.#world.directory.closeLog(this.id)
    this.#log = undefined
    return this.#openLog().offsets().logEndOffset
  }

  #freeBytes(): number {
    try {
      return this.#world.fileSystem.space(this.#world.directory.path).freeBytes
    } catch (error) {
      if (!(error instanceof TslogError)) throw error
      return 0
    }
  }

  get #isIdle(): boolean {
    return this.#queue.isIdle && this.#followersCommits === 0
  }

  get #directory(): string {
    return `${this.#world.directory.path}/${partitionDirectoryName(this.id)}`
  }

  #epochs(): LeaderEpochHistory | undefined {
    const read = LeaderEpochHistory.read(this.#world.fileSystem, this.#directory)
    return read.kind === 'history' ? read.history : undefined
  }

  /** A reader of its own: those of fetches stay where they are. */
  #withReader<T>(act: (reader: PartitionReader) => T): T {
    const reader = this.#world.directory.openReader(this.id)
    try {
      return act(reader)
    } finally {
      reader.close()
    }
  }

  #knownOffsets(): LogOffsets | undefined {
    try {
      return this.offsets()
    } catch {
      return this.#offsets
    }
  }

  #grow(bytes: number | undefined): void {
    if (bytes === undefined) return this.#notify()
    this.#growth = { ...this.#growth, bytes: this.#growth.bytes + bytes }
    this.#tell()
  }

  #notify(): void {
    this.#growth = { ...this.#growth, otherChanges: this.#growth.otherChanges + 1 }
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** Whether what is known may be used in place of what could not be looked at. */
function isPassing(error: unknown): boolean {
  return error instanceof LockedError || error instanceof DiskError
}
