import { connect } from 'node:net'
import { leaderEpoch, offset } from '../../src/base/brands.ts'
import { SocketStream } from '../../src/network/socket-stream.ts'
import { createTopicsApi, createTopicsRequest } from '../../src/protocol/messages/create-topics.ts'
import { deleteGroupsApi } from '../../src/protocol/messages/delete-groups.ts'
import { describeGroupsApi } from '../../src/protocol/messages/describe-groups.ts'
import { findCoordinatorApi, findCoordinatorRequest } from '../../src/protocol/messages/find-coordinator.ts'
import { heartbeatApi } from '../../src/protocol/messages/heartbeat.ts'
import {
  type JoinGroupRequest,
  type JoinGroupResponse,
  joinGroupApi,
  joinGroupRequest,
} from '../../src/protocol/messages/join-group.ts'
import { leaveGroupApi } from '../../src/protocol/messages/leave-group.ts'
import { listGroupsApi } from '../../src/protocol/messages/list-groups.ts'
import {
  offsetCommitApi,
  type OffsetCommitRequest,
  offsetCommitRequest,
} from '../../src/protocol/messages/offset-commit.ts'
import { offsetDeleteApi } from '../../src/protocol/messages/offset-delete.ts'
import { offsetFetchApi, offsetFetchRequest } from '../../src/protocol/messages/offset-fetch.ts'
import { syncGroupApi, type SyncGroupRequest, type SyncGroupResponse } from '../../src/protocol/messages/sync-group.ts'
import { TestClient } from '../broker/test-client.ts'

/** Talks to a broker about groups, whichever broker it is, and writes down what it answers: ids that differ each time have their order of appearance for a name. */
export class GroupScript {
  readonly #address: string
  readonly #clients: TestClient[] = []
  readonly #names = new Map<string, string>()
  readonly transcript: { readonly step: string; readonly answer: unknown }[] = []

  constructor(address: string) {
    this.#address = address
  }

