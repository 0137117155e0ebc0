import type { LeaderEpoch, Offset } from '../base/brands.ts'
import type { Uuid } from '../base/uuid.ts'
import type { BatchFacts } from '../storage/batch-facts.ts'
import type { FileBytes } from '../storage/file-bytes.ts'
import type { TopicPartition } from '../storage/file-names.ts'
import type { LeaderEpochEnd, LeaderEpochEntry } from '../storage/leader-epoch-history.ts'
import type { TopicConfigTexts } from '../storage/topic-configs.ts'

/**
 * The log that is copied, wherever it lies: a directory, the far side of a pipe, a broker, a bundle. Everything it says is checked by who follows
 * it: it may be hostile.
 */
export interface Leader {
  /** How messages name it. */
  readonly name: string
  /** All topics, sorted by name. */
  topics(): Promise<readonly LeaderTopic[]>
  /**
   * How far partitions are now, in the order of the question; `undefined` for one that is not there any more. With `waitMs`, once one of them ends
   * elsewhere than is known, or so many ms have passed.
   */
  partitions(partitions: readonly KnownPartition[], waitMs: number): Promise<readonly (LeaderPartition | undefined)[]>
  /** Where an epoch ends, for a partition that does not tell its `epochs`: the epoch or the nearest below it; -1 and -1 when nothing is known. */
  epochEnd(partition: TopicPartition, epoch: LeaderEpoch): Promise<LeaderEpochEnd>
  /** The batch that holds an offset, or the next one; `undefined` when there is none. */
  batchAt(partition: TopicPartition, offset: Offset): Promise<BatchFacts | undefined>
  /**
   * Whole batches from the one with `from` on, which are the caller's until it gives them back; empty when there is none below the log end offset.
   * `isChecked`: they were found wrong, and the leader is to check them before it gives them.
   */
  fetch(partition: TopicPartition, from: Offset, isChecked?: boolean): Promise<Uint8Array>
  /** What `fetch` would give, as it lies in a file, unread and unchecked; `undefined` where it must be read. */
  locate?(partition: TopicPartition, from: Offset): LocatedBatches | undefined
  /** `fetch` of this partition will probably be asked for from there on, and nothing is known yet that speaks against it. */
  askAhead?(partition: TopicPartition, from: Offset): void
  /** What `fetch` gave is used up, and its memory may be filled anew. To be called once, or not at all. */
  giveBack?(batches: Uint8Array): void
  /** What groups have committed, for these topics. */
  groups(topics: readonly string[]): Promise<readonly GroupOffsets[]>
  close(): void
}

/** Batches that still lie in a file. */
export interface LocatedBatches {
  /** Where they are read to if they cannot be sent from the file; to be given back like those of `fetch`. */
  readonly batches: Uint8Array
  /** To be sent or filled before its leader is asked for anything else. */
  readonly unread: FileBytes
  /** The offset after the last of them. */
  readonly nextOffset: Offset
}

/** A topic as its leader has it. */
export interface LeaderTopic {
  readonly name: string
  /** `undefined` when the leader does not say. */
  readonly id: Uuid | undefined
  readonly partitionCount: number
  /** Only what was set. */
  readonly configs: TopicConfigTexts
  readonly isInternal: boolean
}

/** A partition, and where it ended when it was asked for last. */
export interface KnownPartition extends TopicPartition {
  readonly knownEndOffset?: Offset | undefined
}

/** How far a partition is at its leader. */
export interface LeaderPartition {
  readonly logStartOffset: Offset
  /** The offset after the last record that may be copied. */
  readonly logEndOffset: Offset
  /** Its whole history of leader epochs; empty when only batches tell. */
  readonly epochs: readonly LeaderEpochEntry[]
  /** The epoch at its end, from a leader that does not tell its history. */
  readonly endEpoch?: LeaderEpoch
  /** Oldest first; empty when a leader does not tell: then a follower makes segments of its own. */
  readonly segments: readonly LeaderSegment[]
  /** The last batch, where it is known without asking. */
  readonly lastBatch: BatchFacts | undefined
  /**
   * Set when it is a part of a log as it was once: where its batches begin. A copy must have what is before, and may have gone on since without
   * having left it.
   */
  readonly partialFrom?: Offset
}

export interface LeaderSegment {
  readonly baseOffset: Offset
  /** Of its `.log`. */
  readonly sizeInBytes: number
}

/** Where a group is in topics. */
export interface GroupOffsets {
  readonly groupId: string
  readonly offsets: readonly (TopicPartition & { readonly offset: Offset })[]
}
