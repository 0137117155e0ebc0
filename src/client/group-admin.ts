import { type LeaderEpoch, NO_LEADER_EPOCH, type Offset } from '../base/brands.ts'
import { deleteGroupsApi } from '../protocol/messages/delete-groups.ts'
import { describeGroupsApi, type DescribeGroupsResponse } from '../protocol/messages/describe-groups.ts'
import { listGroupsApi, listGroupsRequest } from '../protocol/messages/list-groups.ts'
import { offsetCommitApi, offsetCommitRequest, type OffsetCommitResponse } from '../protocol/messages/offset-commit.ts'
import { offsetFetchApi, offsetFetchRequest } from '../protocol/messages/offset-fetch.ts'
import { answerOf, throwIfError } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'

/** A position of a group. */
export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  readonly leaderEpoch: LeaderEpoch
  readonly metadata: string
}

export type DescribedGroup = DescribeGroupsResponse['groups'][number]

/** Under which membership positions are committed. */
export interface CommittingMember {
  readonly memberId: string
  readonly generationId: number
}

export type OffsetsToCommit = readonly Pick<CommittedOffset, 'topic' | 'partition' | 'offset'>[]

const noMember: CommittingMember = { memberId: '', generationId: -1 }

/** Groups seen from outside. Every method throws what the user is to hear. */
export class GroupAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** The ids of all groups of all brokers, sorted. */
  async ids(): Promise<string[]> {
    return this.#cluster.retrying(async () => {
      const ids = new Set<string>()
      for (const { nodeId } of (await this.#cluster.metadata([])).brokers) {
        const connection = await this.#cluster.node(nodeId, 'requests')
        const { errorCode, groups } = await connection.request(listGroupsApi, listGroupsRequest.initial())
        throwIfError(errorCode, 'list the groups')
        for (const { groupId } of groups) ids.add(groupId)
      }
      return [...ids].sort()
    })
  }

  /** State and members; the state is `Dead` for a group that has no members and is unknown. */
  async describe(groupId: string): Promise<DescribedGroup> {
    return this.#cluster.retrying(async () => {
      const coordinator = await this.#cluster.coordinator(groupId)
      const request = { groups: [groupId], includeAuthorizedOperations: false }
      const { groups } = await coordinator.request(describeGroupsApi, request)
      return answerOf(groups, `describe group ${JSON.stringify(groupId)}`)
    })
  }

  /** Every position that the group has committed. */
  async offsets(groupId: string): Promise<CommittedOffset[]> {
    const request = {
      ...offsetFetchRequest.initial(),
      groupId,
      topics: null,
      groups: [{ groupId, memberId: null, memberEpoch: -1, topics: null }],
    }
    return this.#cluster.retrying(async () => {
      const answer = await (await this.#cluster.coordinator(groupId)).request(offsetFetchApi, request)
      const { errorCode, topics } = answer.groups[0] ?? answer
      const what = `read the offsets of group ${JSON.stringify(groupId)}`
      throwIfError(errorCode, what)
      const found: CommittedOffset[] = []
      for (const { name: topic, partitions } of topics) {
        for (const row of partitions) {
          throwIfError(row.errorCode, what)
          if (row.committedOffset >= 0n) found.push(committedOf(topic, row))
        }
      }
      return found
    })
  }

  /** Commits positions, by default as somebody who is no member: then the group must have none. */
  async commit(groupId: string, offsets: OffsetsToCommit, member = noMember): Promise<void> {
    if (offsets.length === 0) return
    const request = {
      ...offsetCommitRequest.initial(),
      groupId,
      memberId: member.memberId,
      generationIdOrMemberEpoch: member.generationId,
      topics: commitRows(offsets),
    }
    await this.#cluster.retrying(async () => {
      const coordinator = await this.#cluster.coordinator(groupId)
      throwFirst(await coordinator.request(offsetCommitApi, request), groupId)
    })
  }

  /** Removes a group without members, and all that it has committed. */
  async delete(groupId: string): Promise<void> {
    await this.#cluster.retrying(async () => {
      const coordinator = await this.#cluster.coordinator(groupId)
      const { results } = await coordinator.request(deleteGroupsApi, { groupsNames: [groupId] })
      answerOf(results, `delete group ${JSON.stringify(groupId)}`)
    })
  }
}

interface OffsetRow {
  readonly partitionIndex: number
  readonly committedOffset: Offset
  readonly committedLeaderEpoch: LeaderEpoch
  readonly metadata: string | null
}

function committedOf(topic: string, row: OffsetRow): CommittedOffset {
  return {
    topic,
    partition: row.partitionIndex,
    offset: row.committedOffset,
    leaderEpoch: row.committedLeaderEpoch,
    metadata: row.metadata ?? '',
  }
}

function commitRows(offsets: OffsetsToCommit) {
  const byTopic = Map.groupBy(offsets, ({ topic }) => topic)
  return [...byTopic].map(([name, rows]) => ({
    name,
    partitions: rows.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: NO_LEADER_EPOCH,
      commitTimestamp: -1,
      committedMetadata: '',
    })),
  }))
}

function throwFirst({ topics }: OffsetCommitResponse, groupId: string): void {
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, errorCode } of partitions) {
      throwIfError(errorCode, `commit ${name}-${partitionIndex} for group ${JSON.stringify(groupId)}`)
    }
  }
}
