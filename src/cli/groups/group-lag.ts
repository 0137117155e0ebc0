import type { TimestampMs } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import { readAssignment } from '../../protocol/consumer-protocol.ts'
import type { Group } from '../../coordinator/group.ts'
import type { GroupMember } from '../../coordinator/group-metadata-record.ts'
import type { GroupStore, LogStore, TopicPartition } from '../../store/log-store.ts'

/** Where a group stands in one partition. */
export interface GroupLag extends TopicPartition {
  readonly committedOffset: bigint
  /** `undefined` when the partition is no longer there. */
  readonly logEndOffset: bigint | undefined
  /** Records that are still to be read; those that retention took no longer count. */
  readonly lag: bigint | undefined
  /** `NO_TIMESTAMP` where brokers do not tell it. */
  readonly committedAtMs: TimestampMs
  readonly metadata: string
  /** The member that the partition is assigned to, as far as the records tell. */
  readonly member: GroupMember | undefined
}

/** Where the group stands in every partition that it has committed an offset of, by topic and number. */
export async function groupLags(store: LogStore, group: Group): Promise<GroupLag[]> {
  const owners = ownersOf(group)
  const lags: GroupLag[] = []
  for (const [topic, partitions] of group.offsets) {
    const partitionCount = (await store.findTopic(topic))?.partitionCount ?? 0
    for (const [partition, stored] of partitions) {
      const bounds = partition < partitionCount ? await store.offsets({ topic, partition }) : undefined
      const next = bounds !== undefined && stored.offset < bounds.logStartOffset ? bounds.logStartOffset : stored.offset
      lags.push({
        topic,
        partition,
        committedOffset: stored.offset,
        logEndOffset: bounds?.highWatermark,
        lag: bounds === undefined ? undefined : atLeastZero(bounds.highWatermark - next),
        committedAtMs: stored.commitTimestamp,
        metadata: stored.metadata,
        member: owners.get(`${topic} ${partition}`),
      })
    }
  }
  return lags
}

/** What the group is now: members that records name are gone when nothing serves the log. */
export function shownState(group: Group, { areMembersGone }: GroupStore): string {
  return group.state === 'Stable' && areMembersGone ? 'Empty' : group.state
}

/** A committed offset may lie behind the end when the log was cut. */
function atLeastZero(lag: bigint): bigint {
  return lag > 0n ? lag : 0n
}

/** The members by `topic partition`; a topic has no blank in its name. */
function ownersOf({ members, protocolType }: Group): ReadonlyMap<string, GroupMember> {
  const owners = new Map<string, GroupMember>()
  if (protocolType !== 'consumer') return owners
  for (const member of members) {
    for (const { topic, partitions } of assignmentOf(member)) {
      for (const partition of partitions) owners.set(`${topic} ${partition}`, member)
    }
  }
  return owners
}

function assignmentOf(member: GroupMember): ReturnType<typeof readAssignment>['assignedPartitions'] {
  try {
    return readAssignment(member.assignment).assignedPartitions
  } catch (error) {
    if (error instanceof MalformedMessageError) return []
    throw error
  }
}
