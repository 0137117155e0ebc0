import { NO_LEADER_EPOCH, NO_PRODUCER_ID, type Offset, type ProducerId, offset } from '../../../src/base/brands.ts'
import { type Random, seededRandom } from '../../../src/base/random.ts'
import {
  type GroupCoordinatorConfig,
  groupCoordinatorDefaults,
} from '../../../src/coordinator/group-coordinator-config.ts'
import { GroupShard } from '../../../src/coordinator/group-shard.ts'
import { GroupStep } from '../../../src/coordinator/group-step.ts'
import { type GroupBatch, GroupTable } from '../../../src/coordinator/group-table.ts'
import type { RecordToAppend } from '../../../src/coordinator/internal-record.ts'
import {
  type JoinGroupRequest,
  type JoinGroupResponse,
  joinGroupRequest,
} from '../../../src/protocol/messages/join-group.ts'
import type { LeaveGroupResponse } from '../../../src/protocol/messages/leave-group.ts'
import { type OffsetCommitRequest, offsetCommitRequest } from '../../../src/protocol/messages/offset-commit.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../../src/protocol/messages/sync-group.ts'

/** The answer to a request, once there is one. */
export interface Waiting<T> {
  answer: T | undefined
}

export interface JoinOptions extends Partial<JoinGroupRequest> {
  readonly apiVersion?: number
  readonly clientId?: string
}

/** A coordinator with a clock and a log of its own: what it appends is durable at once, what it waits for comes with `advance`. */
export class TestCoordinator {
  readonly config: GroupCoordinatorConfig
  readonly log: { readonly record: RecordToAppend; readonly batch: GroupBatch }[] = []
  readonly #random: Random = seededRandom(7)
  readonly #wakes = new Map<string, number>()
  readonly #waitingJoins = new Map<number, Waiting<JoinGroupResponse>>()
  readonly #waitingSyncs = new Map<number, Waiting<SyncGroupResponse>>()
  #lastRequestId = 0
  #uptimeMs = 0
  shard: GroupShard
  /** Whether answers to requests that this class did not send are let pass. */
  toleratesStrangers = false

  constructor(overrides: Partial<GroupCoordinatorConfig> = {}) {
    this.config = { ...groupCoordinatorDefaults, ...overrides }
    this.shard = this.#load()
  }

  /** The time of day; it moves as the uptime does. */
  get now(): number {
    return 1_700_000_000_000 + this.#uptimeMs
  }

  /** How many requests wait. */
  get waitingCount(): number {
    return this.#waitingJoins.size + this.#waitingSyncs.size
  }

  /** A member's JoinGroup; by default of a consumer, in the newest version. */
  join({ apiVersion = 9, clientId = 'client', ...fields }: JoinOptions = {}): Waiting<JoinGroupResponse> {
    const requestId = ++this.#lastRequestId
    const waiting: Waiting<JoinGroupResponse> = { answer: undefined }
    this.#waitingJoins.set(requestId, waiting)
    const request = { ...joinDefaults, ...fields }
    const join = { request, requestId, apiVersion, clientId, clientHost: '/127.0.0.1' }
    this.run(request.groupId, (step) => this.shard.join(join, step))
    return waiting
  }

  /** Joins without an id, and again with the id that was given. */
  joinTwice(options: JoinOptions = {}): Waiting<JoinGroupResponse> & { readonly memberId: string } {
    const memberId = this.join(options).answer?.memberId ?? ''
    return Object.assign(this.join({ ...options, memberId }), { memberId })
  }

  sync(
    fields: Pick<SyncGroupRequest, 'generationId' | 'memberId'> & Partial<SyncGroupRequest>,
  ): Waiting<SyncGroupResponse> {
    const requestId = ++this.#lastRequestId
    const waiting: Waiting<SyncGroupResponse> = { answer: undefined }
    this.#waitingSyncs.set(requestId, waiting)
    const request = { ...syncDefaults, ...fields }
    this.run(request.groupId, (step) => this.shard.sync({ request, requestId }, step))
    return waiting
  }

  heartbeat({ memberId, generationId, groupInstanceId = null, groupId = 'g' }: Heartbeat): number {
    return this.run(groupId, (step) => this.shard.heartbeat({ groupId, memberId, generationId, groupInstanceId }, step))
  }

  leave(...members: readonly { readonly memberId: string; readonly groupInstanceId?: string }[]): LeaveGroupResponse {
    const all = members.map(({ memberId, groupInstanceId = null }) => ({ memberId, groupInstanceId, reason: null }))
    return this.run('g', (step) => this.shard.leave({ groupId: 'g', memberId: '', members: all }, step))
  }

  /** Commits one position, of topic `t`; returns the code for it. */
  commit({ position = 1, partition = 0, metadata = '', apiVersion = 9, topic = 't', ...fields }: Commit = {}):
    | number
    | undefined {
    const committed = {
      partitionIndex: partition,
      committedOffset: offset(position),
      committedLeaderEpoch: NO_LEADER_EPOCH,
      commitTimestamp: -1,
      committedMetadata: metadata,
    }
    const topics = [{ name: topic, partitions: [committed] }]
    const request = { ...offsetCommitRequest.initial(), groupId: 'g', topics, ...fields }
    const response = this.run(request.groupId, (step) => this.shard.offsetCommit(request, apiVersion, step))
    return response.topics[0]?.partitions[0]?.errorCode
  }

