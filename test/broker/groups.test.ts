import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leaderEpoch, offset } from '../../src/base/brands.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { deleteTopicsApi, deleteTopicsRequest } from '../../src/protocol/messages/delete-topics.ts'
import { deleteGroupsApi } from '../../src/protocol/messages/delete-groups.ts'
import { describeGroupsApi } from '../../src/protocol/messages/describe-groups.ts'
import { findCoordinatorApi, findCoordinatorRequest } from '../../src/protocol/messages/find-coordinator.ts'
import { heartbeatApi } from '../../src/protocol/messages/heartbeat.ts'
import { type JoinGroupResponse, joinGroupApi, joinGroupRequest } from '../../src/protocol/messages/join-group.ts'
import { leaveGroupApi } from '../../src/protocol/messages/leave-group.ts'
import { listGroupsApi } from '../../src/protocol/messages/list-groups.ts'
import { offsetCommitApi, offsetCommitRequest } from '../../src/protocol/messages/offset-commit.ts'
import { offsetDeleteApi } from '../../src/protocol/messages/offset-delete.ts'
import { offsetFetchApi, offsetFetchRequest } from '../../src/protocol/messages/offset-fetch.ts'
import { syncGroupApi } from '../../src/protocol/messages/sync-group.ts'
import { runBinary } from '../support/run-binary.ts'
import { NO_ID } from './requests.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'

const atOnce = ['--group-initial-rebalance-delay-ms', '0']

let scene: ServeScene
let client: TestClient

beforeAll(async () => {
  scene = await ServeScene.start(atOnce)
  client = await scene.connect()
  runBinary(['-d', scene.directory, 'topics', 'create', 't', '--partitions', '3'])
})
afterAll(() => scene.remove())

interface Joining {
  readonly client: TestClient
  readonly groupId: string
  readonly memberId?: string
  readonly groupInstanceId?: string | null
  readonly version?: number
}

function join({ client: by, version = 9, ...fields }: Joining): Promise<JoinGroupResponse> {
  return by.send(joinGroupApi, version, {
    ...joinGroupRequest.initial(),
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 0]) }],
    ...fields,
  })
}

/** Joins without an id, and again with the id that was given. */
async function joinTwice(joining: Joining): Promise<JoinGroupResponse> {
  return join({ ...joining, memberId: (await join(joining)).memberId })
}

function sync(by: TestClient, groupId: string, joined: JoinGroupResponse, version = 5) {
  const assignments = joined.members.map(({ memberId }) => ({
    memberId,
    assignment: new TextEncoder().encode(`for ${memberId}`),
  }))
  return by.send(syncGroupApi, version, {
    groupId,
    generationId: joined.generationId,
    memberId: joined.memberId,
    groupInstanceId: null,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments,
  })
}

function commit(groupId: string, position: number, { topic = 't', partition = 0, version = 9, ...fields } = {}) {
  const committed = {
    partitionIndex: partition,
    committedOffset: offset(position),
    committedLeaderEpoch: leaderEpoch(3),
    commitTimestamp: -1,
    committedMetadata: 'where I am',
  }
  const topics = [{ name: topic, partitions: [committed] }]
  return client.send(offsetCommitApi, version, { ...offsetCommitRequest.initial(), groupId, topics, ...fields })
}

async function position(by: TestClient, groupId: string, version = 9, partition = 0) {
  const topics = [{ name: 't', partitionIndexes: [partition] }]
  const groups = [{ groupId, memberId: null, memberEpoch: -1, topics }]
  const fetched = await by.send(offsetFetchApi, version, { ...offsetFetchRequest.initial(), groupId, topics, groups })
  return (version >= 8 ? fetched.groups[0] : fetched)?.topics[0]?.partitions[0]
}

interface Described {
  readonly configs: readonly { readonly name: string; readonly value: string; readonly isDefault: boolean }[]
}