  async connect(): Promise<TestClient> {
    const [host = '', port = ''] = this.#address.split(':')
    const socket = connect({ host, port: Number(port), noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const client = new TestClient(new SocketStream(socket, this.#address))
    this.#clients.push(client)
    return client
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  /** Writes an answer down, and gives it back. */
  async note<T>(step: string, answer: Promise<T> | T): Promise<T> {
    const value = await answer
    this.transcript.push({ step, answer: this.#normal(value) })
    return value
  }

  async createTopics(...names: readonly string[]): Promise<void> {
    const topics = names.map((name) => ({ name, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }))
    const client = await this.connect()
    await client.send(createTopicsApi, 5, { ...createTopicsRequest.initial(), topics, timeoutMs: 10_000 })
  }

  #normal(value: unknown): unknown {
    if (typeof value === 'string') return this.#nameOf(value)
    if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
    if (Array.isArray(value)) return inOrder(value.map((item) => this.#normal(item)))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).filter(([name]) => !variable.has(name))
    return Object.fromEntries(entries.map(([name, own]) => [name, this.#normal(own)]))
  }

  #nameOf(text: string): string {
    return text.replaceAll(memberIds, (id) => {
      const name = this.#names.get(id) ?? `<member ${this.#names.size}>`
      this.#names.set(id, name)
      return name
    })
  }
}

/** Groups and members come in no order. */
function inOrder(items: readonly unknown[]): readonly unknown[] {
  const keyOf = (item: unknown): string => {
    const { memberId, groupId } = (item ?? {}) as { readonly memberId?: string; readonly groupId?: string }
    return memberId ?? groupId ?? ''
  }
  return items.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : keyOf(one) > keyOf(other) ? 1 : 0))
}

/** Fields that say where a broker is, or what it would rather say in words. */
const variable = new Set(['host', 'port', 'nodeId', 'throttleTimeMs', 'errorMessage'])
const memberIds = /[\w.]*-?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** A subscription to topic `t`, as clients write it in version 0. */
const subscription = Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 0])

export function join(
  client: TestClient,
  fields: Partial<JoinGroupRequest> & { readonly version?: number },
): Promise<JoinGroupResponse> {
  const { version = 9, ...request } = fields
  return client.send(joinGroupApi, version, {
    ...joinGroupRequest.initial(),
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription }],
    ...request,
  })
}

export async function joinTwice(
  client: TestClient,
  fields: Parameters<typeof join>[1] = {},
): Promise<JoinGroupResponse> {
  return join(client, { ...fields, memberId: (await join(client, fields)).memberId })
}

export function sync(
  client: TestClient,
  fields: Partial<SyncGroupRequest> & { readonly version?: number },
): Promise<SyncGroupResponse> {
  const { version = 5, ...request } = fields
  return client.send(syncGroupApi, version, {
    groupId: 'g',
    generationId: 1,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [],
    ...request,
  })
}

/** The leader brings an assignment for all that joined, the same for each: members come in no order. */
export function lead(client: TestClient, joined: JoinGroupResponse, groupId = 'g'): Promise<SyncGroupResponse> {
  const { generationId, memberId, members } = joined
  const assignments = members.map((member) => ({ memberId: member.memberId, assignment: Uint8Array.of(0x61) }))
  return sync(client, { groupId, generationId, memberId, assignments })
}

export function heartbeat(
  client: TestClient,
  fields: {
    readonly memberId?: string
    readonly generationId?: number
    readonly groupInstanceId?: string | null
    readonly groupId?: string
  },
): Promise<unknown> {
  return client.send(heartbeatApi, 4, { groupId: 'g', generationId: 1, memberId: '', groupInstanceId: null, ...fields })
}

export function leave(
  client: TestClient,
  members: readonly { readonly memberId: string; readonly groupInstanceId?: string }[],
  { groupId = 'g', version = 5 } = {},
): Promise<unknown> {
  const all = members.map(({ memberId, groupInstanceId = null }) => ({ memberId, groupInstanceId, reason: null }))
  return client.send(leaveGroupApi, version, { groupId, memberId: members[0]?.memberId ?? '', members: all })
}

export interface CommitFields extends Partial<OffsetCommitRequest> {
  readonly version?: number
  readonly topic?: string
  readonly partition?: number
  readonly position?: number
  readonly metadata?: string
}

export function commit(client: TestClient, fields: CommitFields): Promise<unknown> {
  const { version = 9, topic = 't', partition = 0, position = 5, metadata = 'm', ...request } = fields
  const committed = {
    partitionIndex: partition,
    committedOffset: offset(position),
    committedLeaderEpoch: leaderEpoch(1),
    commitTimestamp: -1,
    committedMetadata: metadata,
  }
  const topics = [{ name: topic, partitions: [committed] }]
  return client.send(offsetCommitApi, version, { ...offsetCommitRequest.initial(), groupId: 'g', topics, ...request })
}

export function positions(
  client: TestClient,
  groupId: string,
  { version = 9, all = false }: { readonly version?: number; readonly all?: boolean } = {},
): Promise<unknown> {
  const topics = all
    ? null
    : [
        { name: 't', partitionIndexes: [0, 1, 7] },
        { name: 'none', partitionIndexes: [0] },
      ]
  const groups = [{ groupId, memberId: null, memberEpoch: -1, topics }]
  return client.send(offsetFetchApi, version, { ...offsetFetchRequest.initial(), groupId, topics, groups })
}

export function forget(client: TestClient, groupId: string, topic = 't'): Promise<unknown> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0 }, { partitionIndex: 7 }] }]
  return client.send(offsetDeleteApi, 0, { groupId, topics })
}

export function describeGroups(client: TestClient, groups: readonly string[], version = 5): Promise<unknown> {
  return client.send(describeGroupsApi, version, { groups, includeAuthorizedOperations: false })
}

export function listGroups(
  client: TestClient,
  {
    version = 5,
    states = [],
    types = [],
  }: { readonly version?: number; readonly states?: string[]; readonly types?: string[] } = {},
): Promise<unknown> {
  return client.send(listGroupsApi, version, { statesFilter: states, typesFilter: types })
}

export function deleteGroups(client: TestClient, groupsNames: readonly string[], version = 2): Promise<unknown> {
  return client.send(deleteGroupsApi, version, { groupsNames })
}

export function coordinator(
  client: TestClient,
  fields: { readonly version: number; readonly keyType?: number },
): Promise<unknown> {
  const { version, keyType = 0 } = fields
  const request = { ...findCoordinatorRequest.initial(), key: 'g', keyType, coordinatorKeys: ['g', 'h'] }
  return client.send(findCoordinatorApi, version, request)
}

/** Asks again while a new broker is not ready to coordinate. */
export async function untilReady(client: TestClient): Promise<void> {
  for (;;) {
    const { errorCode } = await client.send(findCoordinatorApi, 0, { ...findCoordinatorRequest.initial(), key: 'g' })
    const { errorCode: joinCode } = await join(client, { groupId: 'warm-up' })
    if (errorCode === 0 && joinCode === 79) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
