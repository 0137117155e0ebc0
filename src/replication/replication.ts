import type { Offset } from '../base/brands.ts'
import { DivergedError, NotFoundError, RefusedError } from '../base/errors.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import type { Topic } from '../storage/log-directory.ts'
import { resolveTopicConfig } from '../storage/topic-configs.ts'
import type { FollowersDirectory } from './followers-directory.ts'
import { inParallel } from './in-parallel.ts'
import type { Leader, LeaderPartition, LeaderTopic } from './leader.ts'
import type { Comparison } from './log-comparison.ts'
import { type FollowingOptions, PartitionFollower } from './partition-follower.ts'
import { ReplicaLog, type ReplicaLogOptions } from './replica-log.ts'
import { SettledPartitions } from './settled-partitions.ts'
import { checkLeaderTopics, partitionsOf, takeOverTopic, topicDifference } from './replica-topics.ts'

export interface ReplicationOptions
  extends Omit<FollowingOptions, 'isCompacted'>, Pick<ReplicaLogOptions, 'fileSystem' | 'lockWaitMs'> {
  /** The follower's directory; `undefined` in a dry run when there is none yet. */
  readonly directory: FollowersDirectory | undefined
  /** A follower that has left its leader is cut back to where they parted; else that is an error. */
  readonly overwritesDiverged: boolean
  /** Nothing is changed. */
  readonly isDryRun: boolean
}

/** One partition, what is to be done, and once it is, what was. */
export interface PartitionOutcome extends TopicPartition {
  readonly comparison: Comparison
  /** Where the follower's log began and ended before. */
  readonly before: { readonly logStartOffset: Offset; readonly logEndOffset: Offset }
  readonly leader: { readonly logStartOffset: Offset; readonly logEndOffset: Offset }
  /** Bytes that are missing, as far as the leader tells. */
  readonly missingBytes: number
  /** The copy was where its source is, and nothing has changed since. */
  readonly isSettled: boolean
  bytes: number
  records: number
}

/** How far a partition is behind its leader. */
export interface PartitionLag extends TopicPartition {
  readonly copyEndOffset: Offset
  /** As far as the leader's log was heard to go. */
  readonly sourceEndOffset: Offset
  /** Bytes that are missing, as far as the leader tells. */
  readonly missingBytes: number
}

/** So many partitions are asked for at once: over a slow link answers come together. */
const parallelMax = 8

/** Copies topics of a leader into a directory: what is missing, and nothing else. */
export class Replication {
  readonly #leader: Leader
  readonly #options: ReplicationOptions
  readonly #followers = new Map<string, PartitionFollower>()
  /** What is counted of each partition. */
  readonly #outcomes = new Map<string, PartitionOutcome>()
  readonly #settled = new SettledPartitions()

  constructor(leader: Leader, options: ReplicationOptions) {
    this.#leader = leader
    this.#options = options
  }

