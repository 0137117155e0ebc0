import type { Offset, TimestampMs } from '../base/brands.ts'
import type { Group } from '../coordinator/group.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import type { LogBatch } from '../record/log-batch.ts'
import type { Topic, NewTopic } from '../storage/log-directory.ts'
import type { Damage } from '../storage/partition-reader.ts'
import type { MakeWindow, TimedOffset } from '../storage/offset-for-time.ts'
import type { PartitionSize } from '../storage/partition-size.ts'
import type { TopicConfig, TopicConfigTexts } from '../storage/topic-configs.ts'

/** What a log gives a topic whose creator does not say. */
export interface NewTopicDefaults {
  readonly partitionCount: number
  /** What was asked for, and what the log has as a default of its own. */
  readonly configs: TopicConfigTexts
}

/**
 * The two-way door between commands and logs: a directory on this machine, or brokers. A command never knows which it has.
 * Everything is a promise, for a broker's sake, but for what is asked once per batch: that may be a plain value.
 */
export interface LogStore {
  /** How messages name it. */
  readonly name: string
  /** What it says of topics from now on is what others made of them meanwhile; it may be as old as the store before that. */
  refresh(): Promise<void>
  /** Names of all topics, sorted. */
  topicNames(): Promise<string[]>
  /** All topics, sorted by name. */
  topics(): Promise<Topic[]>
  /** Throws `NotFoundError` naming the nearest topic. */
  topic(name: string): Promise<Topic>
  /** `undefined` when there is no such topic, or no log at all yet. */
  findTopic(name: string): Promise<Topic | undefined>
  /** The configuration of a topic with all defaults filled in. */
  config(name: string): Promise<TopicConfig>
  /**
   * What a topic of this name and these configurations would be, were it made now by somebody who leaves the rest open: what brokers say; one
   * partition in a directory, whoever holds it. Nothing is made.
   */
  defaultsFor(name: string, configs: TopicConfigTexts): Promise<NewTopicDefaults>
  /** False when it was there already. */
  createTopic(topic: NewTopic): Promise<boolean>
  alterTopic(name: string, change: TopicChange): Promise<Topic>
  deleteTopic(name: string): Promise<void>
  /** Moves the log start offset forward; returns where it is now. */
  trim(partition: TopicPartition, before: Offset): Promise<Offset>
  offsets(partition: TopicPartition): Promise<PartitionOffsets>
  partitionSize(partition: TopicPartition): Promise<PartitionSize>
  /**
   * The first record at or after `timestamp`, or `undefined` when all are older. A source that is given must be sought again. `lendWindow`: from a
   * caller who has memory for batches anyway.
   */
  offsetForTime(
    partition: TopicPartition,
    timestamp: TimestampMs,
    lendWindow?: MakeWindow,
  ): Promise<TimedOffset | undefined>
  /** The record with the largest timestamp, or `undefined` in an empty partition. */
  offsetOfLargestTime(partition: TopicPartition): Promise<TimedOffset | undefined>
  openSource(partition: TopicPartition, isolation: Isolation): Promise<BatchSource>
  /** Throws now what would keep every write from succeeding: not a log, Kafka's, held by a broker. Makes nothing. */
  prepareToWrite(): Promise<void>
  openAppender(topic: string): Promise<BatchAppender>
  readonly groups: GroupStore
  close(): void
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface TopicChange {
  readonly partitionCount?: number
  /** `null` sets the default again. */
  readonly configs: ReadonlyMap<string, string | null>
}

export interface PartitionOffsets {
  readonly logStartOffset: Offset
  /** The offset after the last record that may be read. */
  readonly highWatermark: Offset
}

/** Whether records of transactions that are open or were aborted are seen. */
export type Isolation = 'read_committed' | 'read_uncommitted'

/** What a read gave; see `PartitionRead`. */
export type SourceRead =
  | { readonly kind: 'batches'; readonly end: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'large'; readonly sizeInBytes: number }
  | { readonly kind: 'damage'; readonly damage: Damage }
  | { readonly kind: 'trimmed'; readonly logStartOffset: Offset }

/** Reads the batches of one partition, front to back, while others write. */
export interface BatchSource extends TopicPartition {
  /** The offset of the next record that a read gives, or of the first one after it. */
  readonly nextOffset: Offset
  /** What is readable now. */
  refresh(): Promise<PartitionOffsets> | PartitionOffsets
  seek(target: Offset): void
  /** Reads whole, checked batches to the front of `window`. */
  read(window: BatchWindow): Promise<SourceRead> | SourceRead
  /** Whether a batch has records for the reader: false for control batches and, when reading committed, for aborted ones. */
  isShown(batch: LogBatch): boolean
  close(): void
}

/** When the batches of an append must be on the disk: before it returns, by the next `sync`, or whenever the system likes. */
export type Durability = 'now' | 'later' | 'never'

export interface BatchToAppend {
  readonly bytes: Uint8Array
  readonly durability: Durability
  /** Another append or `endTurn` comes at once: other writers of the partition may have to wait until then. */
  readonly moreFollows: boolean
}

export interface AppendedRange {
  readonly baseOffset: Offset
  /** The offset after the last record. */
  readonly nextOffset: Offset
}

/** Appends batches to the partitions of one topic. */
export interface BatchAppender {
  readonly topic: string
  readonly partitionCount: number
  readonly config: TopicConfig
  /** Whether `append` takes several batches at once. */
  readonly takesSeveral: boolean
  /** Whether message.timestamp.type=LogAppendTime is seen to where the batches go; else the caller stamps them before. */
  readonly setsAppendTime: boolean
  /**
   * Appends one whole v2 batch, or several that lie behind each other; their base offsets and leader epochs may be overwritten in place. A
   * promise is for a batch on its way, of which the bytes are not needed any more: others may be appended meanwhile.
   */
  append(partition: number, batch: BatchToAppend): Promise<AppendedRange> | AppendedRange
  /** Gives other writers their turn; due before waiting for anything once `moreFollows` was said. */
  endTurn(): void
  /** Makes all appends of this appender durable. */
  sync(): Promise<void>
}

export interface OffsetToStore extends TopicPartition {
  readonly offset: Offset
}

/** Consumer groups: kept in `__consumer_offsets` of the same log. */
export interface GroupStore {
  /** Members that records name are known to be gone, since nothing serves the log. */
  readonly areMembersGone: boolean
  groupIds(): Promise<string[]>
  /** All groups, sorted by id. */
  all(): Promise<Group[]>
  /** A group; `undefined` when nothing is known of it. */
  find(groupId: string): Promise<Group | undefined>
  commit(groupId: string, offsets: readonly OffsetToStore[]): Promise<void>
  /** Removes all that is known of a group. */
  delete(group: Group): Promise<void>
  /** Keeps other processes from consuming with the group until `release`; throws `LockedError` when one does. */
  hold(groupId: string): Promise<GroupHold>
  /** Consumes topics with the group until `release`; throws `LockedError` where one process at a time may. */
  join(groupId: string, wanted: WantedTopics): Promise<GroupMembership>
}

export interface GroupHold {
  release(): Promise<void>
}

export interface WantedTopics {
  readonly topics: readonly string[]
  /** The caller says itself which partitions it reads: none are shared out. */
  readonly choosesPartitions: boolean
}

/** This process as a consumer of a group. */
export interface GroupMembership extends GroupHold {
  /** The partitions that are this process's to read; undefined when it has the group to itself. */
  readonly assigned: readonly TopicPartition[] | undefined
  /** Others came or went: what was read is to be committed, then `rejoin` tells what is ours from now on. */
  readonly isStale: boolean
  rejoin(): Promise<void>
  commit(offsets: readonly OffsetToStore[]): Promise<void>
}
