import { type Offset, offset } from '../base/brands.ts'
import { MalformedMessageError, RefusedError, TemporaryError } from '../base/errors.ts'
import type { BatchWindows } from '../record/batch-windows.ts'
import type { TopicPartition } from '../storage/file-names.ts'
import { type BatchRun, checkedRuns } from './checked-batches.ts'
import { epochEndIn } from './epoch-end.ts'
import type { Leader, LeaderPartition } from './leader.ts'
import { compareLogs, type Comparison, type LeadersLog } from './log-comparison.ts'
import type { ReplicaLog } from './replica-log.ts'
import { rewrittenSpans } from './rewritten-spans.ts'

export interface FollowingOptions {
  /** For checksums. */
  readonly windows: BatchWindows
  /** What the leader's retention and trims took away stays. */
  readonly keepsOld: boolean
  /** The leader's segments may have been compacted. */
  readonly isCompacted: boolean
  /** Told of what was written; resolves when more may come. */
  readonly onCopied: (bytes: number, records: number) => Promise<void>
}

/** Brings the log of one partition to where its leader's is. */
export class PartitionFollower {
  readonly partition: TopicPartition
  readonly replica: ReplicaLog
  readonly #leader: Leader
  readonly #options: FollowingOptions
  #described: LeaderPartition

  constructor(partition: TopicPartition, replica: ReplicaLog, leader: Leader, following: Following) {
    this.partition = partition
    this.replica = replica
    this.#leader = leader
    this.#options = following.options
    this.#described = following.described
  }

  get described(): LeaderPartition {
    return this.#described
  }

  /** What the leader says of the partition now. */
  set described(described: LeaderPartition) {
    this.#described = described
  }

  /**
   * How the two logs stand to each other. `isTrusted`: they were the same when they were compared last, and only what came since is asked for: a
   * leader that cut its log has begun another epoch.
   */
  async compare(isTrusted = false): Promise<Comparison> {
    const { logStartOffset, logEndOffset, epochs, lastBatch, partialFrom } = this.#described
    if (isTrusted && this.#isContinued()) return { kind: 'behind' }
    this.#refuseGap()
    const log: LeadersLog = {
      logStartOffset,
      logEndOffset,
      partialEnd: partialFrom === undefined ? undefined : lastBatch,
      partialFrom,
      epochEnd: async (epoch) =>
        epochs.length > 0 ? epochEndIn(epochs, logEndOffset, epoch) : this.#leader.epochEnd(this.partition, epoch),
      batchAt: async (target) =>
        lastBatch !== undefined && target >= lastBatch.baseOffset && target < lastBatch.nextOffset
          ? lastBatch
          : this.#leader.batchAt(this.partition, target),
    }
    const comparison = await compareLogs(this.replica, log, this.#options.isCompacted)
    this.#refuseEarlyFork(comparison)
    return comparison
  }

  /** A part of a log goes on from what was copied before. */
  #refuseGap(): void {
    const { partialFrom, logStartOffset } = this.#described
    const { logEndOffset } = this.replica
    if (partialFrom === undefined || partialFrom <= logStartOffset || logEndOffset >= partialFrom) return
    const { topic, partition } = this.partition
    throw new RefusedError(
      `${this.#leader.name} begins at offset ${partialFrom} of ${topic}-${partition}, and the copy ends at ${logEndOffset}; nothing was written`,
      { hint: 'what was made before it must be applied first' },
    )
  }

  /** A part of a log cannot give again what lies before it. */
  #refuseEarlyFork(comparison: Comparison): void {
    const { partialFrom, logStartOffset } = this.#described
    if (partialFrom === undefined || partialFrom <= logStartOffset || comparison.kind === 'behind') return
    if (comparison.kind === 'diverged' && comparison.fork >= partialFrom) return
    const { topic, partition } = this.partition
    throw new RefusedError(
      `${this.#leader.name} begins at offset ${partialFrom} of ${topic}-${partition}, and the copy has left its source before; nothing was written`,
      { hint: 'a bundle made without --since holds what the copy must have instead' },
    )
  }

