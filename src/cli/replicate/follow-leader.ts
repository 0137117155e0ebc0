import { RefusedError } from '../../base/errors.ts'
import type { Offset } from '../../base/brands.ts'
import type { BatchWindows } from '../../record/batch-windows.ts'
import { copiedGroups } from '../../replication/copied-groups.ts'
import type { FollowersDirectory } from '../../replication/followers-directory.ts'
import type { GroupOffsets, Leader, LeaderTopic } from '../../replication/leader.ts'
import { Replication, type PartitionOutcome } from '../../replication/replication.ts'
import { directoryOwner } from '../../storage/directory-ownership.ts'
import { partitionDirectoryName } from '../../storage/file-names.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../storage/log-directory.ts'
import { isServed } from '../../storage/serve-lock.ts'
import { includesPartition } from '../values/partition-list.ts'
import type { ReplicationProgress, ReplicationReport, ReplicationRequest, ReportedPartition } from './request.ts'
import { type Throttle, throttleOf } from './throttle.ts'
import { noSuchPartitions, selectTopics } from './topic-selection.ts'

/** Where a follower sits: its directory, and who watches it. */
export interface FollowerSeat {
  readonly directory: LogDirectoryOptions
  /** The same directory where this process serves it; else it is opened for this run. */
  readonly served?: FollowersDirectory | undefined
  /** Where the leader's batches lie, if anywhere in windows. */
  readonly windows: BatchWindows
  readonly onProgress: (progress: ReplicationProgress) => void
  /** Told when the copy is where its source was when the command began, and from then on of each round of `--follow`. */
  readonly onReport: (report: ReplicationReport) => void
  /** Stores what groups have committed; returns how many of them moved. */
  readonly storeGroups: (groups: readonly GroupOffsets[]) => Promise<number>
  readonly stop: AbortSignal
}

/** So often a follower looks for new topics and configurations, in ms. */
const roundMs = 1000

/** So often it is reckoned how much is missing, in ms. */
const reckonEveryMs = 500

/** Copies what the request names from a leader into a directory, through its server if it has one; with `follows` goes on until it is told to stop. */
export async function followLeader(leader: Leader, request: ReplicationRequest, seat: FollowerSeat): Promise<void> {
  const following = new LeaderFollowing(leader, request, seat)
  if (seat.served !== undefined) return following.run(seat.served)
  const { fileSystem, path } = seat.directory
  if (isServed(fileSystem, path)) {
    const { followThroughServer } = await import('./follow-through-server.ts')
    return followThroughServer(leader, request, seat)
  }
  const directory = openDirectory(request, seat.directory)
  try {
    await following.run(directory)
  } finally {
    directory?.close()
  }
}

function openDirectory({ isDryRun }: ReplicationRequest, options: LogDirectoryOptions): LogDirectory | undefined {
  if (!isDryRun) return LogDirectory.openToWrite(options)
  const owner = directoryOwner(options.fileSystem, options.path)
  return owner === 'missing' || owner === 'empty' ? undefined : LogDirectory.openToRead(options)
}

/** A server works with what it has read of its own topics. */
function refuseInternal(topics: readonly LeaderTopic[]): void {
  const internal = topics.find(({ isInternal }) => isInternal)
  if (internal === undefined) return
  throw new RefusedError(`${internal.name} is the server's own, and it is running`, {
    hint: '--groups brings what groups have committed',
  })
}

class LeaderFollowing {
  readonly #leader: Leader
  readonly #request: ReplicationRequest
  readonly #seat: FollowerSeat
  readonly #throttle: Throttle | undefined
  #replication: Replication | undefined
  /** Whether the leader said how much is missing. */
  #isTotalTold = false
  #reckonedMs = 0
  #progress: ReplicationProgress = { bytes: 0, records: 0, bytesTotal: 0, lags: () => this.#replication?.lags() ?? [] }

  constructor(leader: Leader, request: ReplicationRequest, seat: FollowerSeat) {
    this.#leader = leader
    this.#request = request
    this.#seat = seat
    this.#throttle = throttleOf(request.bytesPerSecond, seat.directory.clock, seat.stop)
  }