  /** The position of topic `t`, or the error when there is one. */
  position({ partition = 0, requireStable = false, groupId = 'g' } = {}): Offset | { readonly errorCode: number } {
    const topics = [{ name: 't', partitionIndexes: [partition] }]
    const request = { groupId, memberId: null, memberEpoch: -1, topics }
    const fetched = this.shard.offsetFetch(request, requireStable).topics[0]?.partitions[0]
    const { errorCode = -1, committedOffset = offset(-1) } = fetched ?? {}
    return errorCode === 0 ? committedOffset : { errorCode }
  }

  /** One step; its answers are delivered, its records are in the log. */
  run<T>(groupId: string, call: (step: GroupStep) => T): T {
    const step = new GroupStep({ now: this.now, uptimeMs: this.#uptimeMs, config: this.config, random: this.#random })
    const result = call(step)
    for (const record of step.records) this.log.push({ record, batch: plainBatch })
    for (const { api, to, response } of step.answers) {
      const waiting = api === 'JoinGroup' ? this.#waitingJoins : this.#waitingSyncs
      const one: Waiting<unknown> | undefined = waiting.get(to)
      if (one === undefined && this.toleratesStrangers) continue
      if (one === undefined) throw new Error(`${api} ${to} is answered twice`)
      one.answer = response
      waiting.delete(to)
    }
    this.#wakes.set(groupId, Math.min(this.#wakes.get(groupId) ?? Infinity, step.wakeAtMs))
    return result
  }

  /** Time passes; groups are woken when they asked for it. */
  advance(ms: number): void {
    const end = this.#uptimeMs + ms
    for (;;) {
      const [next] = [...this.#wakes].toSorted(([, one], [, other]) => one - other)
      if (next === undefined || next[1] > end) break
      const [groupId, at] = next
      this.#uptimeMs = Math.max(this.#uptimeMs, at)
      this.#wakes.delete(groupId)
      this.run(groupId, (step) => this.shard.wake(groupId, step))
    }
    this.#uptimeMs = end
  }

  /** A record of a transaction's commit lies in the log, as another way to append would leave it there. */
  appendInTransaction(record: RecordToAppend, producerId: ProducerId): void {
    this.log.push({ record, batch: { isTransactional: true, producerId } })
    this.restart()
  }

  /** The broker is killed and started again: requests that waited are never answered, members are remembered from the log. */
  restart(): void {
    this.#wakes.clear()
    this.#waitingJoins.clear()
    this.#waitingSyncs.clear()
    this.shard = this.#load()
    for (const groupId of this.shard.groupsToBegin()) this.run(groupId, (step) => this.shard.begin(groupId, step))
  }

  /** What the log says. */
  table(): GroupTable {
    const table = new GroupTable()
    this.log.forEach(({ record, batch }, i) => table.replay({ ...record, offset: offset(i) }, batch))
    return table
  }

  #load(): GroupShard {
    return new GroupShard(this.table(), offset(this.log.length))
  }
}

interface Heartbeat {
  readonly memberId: string
  readonly generationId: number
  readonly groupInstanceId?: string | null
  readonly groupId?: string
}

interface Commit extends Partial<Omit<OffsetCommitRequest, 'topics'>> {
  readonly position?: number
  readonly partition?: number
  readonly metadata?: string
  readonly apiVersion?: number
  readonly topic?: string
}

const plainBatch: GroupBatch = { isTransactional: false, producerId: NO_PRODUCER_ID }

const joinDefaults: JoinGroupRequest = {
  ...joinGroupRequest.initial(),
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: subscription('t') }],
}

const syncDefaults: SyncGroupRequest = {
  groupId: 'g',
  generationId: -1,
  memberId: '',
  groupInstanceId: null,
  protocolType: null,
  protocolName: null,
  assignments: [],
}

/** An item that is there. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new Error(`there is no item ${index}, only ${items.length}`)
  return item
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** A ConsumerProtocolSubscription of version 0. */
export function subscription(...topics: readonly string[]): Uint8Array {
  const names = topics.map((topic) => Buffer.concat([uint(2, topic.length), Buffer.from(topic)]))
  return new Uint8Array(Buffer.concat([uint(2, 0), uint(4, topics.length), ...names, uint(4, 0)]))
}

function uint(size: 2 | 4, value: number): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(value, 0, size)
  return bytes
}

/** Members of a stable group, the leader first. */
export interface StableGroup {
  readonly coordinator: TestCoordinator
  readonly generationId: number
  readonly memberIds: readonly string[]
}

/** A group of so many members, each with its name's first letters as its assignment: `a0`, `a1`... */
export function stableGroup(size: number, coordinator = new TestCoordinator(), options: JoinOptions = {}): StableGroup {
  const joins = Array.from({ length: size }, () => coordinator.joinTwice(options))
  coordinator.advance(coordinator.config.initialRebalanceDelayMs * 2)
  return settle(
    coordinator,
    joins.map(({ memberId }) => memberId),
    joins[0]?.answer?.generationId ?? -1,
  )
}

/** All members ask for their assignment, the leader (the first) with those of all. */
export function settle(coordinator: TestCoordinator, memberIds: readonly string[], generationId: number): StableGroup {
  const assignments = memberIds.map((memberId, i) => ({ memberId, assignment: utf8(`a${i}`) }))
  memberIds.forEach((memberId, i) => {
    coordinator.sync({ memberId, generationId, assignments: i === 0 ? assignments : [] })
  })
  return { coordinator, generationId, memberIds }
}