  /**
   * Compares partitions of topics with their leader's, before anything is written. Throws `DivergedError` with the facts of both sides when a
   * follower has left its leader, unless that is to be overwritten; `NotFoundError` for a partition that is not there.
   */
  async compare(topics: readonly LeaderTopic[], isWanted: (partition: number) => boolean): Promise<PartitionOutcome[]> {
    await this.synced()
    checkLeaderTopics(topics)
    for (const topic of topics) this.#refuseOther(topic, isWanted)
    const partitions = topics.flatMap((topic) => partitionsOf(topic).filter(({ partition }) => isWanted(partition)))
    const described = await this.#leader.partitions(partitions, 0)
    const outcomes = await inParallel(partitions, parallelMax, (partition, at) => {
      const topic = topics.find(({ name }) => name === partition.topic)
      return this.#compareOne(partition, described[at], topic)
    })
    const diverged = outcomes.filter(({ comparison }) => comparison.kind === 'diverged')
    if (diverged.length > 0 && !this.#options.overwritesDiverged) throw divergence(diverged, this.#leader)
    return outcomes
  }

  /** Does what is to be done: makes topics, cuts what has diverged, copies what is missing. All of it is on the disk when this returns. */
  async copy(topics: readonly LeaderTopic[], outcomes: readonly PartitionOutcome[]): Promise<void> {
    const changed = topics.filter((topic) => this.#takeOver(topic))
    await inParallel(outcomes, parallelMax, async (outcome) => {
      this.#outcomes.set(partitionDirectoryName(outcome), outcome)
      if (outcome.isSettled && !changed.some(({ name }) => name === outcome.topic)) return
      const follower = this.#writing(outcome, topics, changed)
      await follower.prepare(outcome.comparison)
      await follower.copy().finally(() => follower.replica.synced())
      this.#settled.note(follower)
    })
  }

  /**
   * Copies what has come since, as soon as it does, and durably with the next `synced`; returns after at most `waitMs`. Throws `DivergedError` when a leader has cut what was copied,
   * unless that is to be overwritten. To be called after `copy`.
   */
  async followOn(waitMs: number): Promise<void> {
    const followers = [...this.#followers.values()]
    const known = followers.map(({ partition, described }) => ({
      ...partition,
      knownEndOffset: described.logEndOffset,
    }))
    const described = await this.#leader.partitions(known, waitMs)
    await inParallel(followers, parallelMax, async (follower, at) => {
      const now = described[at]
      if (now === undefined) return this.#forget(follower)
      if (isSame(now, follower.described)) return
      follower.described = now
      const comparison = await follower.compare(true)
      if (comparison.kind === 'diverged' && !this.#options.overwritesDiverged) {
        throw divergence([this.#outcome(follower, comparison)], this.#leader)
      }
      await follower.prepare(comparison)
      await follower.copy()
      this.#settled.note(follower)
    })
  }

  /** Resolves when all that was copied is on the disk; throws what failed. */
  async synced(): Promise<void> {
    for (const { replica } of this.#followers.values()) await replica.synced()
  }

  /** Of all partitions that were compared. */
  lags(): PartitionLag[] {
    return Array.from(this.#followers.values(), ({ partition, replica, described, missingBytes }) => ({
      ...partition,
      copyEndOffset: replica.logEndOffset,
      sourceEndOffset: described.logEndOffset,
      missingBytes,
    }))
  }

  close(): void {
    for (const { replica } of this.#followers.values()) replica.close()
    this.#followers.clear()
  }

  #refuseOther(topic: LeaderTopic, isWanted: (partition: number) => boolean): void {
    resolveTopicConfig(topic.configs)
    const own = this.#ownTopic(topic)
    const difference = own && topicDifference(own, topic)
    if (difference === undefined) return
    if (!this.#options.overwritesDiverged) throw new DivergedError(difference, overwriteHint)
    // It is made anew as a whole: partitions that nobody named would be empty then.
    if (partitionsOf(topic).every(({ partition }) => isWanted(partition))) return
    throw new RefusedError(`${difference}; all of its partitions would be given up, not only those that are named`, {
      hint: 'copy the whole topic: leave out --partitions',
    })
  }

  async #compareOne(
    partition: TopicPartition,
    described: LeaderPartition | undefined,
    topic: LeaderTopic | undefined,
  ): Promise<PartitionOutcome> {
    if (described === undefined || topic === undefined) {
      throw new NotFoundError(
        `${this.#leader.name}: partition ${partition.partition} of ${partition.topic} is not there`,
      )
    }
    const own = this.#ownTopic(topic)
    const isThere =
      own !== undefined && partition.partition < own.partitionCount && topicDifference(own, topic) === undefined
    const known = this.#followers.get(partitionDirectoryName(partition))
    if (known !== undefined && isThere && this.#settled.includes(known, described)) {
      return { ...this.#outcome(known, { kind: 'behind' }), isSettled: true }
    }
    this.#settled.forget(partition)
    const follower = this.#follower(partition, described, { topic, isThere })
    const isMore = this.#askAhead(partition, described, follower.replica.logEndOffset)
    const compared = follower.compare()
    // While the leader is asked.
    if (isMore) this.#options.windows.open()
    return this.#outcome(follower, await compared)
  }

  /** Has the first of what is missing come while the logs are opened and compared. Returns whether there is any. */
  #askAhead(partition: TopicPartition, leader: LeaderPartition, copyEndOffset: Offset): boolean {
    const { logStartOffset, logEndOffset } = leader
    const from = copyEndOffset > logStartOffset ? copyEndOffset : logStartOffset
    if (from >= logEndOffset || this.#options.isDryRun) return false
    this.#leader.askAhead?.(partition, from)
    return true
  }

  #outcome(follower: PartitionFollower, comparison: Comparison): PartitionOutcome {
    const { partition, replica, described, missingBytes } = follower
    const { logStartOffset, logEndOffset } = replica
    return {
      ...partition,
      comparison,
      before: { logStartOffset, logEndOffset },
      leader: { logStartOffset: described.logStartOffset, logEndOffset: described.logEndOffset },
      missingBytes,
      isSettled: false,
      bytes: 0,
      records: 0,
    }
  }

  /** Whether anything was done to the topic of the copy. */
  #takeOver(topic: LeaderTopic): boolean {
    const { directory, overwritesDiverged } = this.#options
    return directory !== undefined && takeOverTopic(directory, topic, overwritesDiverged)
  }

  /** The follower that compared, or another one where the topic had to be made or changed first. */
  #writing(
    outcome: PartitionOutcome,
    topics: readonly LeaderTopic[],
    changed: readonly LeaderTopic[],
  ): PartitionFollower {
    const { topic: name, partition } = outcome
    const known = this.#followers.get(partitionDirectoryName(outcome))
    const topic = topics.find((one) => one.name === name)
    if (known === undefined || topic === undefined) throw new NotFoundError(`topic ${name} was not compared`)
    if (known.replica.isThere && !changed.includes(topic)) return known
    return this.#follower({ topic: name, partition }, known.described, { topic, isThere: true })
  }

  #follower(
    partition: TopicPartition,
    described: LeaderPartition,
    { topic, isThere }: { topic: LeaderTopic; isThere: boolean },
  ): PartitionFollower {
    const key = partitionDirectoryName(partition)
    const before = this.#followers.get(key)
    before?.replica.close()
    const { onCopied, directory } = this.#options
    const place = isThere && directory !== undefined ? directory : undefined
    const replica = new ReplicaLog(partition, place, this.#options, (logEndOffset) =>
      this.#askAhead(partition, described, logEndOffset),
    )
    const isCompacted = resolveTopicConfig(topic.configs).cleanupPolicy.includes('compact')
    const options: FollowingOptions = {
      ...this.#options,
      isCompacted,
      onCopied: (bytes, records) => {
        const outcome = this.#outcomes.get(key)
        if (outcome !== undefined) {
          outcome.bytes += bytes
          outcome.records += records
        }
        return onCopied(bytes, records)
      },
    }
    const follower = new PartitionFollower(partition, replica, this.#leader, { options, described })
    this.#followers.set(key, follower)
    return follower
  }

  #ownTopic({ name }: LeaderTopic): Topic | undefined {
    return this.#options.directory?.findTopic(name)
  }

  #forget(follower: PartitionFollower): void {
    follower.replica.close()
    this.#followers.delete(partitionDirectoryName(follower.partition))
  }
}

const overwriteHint = { hint: '--overwrite-diverged gives up what only the copy has' }

function isSame(one: LeaderPartition, two: LeaderPartition): boolean {
  return one.logEndOffset === two.logEndOffset && one.logStartOffset === two.logStartOffset
}

function divergence(diverged: readonly PartitionOutcome[], leader: Leader): DivergedError {
  const facts = diverged.map(({ topic, partition, comparison, before, leader: there }) => {
    const reason = comparison.kind === 'diverged' ? `${comparison.reason}; they part at offset ${comparison.fork}` : ''
    const copy = `copy [${before.logStartOffset}, ${before.logEndOffset})`
    return `${topic}-${partition}: ${copy} and source [${there.logStartOffset}, ${there.logEndOffset}) have diverged: ${reason}`
  })
  const more = facts.length > 1 ? ` (and ${facts.length - 1} more partitions)` : ''
  return new DivergedError(`${facts[0]}${more}; nothing was written (${leader.name})`, overwriteHint)
}
