import { NO_LEADER_EPOCH, offset } from '../base/brands.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import type { OffsetFetchRequest, OffsetFetchResponse } from '../protocol/messages/offset-fetch.ts'
import type { GroupTable } from './group-table.ts'
import type { OffsetCommitKey } from './offset-commit-record.ts'

type GroupToFetch = OffsetFetchRequest['groups'][number]
type FetchedGroup = OffsetFetchResponse['groups'][number]
type FetchedTopic = FetchedGroup['topics'][number]
type FetchedPartition = FetchedTopic['partitions'][number]

/**
 * The committed positions of a group: of the partitions asked for, or of all when `topics` is null. With `requireStable` a
 * partition that an open transaction holds a position of is refused, so that nobody reads on from before it.
 */
export function offsetFetch(table: GroupTable, request: GroupToFetch, requireStable: boolean): FetchedGroup {
  const { groupId } = request
  const fetch = (name: string, partitions: Iterable<number>): FetchedTopic => ({
    name,
    partitions: Array.from(partitions, (partition) =>
      fetchPartition(table, { group: groupId, topic: name, partition }, requireStable),
    ),
  })
  const topics =
    request.topics === null
      ? Array.from(table.offsetsOf(groupId) ?? [], ([name, partitions]) => fetch(name, partitions.keys()))
      : request.topics.map(({ name, partitionIndexes }) => fetch(name, partitionIndexes))
  return { groupId, topics, errorCode: ErrorCode.NONE }
}

/** The answer when the coordinator cannot tell. */
export function offsetFetchError({ groupId }: GroupToFetch, errorCode: number): FetchedGroup {
  return { groupId, topics: [], errorCode }
}

/** What is answered for a partition without a committed position. */
export function noPosition(partitionIndex: number, errorCode: number = ErrorCode.NONE): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: offset(-1),
    committedLeaderEpoch: NO_LEADER_EPOCH,
    metadata: '',
    errorCode,
  }
}

function fetchPartition(table: GroupTable, key: OffsetCommitKey, requireStable: boolean): FetchedPartition {
  const { group, topic, partition: partitionIndex } = key
  if (requireStable && table.pending.has(key)) return noPosition(partitionIndex, ErrorCode.UNSTABLE_OFFSET_COMMIT)
  const stored = table.offsetsOf(group)?.get(topic)?.get(partitionIndex)
  if (stored === undefined) return noPosition(partitionIndex)
  const { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata } = stored
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode: ErrorCode.NONE }
}
