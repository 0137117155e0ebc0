import { NO_TIMESTAMP, type TimestampMs } from '../base/brands.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../protocol/messages/offset-commit.ts'
import type { ClassicGroup } from './classic-group.ts'
import { renewSession } from './group-rebalance.ts'
import type { GroupStep } from './group-step.ts'
import { memberError } from './member-error.ts'
import { offsetCommitRecord } from './offset-commit-record.ts'

type CommittedPartition = OffsetCommitRequest['topics'][number]['partitions'][number]

/** Version 9 and later know GROUP_ID_NOT_FOUND. */
const groupNotFoundSince = 9

/**
 * Commits positions, of a member or of anybody for a group without members; such a group is there from then on. The topics
 * are known to be there. `group` is undefined when nothing is known of it.
 */
export function offsetCommit(
  group: ClassicGroup | undefined,
  { request, apiVersion }: { readonly request: OffsetCommitRequest; readonly apiVersion: number },
  step: GroupStep,
): OffsetCommitResponse {
  const error = commitErrorOf(group, request, apiVersion)
  if (error !== undefined) return offsetCommitError(request, error)
  const member = group?.roster.get(request.memberId)
  if (member !== undefined && group?.state !== 'Empty') renewSession(member, step)
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => ({
      partitionIndex: partition.partitionIndex,
      errorCode: commitPartition({ request, topic: name, partition }, step),
    })),
  }))
  return { throttleTimeMs: 0, topics }
}

/** The answer when nothing is committed: the same code for each partition. */
export function offsetCommitError({ topics }: OffsetCommitRequest, errorCode: number): OffsetCommitResponse {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}

function commitErrorOf(
  group: ClassicGroup | undefined,
  request: OffsetCommitRequest,
  apiVersion: number,
): number | undefined {
  const { generationIdOrMemberEpoch: generationId } = request
  if (generationId < 0 && (group === undefined || group.state === 'Empty')) return undefined
  if (group !== undefined) return memberCommitError(group, request)
  return apiVersion >= groupNotFoundSince ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
}

/** A group with members takes positions from them alone, and only while each knows its part. */
function memberCommitError(group: ClassicGroup, request: OffsetCommitRequest): number | undefined {
  const error = memberError(group, request)
  if (error !== undefined) return error
  if (request.generationIdOrMemberEpoch !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  return group.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : undefined
}

interface Commit {
  readonly request: OffsetCommitRequest
  readonly topic: string
  readonly partition: CommittedPartition
}

function commitPartition({ request, topic, partition }: Commit, step: GroupStep): number {
  const metadata = partition.committedMetadata ?? ''
  if (metadata.length > step.config.offsetMetadataMax) return ErrorCode.OFFSET_METADATA_TOO_LARGE
  const { partitionIndex, committedOffset, committedLeaderEpoch, commitTimestamp } = partition
  const key = { group: request.groupId, topic, partition: partitionIndex }
  const value = {
    offset: committedOffset,
    leaderEpoch: committedLeaderEpoch,
    metadata,
    commitTimestamp: commitTimestamp === NO_TIMESTAMP ? step.now : commitTimestamp,
    expireTimestamp: expireTimestamp(request.retentionTimeMs, step.now),
  }
  step.append(offsetCommitRecord(key, value))
  return ErrorCode.NONE
}

/** Only clients of before 2.1 say how long an offset is to be kept. */
function expireTimestamp(retentionMs: number, now: TimestampMs): TimestampMs {
  return retentionMs === NO_TIMESTAMP ? NO_TIMESTAMP : Math.min(now + retentionMs, Number.MAX_SAFE_INTEGER)
}
