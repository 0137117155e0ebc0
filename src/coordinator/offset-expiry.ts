import { NO_TIMESTAMP, type TimestampMs } from '../base/brands.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { GroupStep } from './group-step.ts'
import type { GroupTable } from './group-table.ts'
import { offsetCommitRecord } from './offset-commit-record.ts'
import type { StoredOffset } from './stored-offsets.ts'

/**
 * Takes back the positions that nobody has used for `offsets.retention.minutes` (KIP-211): counted from when the group lost
 * its last member; from the commit where it never had any, or where its members no longer read the topic. True when the group
 * has no positions left.
 */
export function expireOffsets(
  { group, table }: { readonly group: ClassicGroup; readonly table: GroupTable },
  step: GroupStep,
): boolean {
  const offsets = table.offsetsOf(group.groupId)
  if (offsets === undefined) return !table.pending.hasGroup(group.groupId)
  const since = expiryBase(group)
  if (since === undefined) return false
  let isNothingLeft = !table.pending.hasGroup(group.groupId)
  for (const [topic, partitions] of offsets) {
    for (const [partition, stored] of partitions) {
      const key = { group: group.groupId, topic, partition }
      const isInUse = group.isSubscribedTo(topic) || table.pending.has(key)
      if (!isInUse && isExpired(stored, since(stored), step)) step.append(offsetCommitRecord(key, null))
      else isNothingLeft = false
    }
  }
  return isNothingLeft
}

/** From when on a position counts as unused; `undefined` while all are in use. */
function expiryBase(group: ClassicGroup): ((stored: StoredOffset) => TimestampMs) | undefined {
  if (group.protocolType === null) return ({ commitTimestamp }) => commitTimestamp
  if (group.state === 'Empty') {
    const { stateTimestamp } = group
    return ({ commitTimestamp }) => (stateTimestamp === NO_TIMESTAMP ? commitTimestamp : stateTimestamp)
  }
  if (group.state === 'Stable' && group.subscribedTopics !== undefined) return ({ commitTimestamp }) => commitTimestamp
  return undefined
}

/** Clients of before 2.1 said the time themselves. */
function isExpired({ expireTimestamp }: StoredOffset, since: TimestampMs, { now, config }: GroupStep): boolean {
  return expireTimestamp === NO_TIMESTAMP ? now - since >= config.offsetsRetentionMs : now >= expireTimestamp
}
