import { NO_TIMESTAMP, offset } from '../base/brands.ts'
import { LockedError } from '../base/errors.ts'
import type { Cluster } from '../client/cluster.ts'
import { type CommittedOffset, type DescribedGroup, GroupAdmin } from '../client/group-admin.ts'
import { GroupMember } from '../client/group-member.ts'
import type { Group, GroupState } from '../coordinator/group.ts'
import type { OffsetsOfGroup, StoredOffset } from '../coordinator/stored-offsets.ts'
import type { GroupHold, GroupMembership, GroupStore, OffsetToStore, WantedTopics } from './log-store.ts'

/** The groups of brokers. */
export class BrokerGroups implements GroupStore {
  readonly areMembersGone = false
  readonly #cluster: Cluster
  readonly #admin: GroupAdmin

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#admin = new GroupAdmin(cluster)
  }

  groupIds(): Promise<string[]> {
    return this.#admin.ids()
  }

  async all(): Promise<Group[]> {
    const groups: Group[] = []
    for (const id of await this.#admin.ids()) {
      const group = await this.find(id)
      if (group !== undefined) groups.push(group)
    }
    return groups
  }

  async find(groupId: string): Promise<Group | undefined> {
    const described = await this.#admin.describe(groupId)
    const offsets = await this.#admin.offsets(groupId)
    const group = toGroup(described, offsets)
    return group.state === 'Dead' && group.offsets.size === 0 ? undefined : group
  }

  commit(groupId: string, offsets: readonly OffsetToStore[]): Promise<void> {
    return this.#admin.commit(groupId, offsets)
  }

  async delete({ groupId, memberIds }: Group): Promise<void> {
    if (memberIds.length > 0) throw new LockedError(`group ${JSON.stringify(groupId)} has members`)
    await this.#admin.delete(groupId)
  }

  /** Nothing can be held: brokers refuse what would disturb members. */
  async hold(): Promise<GroupHold> {
    return { release: async () => undefined }
  }

  async join(groupId: string, { topics, choosesPartitions }: WantedTopics): Promise<GroupMembership> {
    if (choosesPartitions) return aloneIn((offsets) => this.commit(groupId, offsets))
    const member = await GroupMember.join(this.#cluster, { groupId, topics })
    return {
      get assigned() {
        return member.assigned
      },
      get isStale() {
        return member.isStale
      },
      rejoin: () => member.rejoin(),
      commit: (offsets) => member.commit(offsets),
      release: () => member.leave(),
    }
  }
}

/** A consumer that no broker knows of: it only commits. */
function aloneIn(commit: GroupMembership['commit']): GroupMembership {
  const nothing = async (): Promise<void> => undefined
  return { assigned: undefined, isStale: false, commit, rejoin: nothing, release: nothing }
}

function toGroup(described: DescribedGroup, offsets: readonly CommittedOffset[]): Group {
  const { groupId, groupState, protocolType, protocolData, members } = described
  return {
    groupId,
    type: 'classic',
    state: (groupState === '' ? 'Dead' : groupState) as GroupState,
    protocolType,
    protocol: protocolData === '' ? null : protocolData,
    generationId: -1,
    leader: null,
    members: members.map(({ memberMetadata, memberAssignment, ...member }) => ({
      ...member,
      rebalanceTimeout: -1,
      sessionTimeout: -1,
      subscription: memberMetadata,
      assignment: memberAssignment,
    })),
    memberIds: members.map(({ memberId }) => memberId),
    offsets: offsetsByTopic(offsets),
    otherKeys: [],
  }
}

function offsetsByTopic(committed: readonly CommittedOffset[]): OffsetsOfGroup {
  const topics = new Map<string, Map<number, StoredOffset>>()
  const inOrder = committed.toSorted((one, other) => one.partition - other.partition)
  for (const { topic, partition, ...row } of inOrder) {
    const partitions = topics.get(topic) ?? new Map<number, StoredOffset>()
    topics.set(topic, partitions)
    // When it was committed, brokers do not tell.
    partitions.set(partition, {
      ...row,
      commitTimestamp: NO_TIMESTAMP,
      expireTimestamp: NO_TIMESTAMP,
      recordOffset: offset(-1n),
    })
  }
  return new Map([...topics].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