  #isContinued(): boolean {
    const { epochs, logEndOffset } = this.#described
    const own = this.replica.lastBatchBefore(this.replica.logEndOffset)
    if (own === undefined || epochs.length === 0) return false
    const { epoch, endOffset } = epochEndIn(epochs, logEndOffset, own.leaderEpoch)
    return epoch === own.leaderEpoch && endOffset >= own.nextOffset && this.replica.logEndOffset <= logEndOffset
  }

  /** Bytes that are missing, as segments tell; where they do not, as many as records of what is there have taken so far. */
  get missingBytes(): number {
    const { segments } = this.#described
    const { activeBaseOffset, activeBytes, logEndOffset } = this.replica
    if (logEndOffset >= this.#described.logEndOffset) return 0
    if (segments.length === 0) {
      return Math.ceil(Number(this.#described.logEndOffset - this.#from) * this.replica.bytesPerOffset)
    }
    return segments.reduce((sum, { baseOffset, sizeInBytes }) => {
      if (baseOffset < activeBaseOffset) return sum
      return sum + (baseOffset === activeBaseOffset ? Math.max(0, sizeInBytes - activeBytes) : sizeInBytes)
    }, 0)
  }

  /** Where what is missing begins. */
  get #from(): Offset {
    return larger(this.replica.logEndOffset, this.#described.logStartOffset)
  }

  /** Makes room for what `copy` brings: cuts off what the leader does not have. */
  async prepare(comparison: Comparison): Promise<void> {
    const { logStartOffset } = this.#described
    if (comparison.kind === 'diverged' && this.#isLeftBelow(comparison.fork)) {
      await this.replica.truncateTo(comparison.fork)
    } else if (comparison.kind === 'diverged' || (comparison.kind === 'apart' && !this.#isKept())) {
      await this.replica.restartAt(logStartOffset)
    }
  }

  /** Whether anything stays of what lies below the fork. */
  #isLeftBelow(fork: Offset): boolean {
    return fork > (this.#options.keepsOld ? this.replica : this.#described).logStartOffset
  }

  /** Copies what is missing up to where the leader's log ends now; it is durable when the replica is `synced`. */
  async copy(): Promise<void> {
    try {
      await this.#copyUpTo(this.#described.logEndOffset)
      await this.#followRewrites()
    } finally {
      // What came before a break counts as copied.
      this.replica.syncSoon()
      this.replica.saveGaps()
    }
    if (!this.#options.keepsOld) await this.replica.trimTo(this.#described.logStartOffset)
    if (this.replica.logEndOffset === this.#described.logEndOffset) this.replica.takeEpochs(this.#described.epochs)
  }

  /** Old records of the follower that the leader has no more are to stay. */
  #isKept(): boolean {
    return this.#options.keepsOld && this.replica.lastBatchBefore(this.replica.logEndOffset) !== undefined
  }

  /** What compaction and recompression did to closed segments at the leader is done here too. */
  async #followRewrites(): Promise<void> {
    const { segments, logStartOffset, logEndOffset, partialFrom = logStartOffset } = this.#described
    if (segments.length === 0 || this.replica.logEndOffset !== logEndOffset) return
    const spans = rewrittenSpans(this.replica.segments(), segments)
    // What lies below the log start cannot be fetched any more, nor what a part of a log does not hold.
    const due = spans.filter(({ start }) => start >= larger(logStartOffset, partialFrom))
    if (due.length === 0) return
    const { windows, onCopied } = this.#options
    await this.replica.refetch(due, {
      windows,
      onCopied,
      fetch: (from) => this.#leader.fetch(this.partition, from, true),
      giveBack: (batches) => this.#leader.giveBack?.(batches),
    })
  }

  async #copyUpTo(end: Offset): Promise<void> {
    const { replica, partition } = this
    let fetched: Promise<Uint8Array> | undefined
    while (replica.logEndOffset < end) {
      const from = this.#from
      const given = await (fetched ?? this.#leader.fetch(partition, from))
      fetched = undefined
      if (given.length === 0) {
        await this.#passGap(from)
        continue
      }
      const { bytes, runs } = await this.#checked(given, from)
      const next = runs.at(-1)?.nextOffset ?? from
      // The next ones come while these are written.
      if (next < end) fetched = this.#leader.fetch(partition, next)
      fetched?.catch(() => undefined)
      for (const run of runs) await this.#append(run)
      this.#leader.giveBack?.(bytes)
    }
  }

  /** What is wrong is asked for once more: nobody may have looked at it before, and the leader says then what is wrong there. */
  async #checked(given: Uint8Array, from: Offset): Promise<{ bytes: Uint8Array; runs: BatchRun[] }> {
    try {
      return { bytes: given, runs: await this.#runsOf(given, from) }
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#leader.giveBack?.(given)
      const bytes = await this.#leader.fetch(this.partition, from, true)
      if (bytes.length === 0) throw error
      return { bytes, runs: await this.#runsOf(bytes, from) }
    }
  }

  async #runsOf(bytes: Uint8Array, from: Offset): Promise<BatchRun[]> {
    const check = (): BatchRun[] => {
      const leaderBases = basesOf(this.#described.segments)
      const { activeBaseOffset, logEndOffset } = this.replica
      const place = { activeBaseOffset, logEndOffset, leaderBases }
      return checkedRuns(bytes, from, place, this.#options.windows)
    }
    const runs = check()
    if ((runs.at(-1)?.nextOffset ?? from) <= this.#described.logEndOffset) return runs
    // More has come at the leader meanwhile, perhaps in another segment.
    await this.#describeAgain()
    return check()
  }

  async #describeAgain(): Promise<void> {
    const [described] = await this.#leader.partitions([this.partition], 0)
    if (described === undefined) throw this.#changed()
    this.#described = described
  }

  async #append({ bytes, segmentBaseOffset, records, gapEnd }: BatchRun): Promise<void> {
    const { replica } = this
    await this.#beginInBatch(bytes)
    const { epochs, segments } = this.#described
    if (gapEnd !== undefined) replica.noteGap(gapEnd, basesOf(segments))
    replica.append(bytes, { segmentBaseOffset, leaderEpochs: epochs, rollsByItself: segments.length === 0 })
    await this.#options.onCopied(bytes.length, records)
  }

  /** A leader's log may start in the midst of a batch, which comes whole: an empty log then begins with that. */
  async #beginInBatch(bytes: Uint8Array): Promise<void> {
    const { replica } = this
    const first = offset(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0))
    if (first >= replica.logEndOffset || first < 0n) return
    if (replica.lastBatchBefore(replica.logEndOffset) === undefined) await replica.restartAt(first)
  }

  /**
   * Nothing came from `from` on: the leader's log may begin behind it by now, and goes on there. Else no batch is left up to the end, and its next
   * segment begins behind a gap.
   */
  async #passGap(from: Offset): Promise<void> {
    const { replica } = this
    await this.#describeAgain()
    if (this.#from > from) return
    const { segments, epochs, logEndOffset } = this.#described
    const next = segments.find(({ baseOffset }) => baseOffset > replica.logEndOffset && baseOffset <= logEndOffset)
    if (next === undefined) throw this.#changed()
    replica.noteGap(next.baseOffset, [next.baseOffset])
    replica.append(new Uint8Array(), { segmentBaseOffset: next.baseOffset, leaderEpochs: epochs, rollsByItself: false })
  }

  #changed(): TemporaryError {
    const { topic, partition } = this.partition
    return new TemporaryError(
      `${this.#leader.name}: partition ${partition} of ${topic} was changed while it was copied`,
      {
        hint: 'run the command again',
      },
    )
  }
}

function basesOf(segments: LeaderPartition['segments']): Offset[] {
  return segments.map(({ baseOffset }) => baseOffset)
}

function larger(one: Offset, two: Offset): Offset {
  return one > two ? one : two
}

/** How a partition is followed, and what its leader said of it. */
export interface Following {
  readonly options: FollowingOptions
  readonly described: LeaderPartition
}
