import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset, producerId } from '../../src/base/brands.ts'
import { offsetCommitRecord } from '../../src/coordinator/offset-commit-record.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { TestCoordinator, stableGroup, at } from './support/test-coordinator.ts'

const unstable = offsetCommitRecord(
  { group: 'g', topic: 't', partition: 0 },
  { offset: offset(9), leaderEpoch: leaderEpoch(0), metadata: '', commitTimestamp: 0 },
)

describe('OffsetCommit', () => {
  test('of anybody makes a group without members', () => {
    const coordinator = new TestCoordinator()
    expect(coordinator.commit({ position: 7 })).toBe(0)
    expect(coordinator.position()).toBe(7n)
    expect(coordinator.shard.describe('g')).toMatchObject({ groupState: 'Empty', protocolType: '', members: [] })
    coordinator.restart()
    expect(coordinator.position()).toBe(7n)
  })

  test('works for the empty group id, which nobody can join', () => {
    const coordinator = new TestCoordinator()
    expect(coordinator.commit({ groupId: '', position: 3 })).toBe(0)
    expect(coordinator.position({ groupId: '' })).toBe(3n)
  })

  test('of a member is in the log', () => {
    const { coordinator, memberIds } = stableGroup(1)
    expect(
      coordinator.commit({ memberId: at(memberIds, 0), generationIdOrMemberEpoch: 1, position: 5, metadata: 'm' }),
    ).toBe(0)
    expect(coordinator.table().group('g').offsets.get('t')?.get(0)).toMatchObject({
      offset: 5n,
      leaderEpoch: -1,
      metadata: 'm',
      commitTimestamp: coordinator.now,
      expireTimestamp: -1,
    })
  })

  test.each([
    ['anybody while the group has members', {}, 'UNKNOWN_MEMBER_ID'],
    ['a member that is not one', { memberId: 'stranger', generationIdOrMemberEpoch: 1 }, 'UNKNOWN_MEMBER_ID'],
    ['another generation', { generationIdOrMemberEpoch: 2, memberId: 'the member' }, 'ILLEGAL_GENERATION'],
    [
      'a generation of a group that is not there',
      { groupId: 'other', generationIdOrMemberEpoch: 1 },
      'GROUP_ID_NOT_FOUND',
    ],
    [
      'the same in an older version',
      { groupId: 'other', generationIdOrMemberEpoch: 1, apiVersion: 8 },
      'ILLEGAL_GENERATION',
    ],
    ['a group id that no record can hold', { groupId: 'g'.repeat(20_000) }, 'INVALID_GROUP_ID'],
    [
      'more than offset.metadata.max.bytes',
      { groupId: 'other', metadata: 'm'.repeat(4097) },
      'OFFSET_METADATA_TOO_LARGE',
    ],
  ] as const)('refuses %s', (_, fields, code) => {
    const { coordinator, memberIds } = stableGroup(1)
    const isMember = 'memberId' in fields && fields.memberId === 'the member'
    const memberId = isMember ? { memberId: at(memberIds, 0) } : {}
    const before = coordinator.log.length
    expect(coordinator.commit({ ...fields, ...memberId })).toBe(ErrorCode[code])
    expect(coordinator.log).toHaveLength(before)
  })

  test('waits for nobody between the join and the assignment: the member is to come again', () => {
    const coordinator = new TestCoordinator()
    const { memberId } = coordinator.joinTwice()
    coordinator.advance(3000)
    expect(coordinator.commit({ memberId, generationIdOrMemberEpoch: 1 })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('is taken during a rebalance, so that members can save where they are', () => {
    const { coordinator, memberIds } = stableGroup(1)
    coordinator.joinTwice()
    expect(coordinator.commit({ memberId: at(memberIds, 0), generationIdOrMemberEpoch: 1 })).toBe(0)
  })

  test('of an old client says when it expires', () => {
    const coordinator = new TestCoordinator()
    coordinator.commit({ retentionTimeMs: 1000, apiVersion: 2 })
    expect(coordinator.table().group('g').offsets.get('t')?.get(0)?.expireTimestamp).toBe(coordinator.now + 1000)
    coordinator.advance(1000)
    coordinator.run('g', (step) => coordinator.shard.expireOffsets(step))
    expect(coordinator.position()).toBe(-1n)
  })

  test('of more groups than group.coordinator.groups.max is refused', () => {
    const coordinator = new TestCoordinator({ groupsMax: 2 })
    const codes = ['a', 'b', 'c', 'a'].map((groupId) => coordinator.commit({ groupId }))
    expect(codes).toEqual([0, 0, ErrorCode.POLICY_VIOLATION, 0])
  })
})

describe('OffsetFetch', () => {
  test('knows no position of a group that is not there', () => {
    const request = { groupId: 'g', memberId: null, memberEpoch: -1, topics: [{ name: 't', partitionIndexes: [0] }] }
    expect(new TestCoordinator().shard.offsetFetch(request, true)).toEqual({
      groupId: 'g',
      errorCode: 0,
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 0, committedOffset: -1n, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
          ],
        },
      ],
    })
  })

  test('of null topics gives all positions', () => {
    const coordinator = new TestCoordinator()
    for (const partition of [0, 1]) coordinator.commit({ partition, position: partition + 10 })
    coordinator.commit({ topic: 'u' })
    const all = coordinator.shard.offsetFetch({ groupId: 'g', memberId: null, memberEpoch: -1, topics: null }, false)
    expect(all.topics.map(({ name, partitions }) => [name, partitions.map((one) => one.committedOffset)])).toEqual([
      ['t', [10n, 11n]],
      ['u', [1n]],
    ])
  })

  test('refuses a position that an open transaction holds, if it is to be stable', () => {
    const coordinator = new TestCoordinator()
    coordinator.commit({ position: 4 })
    coordinator.appendInTransaction(unstable, producerId(1))
    expect(coordinator.position({ requireStable: true })).toEqual({ errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT })
    expect(coordinator.position({ requireStable: false })).toBe(4n)
    coordinator.shard.endTransaction(producerId(1), 'COMMIT')
    expect(coordinator.position({ requireStable: true })).toBe(9n)
  })

  test('gives a position committed after the transaction its due', () => {
    const coordinator = new TestCoordinator()
    coordinator.appendInTransaction(unstable, producerId(1))
    coordinator.commit({ position: 20 })
    coordinator.shard.endTransaction(producerId(1), 'COMMIT')
    expect(coordinator.position({ requireStable: true })).toBe(20n)
  })
})

