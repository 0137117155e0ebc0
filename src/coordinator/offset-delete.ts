import { ErrorCode } from '../protocol/error-codes.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../protocol/messages/offset-delete.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { GroupStep } from './group-step.ts'
import type { GroupTable } from './group-table.ts'
import { type OffsetCommitKey, offsetCommitRecord } from './offset-commit-record.ts'

/** Forgets positions of a group, but not in topics that its members read. The topics are known to be there. */
export function offsetDelete(
  { group, table }: { readonly group: ClassicGroup; readonly table: GroupTable },
  request: OffsetDeleteRequest,
  step: GroupStep,
): OffsetDeleteResponse {
  if (group.state !== 'Empty' && !group.usesConsumerProtocol) return offsetDeleteError(ErrorCode.NON_EMPTY_GROUP)
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: group.isSubscribedTo(name)
        ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
        : forget(table, { group: request.groupId, topic: name, partition: partitionIndex }, step),
    })),
  }))
  return { errorCode: ErrorCode.NONE, throttleTimeMs: 0, topics }
}

/** The answer when nothing is forgotten. */
export function offsetDeleteError(errorCode: number): OffsetDeleteResponse {
  return { errorCode, throttleTimeMs: 0, topics: [] }
}

/** Takes back the positions of a group that only open transactions hold. */
export function forgetPendingOffsets(table: GroupTable, group: string, step: GroupStep): void {
  for (const { topic, partition } of table.pending.ofGroup(group)) {
    if (table.offsetsOf(group)?.get(topic)?.has(partition) !== true) {
      step.append(offsetCommitRecord({ group, topic, partition }, null))
    }
  }
}

/** Takes back the positions of all groups in topics that are no more. */
export function forgetTopics(table: GroupTable, names: ReadonlySet<string>, step: GroupStep): void {
  for (const group of table.groupIds()) {
    for (const topic of names) {
      for (const partition of table.offsetsOf(group)?.get(topic)?.keys() ?? []) {
        step.append(offsetCommitRecord({ group, topic, partition }, null))
      }
    }
  }
}

function forget(table: GroupTable, key: OffsetCommitKey, step: GroupStep): number {
  const isThere = table.offsetsOf(key.group)?.get(key.topic)?.has(key.partition) === true || table.pending.has(key)
  if (isThere) step.append(offsetCommitRecord(key, null))
  return ErrorCode.NONE
}
