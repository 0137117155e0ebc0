import { expect, test } from 'vitest'
import { ServeScene } from '../broker/serve-scene.ts'
import { startKafka } from '../support/kafka/broker.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import {
  GroupScript,
  commit,
  coordinator,
  deleteGroups,
  describeGroups,
  forget,
  heartbeat,
  join,
  joinTwice,
  lead,
  leave,
  listGroups,
  positions,
  sync,
  untilReady,
} from './group-script.ts'
import type { TestClient } from '../broker/test-client.ts'

async function requestsThatFail(script: GroupScript, client: TestClient): Promise<void> {
  for (const version of [0, 1, 2, 3, 4, 5])
    await script.note(`coordinator v${version}`, coordinator(client, { version }))
  for (const version of [2, 3, 4, 5, 6, 7, 8, 9]) {
    await script.note(`join '' v${version}`, join(client, { groupId: '', version }))
  }
  await script.note('join: short session', join(client, { sessionTimeoutMs: 5999 }))
  await script.note('join: long session', join(client, { sessionTimeoutMs: 1_800_001 }))
  await script.note('join: stranger', join(client, { memberId: 'stranger' }))
  await script.note('join: no type', join(client, { protocolType: '' }))
  await script.note('join: no protocols', join(client, { protocols: [] }))
  for (const groupId of ['', 'none']) {
    await script.note(`sync ${groupId}`, sync(client, { groupId, memberId: 'm' }))
    await script.note(`heartbeat ${groupId}`, heartbeat(client, { groupId, memberId: 'm' }))
    await script.note(`leave ${groupId} v5`, leave(client, [{ memberId: 'm' }], { groupId }))
    await script.note(`leave ${groupId} v1`, leave(client, [{ memberId: 'm' }], { groupId, version: 1 }))
    await script.note(`forget ${groupId}`, forget(client, groupId))
    await script.note(`positions ${groupId}`, positions(client, groupId))
  }
  await script.note('describe', describeGroups(client, ['none', '']))
  await script.note('delete', deleteGroups(client, ['none', '']))
}

async function members(script: GroupScript, client: TestClient, other: TestClient): Promise<void> {
  // Never comes back: the group's next rebalance waits for it until its session is over, so that is the shortest one.
  await script.note('first comes', join(client, { sessionTimeoutMs: 6000 }))
  const first = await script.note('first joins', joinTwice(client))
  const { memberId } = first
  await script.note('describe while completing', describeGroups(client, ['g']))
  await script.note('heartbeat while completing', heartbeat(client, { memberId }))
  await script.note('commit while completing', commit(client, { memberId, generationIdOrMemberEpoch: 1 }))
  await script.note('sync: generation', sync(client, { memberId, generationId: 7 }))
  await script.note('sync: protocol', sync(client, { memberId, protocolName: 'sticky' }))
  await script.note('sync: type', sync(client, { memberId, protocolType: 'connect' }))
  await script.note('sync: no protocol', sync(client, { memberId, protocolType: null, protocolName: null }))
  await script.note('sync', lead(client, first))
  await script.note('sync again', sync(client, { memberId, version: 3 }))
  await script.note('describe stable', describeGroups(client, ['g'], 4))
  await script.note('heartbeat: generation', heartbeat(client, { memberId, generationId: 0 }))
  await script.note('heartbeat: instance', heartbeat(client, { memberId, groupInstanceId: 'i' }))
  await script.note(
    'join: other protocols',
    join(other, { protocols: [{ name: 'sticky', metadata: new Uint8Array(1) }] }),
  )
  await script.note('join: other type', join(other, { protocolType: 'connect' }))
  await script.note('join: strange instance', join(other, { memberId: 'm', groupInstanceId: 'i' }))
  await script.note('delete non-empty', deleteGroups(client, ['g']))
  await script.note('forget subscribed', forget(client, 'g'))
  await script.note('forget unsubscribed', forget(client, 'g', 'u'))

  const { memberId: id } = await join(other, {})
  const joining = join(other, { memberId: id })
  await expect.poll(() => heartbeat(client, { memberId })).toMatchObject({ errorCode: 27 })
  await script.note('sync in a rebalance', sync(client, { memberId }))
  await script.note('commit in a rebalance', commit(client, { memberId, generationIdOrMemberEpoch: 1 }))
  await script.note('describe in a rebalance', describeGroups(client, ['g'], 0))
  const again = await join(client, { memberId })
  await script.note('leader rejoined', { ...again, members: again.members.length })
  await script.note('follower joined', joining)
  const waiting = sync(other, { memberId: id, generationId: 2 })
  const { assignment } = await lead(client, again)
  await script.note('assignments', [assignment.length, (await waiting).assignment.length])
  await script.note('follower joins again', join(other, { memberId: id }))
  await script.note('leave', leave(client, [{ memberId: 'stranger' }, { memberId: id }, { memberId }]))
  await script.note('describe empty', describeGroups(client, ['g']))
  await script.note('heartbeat empty', heartbeat(client, { memberId, generationId: 3 }))
  await script.note('join empty', join(client, { memberId }))
  await script.note('delete empty', deleteGroups(client, ['g', 'g'], 1))
}

