import { MalformedMessageError } from '../base/errors.ts'
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from '../protocol/consumer-protocol.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { heartbeatApi } from '../protocol/messages/heartbeat.ts'
import { joinGroupApi, joinGroupRequest, type JoinGroupResponse } from '../protocol/messages/join-group.ts'
import { leaveGroupApi } from '../protocol/messages/leave-group.ts'
import { syncGroupApi } from '../protocol/messages/sync-group.ts'
import { throwIfError } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { GroupAdmin, type OffsetsToCommit } from './group-admin.ts'
import { type Assignment, assignRanges, type Subscriber } from './range-assignor.ts'

export interface MembershipOptions {
  readonly groupId: string
  readonly topics: readonly string[]
}

/** Kafka's defaults for consumers: session.timeout.ms, max.poll.interval.ms, heartbeat.interval.ms. */
const sessionTimeoutMs = 45_000
const rebalanceTimeoutMs = 300_000
const heartbeatMs = 3_000

const protocolType = 'consumer'
const protocolName = 'range'

/**
 * A member of a consumer group (the classic protocol). Joining waits until all members have come; from then on heartbeats keep the membership
 * while the event loop turns, and tell when it must be renewed: the members changed, or this one was given up.
 */
export class GroupMember {
  readonly #cluster: Cluster
  readonly #options: MembershipOptions
  readonly #admin: GroupAdmin
  #memberId = ''
  #generationId = -1
  #assignment: Assignment = new Map()
  #isStale = false
  #timer: NodeJS.Timeout | undefined

  private constructor(cluster: Cluster, options: MembershipOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#admin = new GroupAdmin(cluster)
  }

  /** Throws what the user is to hear. */
  static async join(cluster: Cluster, options: MembershipOptions): Promise<GroupMember> {
    const member = new GroupMember(cluster, options)
    await member.rejoin()
    return member
  }

  /** The partitions that are this member's to read. */
  get assigned(): { topic: string; partition: number }[] {
    return [...this.#assignment].flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))
  }

  /** Others came or went, or the group went on without us: time to commit, and to `rejoin`. */
  get isStale(): boolean {
    return this.#isStale
  }

  /** Takes part in the next generation; everything assigned before is given back. */
  async rejoin(): Promise<void> {
    this.#stopHeartbeats()
    await this.#cluster.retrying(async () => {
      const joined = await this.#join()
      await this.#sync(joined)
    }, rebalanceTimeoutMs)
    this.#isStale = false
    this.#timer = setInterval(() => void this.#heartbeat(), heartbeatMs)
    this.#timer.unref()
  }

  /** Commits positions of partitions that are assigned. */
  commit(offsets: OffsetsToCommit): Promise<void> {
    return this.#admin.commit(this.#options.groupId, offsets, this.#identity())
  }

  /** Leaves, so that the others need not wait for the session to expire. A broker that is away has nothing to be told. */
  async leave(): Promise<void> {
    this.#stopHeartbeats()
    const { groupId } = this.#options
    const members = [{ memberId: this.#memberId, groupInstanceId: null, reason: null }]
    const leaving = async (): Promise<void> => {
      const coordinator = await this.#cluster.coordinator(groupId, 'group')
      await coordinator.request(leaveGroupApi, { groupId, memberId: this.#memberId, members })
    }
    await leaving().catch(() => undefined)
  }

  async #join(): Promise<JoinGroupResponse> {
    const { groupId, topics } = this.#options
    const coordinator = await this.#cluster.coordinator(groupId, 'group')
    const request = {
      ...joinGroupRequest.initial(),
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      protocolType,
      protocols: [{ name: protocolName, metadata: writeSubscription(topics) }],
    }
    const joined = await coordinator.request(joinGroupApi, request, { waitMs: rebalanceTimeoutMs })
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      return this.#join()
    }
    if (joined.errorCode === ErrorCode.UNKNOWN_MEMBER_ID && this.#memberId !== '') {
      this.#memberId = ''
      return this.#join()
    }
    throwIfError(joined.errorCode, `join group ${JSON.stringify(groupId)}`)
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    return joined
  }

  async #sync(joined: JoinGroupResponse): Promise<void> {
    const { groupId } = this.#options
    const isLeader = joined.leader === joined.memberId && !joined.skipAssignment
    const assignments = isLeader ? await this.#assign(joined) : []
    const coordinator = await this.#cluster.coordinator(groupId, 'group')
    const identity = { groupId, ...this.#identity(), groupInstanceId: null }
    const request = { ...identity, protocolType, protocolName, assignments }
    const synced = await coordinator.request(syncGroupApi, request, { waitMs: rebalanceTimeoutMs })
    if (synced.errorCode === ErrorCode.REBALANCE_IN_PROGRESS) return this.#sync(await this.#join())
    throwIfError(synced.errorCode, `join group ${JSON.stringify(groupId)}`)
    const { assignedPartitions } = readAssignment(synced.assignment)
    this.#assignment = new Map(assignedPartitions.map(({ topic, partitions }) => [topic, partitions]))
  }

  /** The leader shares out what all members want. */
  async #assign({ members }: JoinGroupResponse): Promise<{ memberId: string; assignment: Uint8Array }[]> {
    const subscribers = members.map(subscriberOf)
    const wanted = [...new Set(subscribers.flatMap(({ topics }) => topics))]
    const { topics } = await this.#cluster.metadata(wanted)
    const counts = new Map(topics.map(({ name, partitions }) => [name ?? '', partitions.length]))
    return [...assignRanges(subscribers, counts)].map(([memberId, assignment]) => ({
      memberId,
      assignment: writeAssignment([...assignment].map(([topic, partitions]) => ({ topic, partitions }))),
    }))
  }

  /** A heartbeat that is not answered is followed by the next one; only an answer says that the membership is over. */
  async #heartbeat(): Promise<void> {
    const { groupId } = this.#options
    try {
      const coordinator = await this.#cluster.coordinator(groupId, 'group')
      const request = { groupId, ...this.#identity(), groupInstanceId: null }
      const { errorCode } = await coordinator.request(heartbeatApi, request)
      throwIfError(errorCode, 'send a heartbeat')
    } catch (error) {
      this.#isStale ||= error instanceof KafkaError && endsMembership.has(error.code)
      if (!this.#isStale) this.#cluster.forget()
    }
  }

  #identity(): { memberId: string; generationId: number } {
    return { memberId: this.#memberId, generationId: this.#generationId }
  }

  #stopHeartbeats(): void {
    clearInterval(this.#timer)
  }
}

const endsMembership: ReadonlySet<number> = new Set([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
])

/** A member whose subscription cannot be read gets nothing, and keeps nobody else from getting something. */
function subscriberOf(member: JoinGroupResponse['members'][number]): Subscriber {
  const { memberId, groupInstanceId, metadata } = member
  try {
    return { memberId, groupInstanceId, topics: readSubscription(metadata).topics }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return { memberId, groupInstanceId, topics: [] }
  }
}
