import { assert } from '../base/assert.ts'
import { type Offset, offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { type BatchFacts, batchAt, type FactsSource, lastBatchBefore } from '../storage/batch-facts.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import { type FollowerAppend, takeLeaderEpochs } from '../storage/follower-append.ts'
import type { LeaderEpochEntry } from '../storage/leader-epoch-history.ts'
import { type CutOptions, restartLog, truncateLog } from '../storage/log-cut.ts'
import { mergeOffsetCheckpoint } from '../storage/offset-checkpoints.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import type { PartitionReader } from '../storage/partition-reader.ts'
import { PartitionMaintenance } from '../storage/partition-maintenance.ts'
import { deleteOldSegments } from '../storage/segment-deletion.ts'
import { listPartition } from '../storage/segment-list.ts'
import { hasSwapFiles, settleSwap } from '../storage/swap-settlement.ts'
import type { FollowersDirectory } from './followers-directory.ts'
import type { LeaderSegment } from './leader.ts'
import type { FollowersLog } from './log-comparison.ts'
import type { RewrittenSpan } from './rewritten-spans.ts'
import { refetchSpan, type SpanRefetchOptions } from './span-refetch.ts'

/** How segments are fetched anew. */
export type Refetching = Pick<SpanRefetchOptions, 'windows' | 'fetch' | 'giveBack' | 'onCopied'>

export interface ReplicaLogOptions {
  readonly fileSystem: FileSystem
  /** How long to wait for other writers, in ms. */
  readonly lockWaitMs: number
  /** Nothing is to be changed: then nothing is opened for writing either. */
  readonly isDryRun: boolean
}

/**
 * The disk is asked to begin before all has come, so that the sync at the end is short: once so many bytes wait for it, and this share of all that came,
 * since each sync costs something. Counted since `syncSoon`.
 */
const earlySync = { bytesMin: 2 * 1024 * 1024, share: 1 / 4 } as const

/** The log of one partition of a follower: what is in it, and what a follower does to it. */
export class ReplicaLog implements FollowersLog {
  readonly #options: ReplicaLogOptions
  readonly #directory: FollowersDirectory | undefined
  readonly #partition: TopicPartition
  #reader: PartitionReader | undefined
  #logStartOffset = offset(0)
  #logEndOffset = offset(0)
  #isSyncDue = false
  #areLeftoversGone = false
  /** Behind the last gap that was copied, and as far as that is noted. */
  #gapEnd = offset(0)
  #notedGapEnd = offset(0)
  #appendedBytes = 0
  #unsyncedBytes = 0
  #syncing: Promise<void> | undefined

  /**
   * `directory` is undefined for a partition that is not there yet: it is taken for an empty one. `foresee` is told where the log seems to end,
   * before it is opened for writing, which takes its time.
   */
  constructor(
    partition: TopicPartition,
    directory: FollowersDirectory | undefined,
    options: ReplicaLogOptions,
    foresee?: (logEndOffset: Offset) => void,
  ) {
    this.#options = options
    this.#directory = directory
    this.#partition = partition
    const seemingEnd = this.#readEarly()
    if (seemingEnd !== undefined) foresee?.(seemingEnd)
    try {
      // Whatever a crash left is mended before anything is compared.
      this.#log?.offsets()
      this.#reader ??= directory?.openReader(partition)
      this.refresh()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Where the log ends for who only reads; `undefined` where that cannot be told before it is mended. */
  #readEarly(): Offset | undefined {
    try {
      this.#reader = this.#directory?.openReader(this.#partition)
      return this.#reader?.refresh().visibleEndOffset
    } catch {
      // If that is still so once the log is open, it is told then.
      return undefined
    }
  }

  /** As the directory has it open now. */
  get #log(): PartitionLog | undefined {
    return this.#options.isDryRun ? undefined : this.#directory?.openLog(this.#partition)
  }

  /** Whether the partition was there when this was made. */
  get isThere(): boolean {
    return this.#directory !== undefined
  }

  get logStartOffset(): Offset {
    return this.#logStartOffset
  }

  get logEndOffset(): Offset {
    return this.#logEndOffset
  }

  /** Base offset of the segment that is written. */
  get activeBaseOffset(): Offset {
    return this.#reader?.view.bases.at(-1) ?? offset(0)
  }

  /** Bytes of its `.log`. */
  get activeBytes(): number {
    const path = this.#reader?.view.logPath(this.activeBaseOffset)
    return path === undefined ? 0 : (this.#options.fileSystem.stat(path)?.size ?? 0)
  }

  /** Oldest first. */
  segments(): LeaderSegment[] {
    const { fileSystem } = this.#options
    const view = this.#reader?.view
    return (view?.bases ?? []).map((baseOffset) => ({
      baseOffset,
      sizeInBytes: fileSystem.stat(view?.logPath(baseOffset) ?? '')?.size ?? 0,
    }))
  }

  /** Bytes that an offset takes on average; 0 while there is none. */
  get bytesPerOffset(): number {
    const segments = this.segments()
    const offsets = Number(this.#logEndOffset - (segments[0]?.baseOffset ?? this.#logEndOffset))
    return offsets === 0 ? 0 : segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0) / offsets
  }

  /** Takes over closed segments that the leader has rewritten, unless another process rewrites some here. */
  async refetch(spans: readonly RewrittenSpan[], how: Refetching): Promise<void> {
    const { fileSystem } = this.#options
    const { log, directory } = this.#writable()
    const maintenance = PartitionMaintenance.begin(fileSystem, log.directory)
    try {
      if (hasSwapFiles(listPartition(fileSystem, log.directory))) {
        log.rearrange(() => settleSwap(fileSystem, log.directory, true))
      }
      const { indexIntervalBytes } = directory.config(this.#partition.topic)
      for (const span of spans) {
        const onGap = (end: Offset): void => this.noteGap(end, [span.end])
        await refetchSpan(span, { ...how, fileSystem, log, indexIntervalBytes, onGap })
      }
    } finally {
      maintenance.end()
    }
    this.refresh()
  }

  batchAt(target: Offset): BatchFacts | undefined {
    const facts = this.#facts()
    return facts && batchAt(facts, target)
  }

  lastBatchBefore(end: Offset): BatchFacts | undefined {
    const facts = this.#facts()
    return facts && lastBatchBefore(facts, end)
  }

  /** Looks again at what is there. */
  refresh(): void {
    const range = this.#reader?.refresh()
    if (range === undefined) return
    this.#logStartOffset = range.logStartOffset
    this.#logEndOffset = this.#log?.offsets().logEndOffset ?? range.visibleEndOffset
  }

  /** Appends checked batches of the leader. */
  append(batches: Uint8Array, from: Omit<FollowerAppend, 'logEndOffset'>): void {
    const { nextOffset } = this.#writable().log.appendAsFollower(batches, { ...from, logEndOffset: this.#logEndOffset })
    this.#logEndOffset = nextOffset
    this.#directory?.noteAppended?.(this.#partition)
    if (from.segmentBaseOffset !== undefined || from.rollsByItself) this.#reader?.refresh()
    this.#syncEarly(batches.length)
  }

  /** While more comes the disk is given what is here, unless it has enough to do. A server syncs as it thinks best. */
  #syncEarly(bytes: number): void {
    this.#appendedBytes += bytes
    this.#unsyncedBytes += bytes
    const dueBytes = Math.max(earlySync.bytesMin, this.#appendedBytes * earlySync.share)
    const isDue = this.#unsyncedBytes >= dueBytes && this.#syncing === undefined
    if (!isDue || this.#directory?.sync !== undefined) return
    this.saveGaps()
    this.#beginSync()
  }

  /**
   * The leader has no batch up to an offset: what compaction or retention took away there is no damage here. Compaction takes closed segments as a
   * whole: in one of the leader, of which `leaderBases` tells, all gaps are noted with the first, before anything is appended behind it. So is the
   * first gap elsewhere, and others with the next `saveGaps`.
   */
  noteGap(end: Offset, leaderBases: readonly Offset[]): void {
    const border = leaderBases.find((base) => base >= end)
    const noted = border ?? end
    this.#gapEnd = noted > this.#gapEnd ? noted : this.#gapEnd
    if (border !== undefined || this.#notedGapEnd === 0n) this.saveGaps()
  }

  /** Notes the gaps there are where Kafka notes how far a log was compacted. */
  saveGaps(): void {
    if (this.#gapEnd <= this.#notedGapEnd) return
    const { fileSystem, lockWaitMs: waitMs } = this.#options
    const changes = new Map([[partitionDirectoryName(this.#partition), this.#gapEnd]])
    const merging = { changes, waitMs, onlyForward: true }
    mergeOffsetCheckpoint(fileSystem, this.#writable().directory.path, 'cleaner-offset-checkpoint', merging)
    this.#notedGapEnd = this.#gapEnd
  }

  async truncateTo(target: Offset): Promise<void> {
    await this.synced()
    truncateLog(this.#writable().log, this.#cutOptions(), target)
    this.#reopen()
  }

  async restartAt(start: Offset): Promise<void> {
    await this.synced()
    restartLog(this.#writable().log, this.#cutOptions(), start)
    this.#reopen()
  }

  /** Moves the log start offset to where the leader has it, at most to the end. */
  async trimTo(target: Offset): Promise<void> {
    const before = target < this.#logEndOffset ? target : this.#logEndOffset
    if (before <= this.#logStartOffset) return this.#removeLeftovers()
    await this.synced()
    this.#writable().directory.trim(this.#partition, before)
    this.#areLeftoversGone = true
    this.refresh()
  }

  /** What a run that was killed had trimmed and not deleted yet; looked for once. */
  #removeLeftovers(): void {
    if (this.#areLeftoversGone || this.#logStartOffset === 0n) return
    this.#areLeftoversGone = true
    const { failure } = deleteOldSegments(this.#writable().log, this.#options.fileSystem, 0)
    if (failure !== undefined) throw failure
    this.refresh()
  }

  /** Takes over the epochs of a leader whose log was copied up to the end, those that no batch begins included. */
  takeEpochs(epochs: readonly LeaderEpochEntry[]): void {
    takeLeaderEpochs(this.#writable().log, this.#options.fileSystem, epochs)
  }

  /** Begins to bring what was appended to the disk, beside what follows: a disk that is slow now must not keep back what comes next. */
  syncSoon(): void {
    this.#appendedBytes = 0
    this.#beginSync()
  }

  #beginSync(): void {
    this.#isSyncDue = true
    this.#syncing ??= this.#syncWhileDue()
    // Whoever waits for it hears of a failure.
    this.#syncing.catch(() => undefined)
  }

  /** Resolves when all that `syncSoon` was called for is on the disk; throws what failed. */
  async synced(): Promise<void> {
    await this.#syncing
  }

  async #syncWhileDue(): Promise<void> {
    while (this.#isSyncDue) {
      this.#isSyncDue = false
      this.#unsyncedBytes = 0
      const log = this.#log
      await (this.#directory?.sync === undefined ? log?.sync(false) : log && this.#directory.sync(this.#partition))
    }
    this.#syncing = undefined
  }

  close(): void {
    this.#reader?.close()
  }

  #reopen(): void {
    const { directory } = this.#writable()
    directory.closeLog(this.#partition)
    // What was noted was lowered with the log.
    this.#gapEnd = offset(0)
    this.#notedGapEnd = offset(0)
    this.refresh()
  }

  #facts(): FactsSource | undefined {
    if (this.#reader === undefined || this.#directory === undefined) return undefined
    const path = `${this.#directory.path}/${partitionDirectoryName(this.#partition)}`
    return { fileSystem: this.#options.fileSystem, directory: path, view: this.#reader.view }
  }

  #writable(): { log: PartitionLog; directory: FollowersDirectory } {
    const log = this.#log
    assert(
      log !== undefined && this.#directory !== undefined,
      'a log that is not there, or not to be changed, is not written',
    )
    return { log, directory: this.#directory }
  }

  #cutOptions(): CutOptions {
    const { fileSystem, lockWaitMs } = this.#options
    return { fileSystem, lockWaitMs, logDirectory: this.#writable().directory.path, ...this.#partition }
  }
}