async function staticMembers(script: GroupScript, client: TestClient, other: TestClient): Promise<void> {
  const groupId = 'static'
  const first = await script.note('i0', join(client, { groupId, groupInstanceId: 'i0' }))
  await lead(client, first, groupId)
  const joining = join(other, { groupId, groupInstanceId: 'i1' })
  const beat = { groupId, memberId: first.memberId, groupInstanceId: 'i0' }
  await expect.poll(() => heartbeat(client, beat)).toMatchObject({ errorCode: 27 })
  const leader = await join(client, { groupId, groupInstanceId: 'i0', memberId: first.memberId })
  const follower = await joining
  const waiting = sync(other, { groupId, memberId: follower.memberId, generationId: 2, groupInstanceId: 'i1' })
  await lead(client, leader, groupId)
  await waiting

  const back = await script.note('i1 is back', join(other, { groupId, groupInstanceId: 'i1' }))
  const old = { groupId, memberId: follower.memberId, groupInstanceId: 'i1' }
  await script.note('old join', join(other, old))
  await script.note('old sync', sync(other, { ...old, generationId: 2 }))
  await script.note('old heartbeat', heartbeat(other, { ...old, generationId: 2 }))
  await script.note('old commit', commit(other, { ...old, generationIdOrMemberEpoch: 2 }))
  await script.note('old leave', leave(other, [old], { groupId }))
  await script.note(
    'new sync',
    sync(other, { groupId, memberId: back.memberId, generationId: 2, groupInstanceId: 'i1' }),
  )
  const led = await join(client, { groupId, groupInstanceId: 'i0' })
  await script.note('leader is back', { ...led, members: led.members.length })
  await script.note('leader is back v8', join(client, { groupId, groupInstanceId: 'i0', version: 8 }))
  const named = [
    { memberId: '', groupInstanceId: 'i0' },
    { memberId: '', groupInstanceId: 'i1' },
    { memberId: '', groupInstanceId: 'i2' },
  ]
  await script.note('leave by name', leave(client, named, { groupId }))
  await script.note('describe', describeGroups(client, [groupId]))
}

async function offsets(script: GroupScript, client: TestClient): Promise<void> {
  for (const version of [2, 3, 4, 5, 6, 7, 8, 9]) {
    const groupId = `simple-${version}`
    await script.note(`commit v${version}`, commit(client, { groupId, version, position: version }))
    await script.note(`fetch v${version}`, positions(client, groupId, { version }))
    await script.note(`fetch all v${version}`, positions(client, groupId, { version, all: true }))
    const claims = { groupId: 'none', version, generationIdOrMemberEpoch: 1, memberId: 'm' }
    await script.note(`commit of a member v${version}`, commit(client, claims))
  }
  const groupId = 'simple-9'
  await script.note('fetch v1', positions(client, groupId, { version: 1 }))
  await script.note('unknown topic', commit(client, { groupId, topic: 'none' }))
  await script.note('unknown partition', commit(client, { groupId, partition: 2 }))
  await script.note('large metadata', commit(client, { groupId, metadata: 'x'.repeat(4097) }))
  await script.note('metadata of 4096 characters', commit(client, { groupId, metadata: 'ü'.repeat(4096) }))
  await script.note(
    'member of a simple group',
    commit(client, { groupId, memberId: 'm', generationIdOrMemberEpoch: 1 }),
  )
  await script.note('anonymous member of a simple group', commit(client, { groupId, memberId: 'm' }))
  await script.note('empty group id', commit(client, { groupId: '' }))
  await script.note('fetch of the empty group id', positions(client, ''))
  await script.note('describe', describeGroups(client, ['simple-9', '']))
  // A group that nothing is left of is gone at once; Kafka notices only when it looks for offsets that are too old.
  await commit(client, { groupId, partition: 1 })
  await script.note('forget', forget(client, groupId))
  await script.note('forget unknown topic', forget(client, groupId, 'none'))
  await script.note('fetch after', positions(client, groupId))
  await deleteGroups(client, ['warm-up'])
  for (const version of [0, 3, 4, 5]) await script.note(`list v${version}`, listGroups(client, { version }))
  await script.note('list empty ones', listGroups(client, { states: ['empty'] }))
  await script.note('list stable ones', listGroups(client, { states: ['Stable'] }))
  await script.note('list what is no state', listGroups(client, { states: ['nonsense'] }))
  await script.note('list classic ones', listGroups(client, { types: ['CLASSIC'] }))
  await script.note('list consumer ones', listGroups(client, { types: ['consumer'] }))
  await script.note('delete', deleteGroups(client, ['simple-9', ''], 0))
}

async function transcriptOf(address: string): Promise<GroupScript['transcript']> {
  const script = new GroupScript(address)
  try {
    const client = await script.connect()
    const other = await script.connect()
    await script.createTopics('t', 'u')
    await untilReady(client)
    await requestsThatFail(script, client)
    await members(script, client, other)
    await staticMembers(script, client, other)
    await offsets(script, client)
    return script.transcript
  } finally {
    script.close()
  }
}

test.skipIf(kafkaMissing() !== undefined)(
  'groups answer as Apache Kafka does, request by request',
  async () => {
    const kafka = await startKafka()
    const scene = await ServeScene.start(['--group-initial-rebalance-delay-ms', '0'])
    try {
      const [expected, actual] = await Promise.all([kafka.bootstrap, scene.address].map(transcriptOf))
      if (expected === undefined || actual === undefined) throw new Error('two brokers, two transcripts')
      const differing = actual.filter((entry, i) => JSON.stringify(entry, big) !== JSON.stringify(expected[i], big))
      expect(differing.map(({ step }) => step)).toEqual([])
      expect(actual).toEqual(expected)
    } finally {
      await scene.remove()
      await kafka.stop('SIGKILL')
    }
  },
  90_000,
)

function big(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
