import type { LeaderEpoch, Offset, TimestampMs } from '../base/brands.ts'
import { NO_LEADER_EPOCH } from '../base/brands.ts'
import type { Group } from './group.ts'
import type { RecordToAppend } from './internal-record.ts'
import { offsetCommitRecord } from './offset-commit-record.ts'
import { type OffsetChange, type PartitionToReset, type ResetTarget, offsetChange } from './offset-reset.ts'

/** A position that a group commits: the offset of the next record it wants. */
export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  /** Of the last record read, when known: lets a consumer notice that the log was cut. */
  readonly leaderEpoch?: LeaderEpoch
  readonly metadata?: string
}

/** The records that commit positions of a group. A group without members needs no others: it is there from now on. */
export function commitOffsets(
  groupId: string,
  offsets: readonly OffsetToCommit[],
  now: TimestampMs,
): readonly RecordToAppend[] {
  return offsets.map(({ topic, partition, offset, leaderEpoch = NO_LEADER_EPOCH, metadata = '' }) =>
    offsetCommitRecord({ group: groupId, topic, partition }, { offset, leaderEpoch, metadata, commitTimestamp: now }),
  )
}

/** A group with members may not be changed behind their backs; they would commit over it. */
export interface GroupHasMembers {
  readonly kind: 'groupHasMembers'
  readonly groupId: string
  readonly memberIds: readonly string[]
}

export interface ResetRequest {
  readonly group: Group
  readonly target: ResetTarget
  readonly partitions: readonly PartitionToReset[]
  /** The members that the records name are known to be gone: nothing serves the log. */
  readonly areMembersGone?: boolean
}

/** What a reset would do; nothing is done before the records are appended. */
export type ResetPlan =
  | { readonly kind: 'planned'; readonly changes: readonly OffsetChange[]; readonly records: readonly RecordToAppend[] }
  | GroupHasMembers
  /** A shift needs a committed offset to start from. */
  | { readonly kind: 'noCommittedOffset'; readonly topic: string; readonly partition: number }

/** Plans to move a group in the given partitions. A group that is not there is made, as Kafka's tool does. */
export function resetOffsets(request: ResetRequest, now: TimestampMs): ResetPlan {
  const { group, target, partitions } = request
  if (group.memberIds.length > 0 && request.areMembersGone !== true) return groupHasMembers(group)
  const changes: OffsetChange[] = []
  for (const log of partitions) {
    const from = group.offsets.get(log.topic)?.get(log.partition)?.offset
    const change = offsetChange(target, log, from)
    if (change === undefined) return { kind: 'noCommittedOffset', topic: log.topic, partition: log.partition }
    changes.push(change)
  }
  const offsets = changes.map(({ topic, partition, to }) => ({ topic, partition, offset: to }))
  return { kind: 'planned', changes, records: commitOffsets(group.groupId, offsets, now) }
}

export type DeletePlan =
  | { readonly kind: 'planned'; readonly records: readonly RecordToAppend[] }
  | GroupHasMembers
  | { readonly kind: 'groupNotFound'; readonly groupId: string }

/** Plans to delete a group: a tombstone for each of its offsets, and then for the records of the group itself. */
export function deleteGroup(group: Group, options: { readonly areMembersGone?: boolean } = {}): DeletePlan {
  if (group.state === 'Dead') return { kind: 'groupNotFound', groupId: group.groupId }
  if (group.memberIds.length > 0 && options.areMembersGone !== true) return groupHasMembers(group)
  const offsets = [...group.offsets].flatMap(([topic, partitions]) =>
    [...partitions.keys()].map((partition) => offsetCommitRecord({ group: group.groupId, topic, partition }, null)),
  )
  return { kind: 'planned', records: [...offsets, ...group.otherKeys.map((key) => ({ key, value: null }))] }
}

function groupHasMembers({ groupId, memberIds }: Group): GroupHasMembers {
  return { kind: 'groupHasMembers', groupId, memberIds }
}