describe('OffsetDelete', () => {
  function deleteOffset(coordinator: TestCoordinator, topic = 't', groupId = 'g') {
    const request = { groupId, topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] }
    const response = coordinator.run(groupId, (step) => coordinator.shard.offsetDelete(request, step))
    return response.errorCode === 0 ? response.topics[0]?.partitions[0]?.errorCode : response.errorCode
  }

  test('forgets a position of a group without members', () => {
    const coordinator = new TestCoordinator()
    coordinator.commit()
    expect(deleteOffset(coordinator)).toBe(0)
    expect(coordinator.position()).toBe(-1n)
    coordinator.restart()
    expect(coordinator.position()).toBe(-1n)
  })

  test('forgets a position that only a transaction holds', () => {
    const coordinator = new TestCoordinator()
    coordinator.appendInTransaction(unstable, producerId(1))
    expect(deleteOffset(coordinator)).toBe(0)
    coordinator.shard.endTransaction(producerId(1), 'COMMIT')
    expect(coordinator.position()).toBe(-1n)
  })

  test('spares the topics that members read', () => {
    const { coordinator } = stableGroup(1)
    expect(deleteOffset(coordinator)).toBe(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC)
    expect(deleteOffset(coordinator, 'u')).toBe(0)
  })

  test('refuses a group whose members do not say what they read', () => {
    const { coordinator } = stableGroup(1, new TestCoordinator(), { protocolType: 'connect' })
    expect(deleteOffset(coordinator)).toBe(ErrorCode.NON_EMPTY_GROUP)
  })

  test.each([
    ['', 'INVALID_GROUP_ID'],
    ['other', 'GROUP_ID_NOT_FOUND'],
  ] as const)('refuses the group %j', (groupId, code) => {
    expect(deleteOffset(new TestCoordinator(), 't', groupId)).toBe(ErrorCode[code])
  })
})

describe('offsets.retention.minutes', () => {
  const retention = 10_080 * 60_000
  function expireAfter(coordinator: TestCoordinator, ms: number): void {
    coordinator.advance(ms)
    coordinator.run('g', (step) => coordinator.shard.expireOffsets(step))
  }

  test('counts from the commit in a group that never had members, and then takes the group away', () => {
    const coordinator = new TestCoordinator()
    coordinator.commit()
    expireAfter(coordinator, retention - 1)
    expect(coordinator.position()).toBe(1n)
    expireAfter(coordinator, 1)
    expect(coordinator.position()).toBe(-1n)
    expect(coordinator.shard.describe('g').groupState).toBe('Dead')
    expect(coordinator.table().group('g').state).toBe('Dead')
  })

  test('counts from when the last member left', () => {
    const { coordinator, memberIds } = stableGroup(1, new TestCoordinator(), { sessionTimeoutMs: 1_800_000 })
    coordinator.commit({ memberId: at(memberIds, 0), generationIdOrMemberEpoch: 1 })
    coordinator.advance(1_000_000)
    coordinator.leave({ memberId: at(memberIds, 0) })
    expireAfter(coordinator, retention - 1)
    expect(coordinator.position()).toBe(1n)
    expireAfter(coordinator, 1)
    expect(coordinator.position()).toBe(-1n)
    expect(coordinator.table().group('g').state).toBe('Dead')
  })

  test('spares what members read, and counts from the commit for what they no longer read', () => {
    const { coordinator, memberIds } = stableGroup(1, new TestCoordinator({ offsetsRetentionMs: 60_000 }))
    const member = { memberId: at(memberIds, 0), generationIdOrMemberEpoch: 1 }
    coordinator.commit(member)
    coordinator.commit({ ...member, topic: 'u' })
    for (let i = 0; i < 10; i++) {
      coordinator.advance(6000)
      coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 1 })
    }
    expireAfter(coordinator, 0)
    expect([...coordinator.table().group('g').offsets.keys()]).toEqual(['t'])
  })

  test('spares a group with an open transaction', () => {
    const coordinator = new TestCoordinator()
    coordinator.commit()
    coordinator.appendInTransaction(unstable, producerId(1))
    expireAfter(coordinator, retention)
    expect(coordinator.position()).toBe(1n)
  })
})

test('positions in a topic that was deleted are forgotten, in all groups', () => {
  const coordinator = new TestCoordinator()
  coordinator.commit({ groupId: 'a' })
  coordinator.commit({ groupId: 'b' })
  coordinator.commit({ groupId: 'b', topic: 'u' })
  coordinator.run('', (step) => coordinator.shard.topicsDeleted(new Set(['t']), step))
  expect(
    coordinator
      .table()
      .groups()
      .map(({ groupId }) => groupId),
  ).toEqual(['b'])
})