describe('FindCoordinator', () => {
  const request = { ...findCoordinatorRequest.initial(), key: 'g', coordinatorKeys: ['g', 'h'] }

  test.each([0, 1, 2, 3])('version %i names this broker', async (version) => {
    const found = await client.send(findCoordinatorApi, version, request)
    expect(found).toMatchObject({ errorCode: 0, nodeId: 1, host: '127.0.0.1', port: scene.port })
  })

  test.each([4, 5])('version %i names it for several groups', async (version) => {
    const { coordinators } = await client.send(findCoordinatorApi, version, request)
    expect(coordinators.map(({ key, errorCode, port }) => [key, errorCode, port])).toEqual([
      ['g', 0, scene.port],
      ['h', 0, scene.port],
    ])
  })

  test('of a transactional id is refused for good, and of any other kind', async () => {
    const transactional = await client.send(findCoordinatorApi, 1, { ...request, keyType: 1 })
    expect(transactional.errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const share = await client.send(findCoordinatorApi, 5, { ...request, keyType: 2 })
    expect(share.coordinators[0]?.errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('has made __consumer_offsets as Kafka would', () => {
    const { stdout } = runBinary(['-d', scene.directory, 'topics', 'describe', '__consumer_offsets', '--json'])
    const [topic] = (JSON.parse(String(stdout)) as { topics: readonly Described[] }).topics
    expect(topic).toMatchObject({ name: '__consumer_offsets', partitions: expect.objectContaining({ length: 50 }) })
    const set = topic?.configs.filter(({ isDefault }) => !isDefault).map(({ name, value }) => [name, value])
    expect(set).toEqual([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'producer'],
      ['segment.bytes', '104857600'],
    ])
  })
})

describe('members', () => {
  test('two of them form a group, and the second one makes the first rejoin', async () => {
    const other = await scene.connect()
    const first = await joinTwice({ client, groupId: 'two' })
    expect(first).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', leader: first.memberId })
    const own = await sync(client, 'two', first)
    expect(new TextDecoder().decode(own.assignment)).toBe(`for ${first.memberId}`)

    const { memberId } = await join({ client: other, groupId: 'two' })
    const second = join({ client: other, groupId: 'two', memberId })
    const beat = { groupId: 'two', generationId: 1, memberId: first.memberId, groupInstanceId: null }
    await expect
      .poll(async () => (await client.send(heartbeatApi, 4, beat)).errorCode)
      .toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    const again = await join({ client, groupId: 'two', memberId: first.memberId })
    const follower = await second
    expect(again.members.map((one) => one.memberId).toSorted()).toEqual([first.memberId, memberId].toSorted())
    expect(follower).toMatchObject({ generationId: 2, members: [], leader: first.memberId })

    const waiting = sync(other, 'two', follower)
    await sync(client, 'two', again)
    expect(new TextDecoder().decode((await waiting).assignment)).toBe(`for ${memberId}`)
    const { groups } = await client.send(describeGroupsApi, 5, {
      groups: ['two', 'none'],
      includeAuthorizedOperations: false,
    })
    expect(groups[0]).toMatchObject({ groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' })
    expect(groups[0]?.members.map(({ clientId, clientHost }) => [clientId, clientHost])).toEqual([
      ['test', '/127.0.0.1'],
      ['test', '/127.0.0.1'],
    ])
    expect(groups[1]).toMatchObject({ errorCode: 0, groupState: 'Dead' })

    const members = groups[0]?.members.map((one) => ({ memberId: one.memberId, groupInstanceId: null, reason: 'done' }))
    const left = await client.send(leaveGroupApi, 5, { groupId: 'two', memberId: '', members: members ?? [] })
    expect(left.members.map(({ errorCode }) => errorCode)).toEqual([0, 0])
    const listed = await client.send(listGroupsApi, 5, { statesFilter: ['empty'], typesFilter: ['classic'] })
    expect(listed.groups).toContainEqual({
      groupId: 'two',
      protocolType: 'consumer',
      groupState: 'Empty',
      groupType: 'classic',
    })
    const deleted = await client.send(deleteGroupsApi, 2, { groupsNames: ['two', 'none'] })
    expect(deleted.results.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.GROUP_ID_NOT_FOUND])
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('a member of JoinGroup version %i', async (version) => {
    const groupId = `v${version}`
    const joined = await joinTwice({ client, groupId, version })
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' })
    const own = await sync(client, groupId, joined, Math.min(version, 5))
    expect(own.errorCode).toBe(0)
    const beat = { groupId, generationId: 1, memberId: joined.memberId, groupInstanceId: null }
    expect((await client.send(heartbeatApi, Math.min(version, 4), beat)).errorCode).toBe(0)
    const members = [{ memberId: joined.memberId, groupInstanceId: null, reason: null }]
    const leaving = { groupId, memberId: joined.memberId, members }
    expect((await client.send(leaveGroupApi, Math.min(version, 5), leaving)).errorCode).toBe(0)
    const again = await client.send(leaveGroupApi, Math.min(version, 2), leaving)
    expect(again.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('a refusal is readable in every version', async () => {
    for (let version = 0; version <= 9; version++) {
      expect(await join({ client, groupId: '', version })).toMatchObject({ errorCode: ErrorCode.INVALID_GROUP_ID })
    }
  })

  test('SyncGroup has to name the protocol from version 5 on', async () => {
    const joined = await joinTwice({ client, groupId: 'unnamed' })
    const request = {
      groupId: 'unnamed',
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [],
    }
    expect((await client.send(syncGroupApi, 5, request)).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    expect((await client.send(syncGroupApi, 4, request)).errorCode).toBe(0)
  })

  test('fifty of them form one generation', async () => {
    const own = await ServeScene.start(['--group-initial-rebalance-delay-ms', '500'])
    const clients = await Promise.all(Array.from({ length: 50 }, () => own.connect()))
    const ids = await Promise.all(clients.map((one) => join({ client: one, groupId: 'fifty' })))
    const joined = await Promise.all(
      clients.map((one, i) => join({ client: one, groupId: 'fifty', memberId: ids[i]?.memberId ?? '' })),
    )
    expect(new Set(joined.map(({ generationId }) => generationId))).toEqual(new Set([1]))
    const [leader] = joined.filter(({ members }) => members.length > 0)
    expect(leader?.members).toHaveLength(50)
    const synced = await Promise.all(joined.map((one, i) => sync(clients[i] ?? client, 'fifty', one)))
    expect(new Set(synced.map(({ assignment }) => new TextDecoder().decode(assignment))).size).toBe(50)
    await own.remove()
  })
})

describe('positions', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('committed and fetched in version %i', async (version) => {
    const groupId = `offsets-v${version}`
    const committed = await commit(groupId, 100 + version, { version })
    expect(committed.topics).toEqual([{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0 }] }])
    expect(await position(client, groupId, version)).toMatchObject({
      committedOffset: BigInt(100 + version),
      committedLeaderEpoch: version >= 6 ? 3 : -1,
      metadata: 'where I am',
      errorCode: 0,
    })
    expect(await position(client, 'never', version)).toMatchObject({ committedOffset: -1n, committedLeaderEpoch: -1 })
  })

  test('of partitions that are not there are refused one by one', async () => {
    expect((await commit('refused', 1, { topic: 'none' })).topics[0]?.partitions[0]?.errorCode).toBe(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    )
    expect((await commit('refused', 1, { partition: 3 })).topics[0]?.partitions[0]?.errorCode).toBe(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    )
    expect((await position(client, 'refused', 0, 7))?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect((await position(client, 'refused', 1, 7))?.errorCode).toBe(0)
  })

  test('can be forgotten', async () => {
    await commit('forgetful', 5)
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] }]
    const { topics: deleted } = await client.send(offsetDeleteApi, 0, { groupId: 'forgetful', topics })
    expect(deleted[0]?.partitions).toEqual([
      { partitionIndex: 9, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
      { partitionIndex: 0, errorCode: 0 },
    ])
    expect(await position(client, 'forgetful')).toMatchObject({ committedOffset: -1n })
  })

  test('in a topic that is deleted are forgotten', async () => {
    runBinary(['-d', scene.directory, 'topics', 'create', 'short-lived'])
    await commit('of-short-lived', 5, { topic: 'short-lived' })
    const topics = [{ name: 'short-lived', topicId: NO_ID }]
    await client.send(deleteTopicsApi, 6, { ...deleteTopicsRequest.initial(), topics, timeoutMs: 1000 })
    const groups = [{ groupId: 'of-short-lived', memberId: null, memberEpoch: -1, topics: null }]
    const fetched = await client.send(offsetFetchApi, 9, { ...offsetFetchRequest.initial(), groups })
    expect(fetched.groups[0]?.topics).toEqual([])
  })

  test('are what `tslog groups describe` shows', async () => {
    await commit('shown', 42, { partition: 2 })
    const { stdout } = runBinary(['-d', scene.directory, 'groups', 'describe', 'shown', '--json'])
    expect(String(stdout)).toContain('42')
  })

  test('that a command sets meanwhile are seen', async () => {
    await commit('reset', 7)
    const reset = ['groups', 'reset', 'shell', '--topic', 't', '--to-offset', '0', '--yes']
    const { code, stderr } = runBinary(['-d', scene.directory, ...reset])
    expect([code, String(stderr)]).toEqual([0, ''])
    expect(await position(client, 'shell')).toMatchObject({ committedOffset: 0n })
  })
})

test('groups, members and positions survive the broker, however it ends', async () => {
  const one = await ServeScene.start(atOnce)
  runBinary(['-d', one.directory, 'topics', 'create', 't'])
  const before = await one.connect()
  const joined = await joinTwice({ client: before, groupId: 'g' })
  await sync(before, 'g', joined)
  await before.send(offsetCommitApi, 9, {
    ...offsetCommitRequest.initial(),
    groupId: 'g',
    generationIdOrMemberEpoch: 1,
    memberId: joined.memberId,
    topics: [
      {
        name: 't',
        partitions: [
          {
            partitionIndex: 0,
            committedOffset: offset(9),
            committedLeaderEpoch: leaderEpoch(0),
            commitTimestamp: -1,
            committedMetadata: '',
          },
        ],
      },
    ],
  })
  await one.stop('SIGKILL')

  const two = await ServeScene.start(atOnce, one.directory)
  const after = await two.connect()
  await after.send(findCoordinatorApi, 0, { ...findCoordinatorRequest.initial(), key: 'g' })
  const beat = { groupId: 'g', generationId: 1, memberId: joined.memberId, groupInstanceId: null }
  await expect.poll(async () => (await position(after, 'g'))?.committedOffset).toBe(9n)
  expect((await after.send(heartbeatApi, 4, beat)).errorCode).toBe(0)
  expect(await position(after, 'g')).toMatchObject({ committedOffset: 9n, committedLeaderEpoch: 0 })
  const next = await join({ client: after, groupId: 'g', memberId: joined.memberId })
  expect(next).toMatchObject({ errorCode: 0, generationId: 2 })

  const waiting = joinTwice({ client: await two.connect(), groupId: 'g' })
  waiting.catch(() => undefined)
  expect(await two.stop('SIGTERM')).toBe(143)
  const three = await ServeScene.start(atOnce, one.directory)
  const last = await three.connect()
  await expect.poll(async () => (await position(last, 'g'))?.committedOffset).toBe(9n)
  await three.remove()
})