  async run(directory: FollowersDirectory | undefined): Promise<void> {
    const replication = new Replication(this.#leader, {
      fileSystem: this.#seat.directory.fileSystem,
      lockWaitMs: this.#seat.directory.lockWaitMs,
      directory,
      windows: this.#seat.windows,
      keepsOld: this.#request.keepsOld,
      overwritesDiverged: this.#request.overwritesDiverged,
      isDryRun: this.#request.isDryRun,
      onCopied: (bytes, records) => this.#noteCopied(bytes, records),
    })
    this.#replication = replication
    try {
      await this.#round(replication)
      while (this.#request.follows && !this.#seat.stop.aborted) {
        const endMs = this.#seat.directory.clock.now() + roundMs
        for (
          let leftMs = roundMs;
          leftMs > 0 && !this.#seat.stop.aborted;
          leftMs = endMs - this.#seat.directory.clock.now()
        ) {
          await replication.followOn(Math.min(leftMs, roundMs))
        }
        await this.#round(replication)
      }
    } finally {
      this.#replication = undefined
      // What came before a break counts as copied.
      await replication.synced().finally(() => replication.close())
    }
  }

  /** Everything once: what is there at the leader now. */
  async #round(replication: Replication): Promise<void> {
    const topics = await selectTopics(this.#leader, this.#request)
    if (this.#seat.served !== undefined) refuseInternal(topics)
    const { partitions, isDryRun } = this.#request
    const outcomes = await replication.compare(
      topics,
      (one) => partitions.length === 0 || includesPartition(partitions, one),
    )
    if (topics.length > 0 && outcomes.length === 0) {
      throw noSuchPartitions(this.#leader)
    }
    const bytesTotal = outcomes.reduce((sum, { missingBytes }) => sum + missingBytes, this.#progress.bytes)
    this.#progress = { ...this.#progress, bytesTotal }
    this.#isTotalTold = bytesTotal > this.#progress.bytes
    if (!isDryRun) await replication.copy(topics, outcomes)
    const groups = isDryRun || !this.#request.groups ? 0 : await this.#copyGroups(topics, replication)
    this.#seat.onReport({ partitions: outcomes.map((one) => reportedOf(one, this.#request)), groups })
  }

  async #copyGroups(topics: readonly LeaderTopic[], replication: Replication): Promise<number> {
    const groups = await this.#leader.groups(topics.map(({ name }) => name))
    const ends = new Map(replication.lags().map((lag) => [partitionDirectoryName(lag), lag.copyEndOffset]))
    return this.#seat.storeGroups(copiedGroups(groups, ends))
  }

  /** Brokers do not tell how large a log is: by what has come of it so far. */
  #reckonTotal(): void {
    const now = this.#seat.directory.clock.now()
    if (Math.abs(now - this.#reckonedMs) < reckonEveryMs) return
    this.#reckonedMs = now
    const missing = this.#progress.lags().reduce((sum, { missingBytes }) => sum + missingBytes, 0)
    this.#progress = { ...this.#progress, bytesTotal: this.#progress.bytes + missing }
  }

  async #noteCopied(bytes: number, records: number): Promise<void> {
    const before = this.#progress
    this.#progress = { ...before, bytes: before.bytes + bytes, records: before.records + records }
    if (!this.#isTotalTold) this.#reckonTotal()
    this.#seat.onProgress(this.#progress)
    this.#seat.stop.throwIfAborted()
    await this.#throttle?.take(bytes)
  }
}

function reportedOf(
  { topic, partition, comparison, before, leader, bytes, records, missingBytes }: PartitionOutcome,
  { isDryRun, keepsOld }: ReplicationRequest,
): ReportedPartition {
  const isTrimmed = before.logStartOffset < leader.logStartOffset && before.logEndOffset > before.logStartOffset
  return {
    topic,
    partition,
    fromOffset: before.logEndOffset,
    toOffset: leader.logEndOffset,
    cutTo: comparison.kind === 'diverged' ? comparison.fork : undefined,
    trimTo: isTrimmed && !keepsOld ? leader.logStartOffset : undefined,
    bytes: isDryRun ? missingBytes : bytes,
    records: isDryRun ? missingRecords(before.logEndOffset, leader) : records,
  }
}

/** By their offsets; what the leader has dropped is not to be had. */
function missingRecords(end: Offset, { logStartOffset, logEndOffset }: PartitionOutcome['leader']): number {
  return Number(logEndOffset - (end < logStartOffset ? logStartOffset : end))
}
