import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { TestCoordinator, settle, stableGroup, utf8, at } from './support/test-coordinator.ts'

/** A group whose members know their generation (1) and wait for no assignment yet. */
function joinedGroup(size: number, coordinator = new TestCoordinator()) {
  const memberIds = Array.from({ length: size }, () => coordinator.joinTwice().memberId)
  coordinator.advance(6000)
  return { coordinator, memberIds }
}

describe('SyncGroup', () => {
  test('holds the followers until the leader brings the assignment', () => {
    const { coordinator, memberIds } = joinedGroup(3)
    const [leader = '', follower = '', forgotten = ''] = memberIds
    const waiting = [follower, forgotten].map((memberId) => coordinator.sync({ memberId, generationId: 1 }))
    expect(waiting[0]?.answer).toBeUndefined()
    const assignments = [
      { memberId: leader, assignment: utf8('for the leader') },
      { memberId: follower, assignment: utf8('for the follower') },
      { memberId: 'stranger', assignment: utf8('for nobody') },
    ]
    const own = coordinator.sync({ memberId: leader, generationId: 1, assignments })
    expect(own.answer).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' })
    expect(own.answer?.assignment).toEqual(utf8('for the leader'))
    expect(waiting.map(({ answer }) => answer?.assignment)).toEqual([utf8('for the follower'), new Uint8Array(0)])
    expect(coordinator.shard.describe('g')).toMatchObject({ groupState: 'Stable', protocolData: 'range' })
  })

  test('answers from what is stored once the group is stable', () => {
    const { coordinator, memberIds } = stableGroup(2)
    const again = coordinator.sync({ memberId: at(memberIds, 1), generationId: 1 })
    expect(again.answer?.assignment).toEqual(utf8('a1'))
  })

  test.each([
    ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['a group that is not there', { groupId: 'other' }, 'UNKNOWN_MEMBER_ID'],
    ['a member that is not one', { memberId: 'stranger' }, 'UNKNOWN_MEMBER_ID'],
    ['an instance id that is unknown', { groupInstanceId: 'i' }, 'UNKNOWN_MEMBER_ID'],
    ['another generation', { generationId: 2 }, 'ILLEGAL_GENERATION'],
    ['another protocol type', { protocolType: 'connect' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['another protocol', { protocolName: 'sticky' }, 'INCONSISTENT_GROUP_PROTOCOL'],
  ] as const)('refuses %s', (_, fields, code) => {
    const { coordinator, memberIds } = stableGroup(1)
    const { answer } = coordinator.sync({ memberId: at(memberIds, 0), generationId: 1, ...fields })
    expect(answer).toMatchObject({ errorCode: ErrorCode[code], protocolType: null, assignment: new Uint8Array(0) })
  })

  test('sends a member back into a rebalance that has begun', () => {
    const { coordinator, memberIds } = joinedGroup(2)
    coordinator.joinTwice()
    const { answer } = coordinator.sync({ memberId: at(memberIds, 0), generationId: 1 })
    expect(answer?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('of a member that never comes ends the generation after the rebalance timeout', () => {
    const coordinator = new TestCoordinator()
    const joins = [0, 1].map(() => coordinator.joinTwice({ sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 20_000 }))
    coordinator.advance(6000)
    const [leader = '', follower = ''] = joins.map(({ memberId }) => memberId)
    coordinator.sync({ memberId: leader, generationId: 1 })
    expect(coordinator.shard.describe('g').groupState).toBe('Stable')
    coordinator.advance(20_000)
    expect(coordinator.shard.describe('g')).toMatchObject({ groupState: 'PreparingRebalance' })
    expect(coordinator.heartbeat({ memberId: follower, generationId: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(coordinator.heartbeat({ memberId: leader, generationId: 1 })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('answers a request that the client has given up for a newer one', () => {
    const { coordinator, memberIds } = joinedGroup(2)
    const older = coordinator.sync({ memberId: at(memberIds, 1), generationId: 1 })
    coordinator.sync({ memberId: at(memberIds, 1), generationId: 1 })
    expect(older.answer?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('of a group too large for a record is refused, and the group begins anew', () => {
    const { coordinator, memberIds } = joinedGroup(2, new TestCoordinator({ recordBytesMax: 1000 }))
    const follower = coordinator.sync({ memberId: at(memberIds, 1), generationId: 1 })
    const assignments = [{ memberId: at(memberIds, 0), assignment: new Uint8Array(1000) }]
    const leader = coordinator.sync({ memberId: at(memberIds, 0), generationId: 1, assignments })
    expect([leader, follower].map(({ answer }) => answer?.errorCode)).toEqual([-1, -1])
    expect(coordinator.shard.describe('g').groupState).toBe('PreparingRebalance')
    expect(coordinator.log).toEqual([])
  })
})

describe('Heartbeat', () => {
  test.each([
    ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['a group that is not there', { groupId: 'other' }, 'UNKNOWN_MEMBER_ID'],
    ['a member that is not one', { memberId: 'stranger' }, 'UNKNOWN_MEMBER_ID'],
    ['another generation', { generationId: 0 }, 'ILLEGAL_GENERATION'],
    ['all right', {}, 'NONE'],
  ] as const)('%s', (_, fields, code) => {
    const { coordinator, memberIds } = stableGroup(1)
    expect(coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 1, ...fields })).toBe(ErrorCode[code])
  })

  test('is well between the join and the assignment', () => {
    const { coordinator, memberIds } = joinedGroup(1)
    expect(coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 1 })).toBe(ErrorCode.NONE)
  })

  test('tells each member of a rebalance, and still counts', () => {
    const { coordinator, memberIds } = stableGroup(2)
    coordinator.joinTwice()
    for (let i = 0; i < 5; i++) {
      coordinator.advance(9000)
      const codes = memberIds.map((memberId) => coordinator.heartbeat({ memberId, generationId: 1 }))
      expect(codes).toEqual([ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode.REBALANCE_IN_PROGRESS])
    }
  })
})

describe('a session', () => {
  test('expires without a heartbeat, and the others rebalance', () => {
    const { coordinator, memberIds } = stableGroup(2)
    coordinator.advance(5000)
    coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 1 })
    coordinator.advance(5000)
    expect(coordinator.heartbeat({ memberId: at(memberIds, 1), generationId: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 1 })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('of the last member leaves an empty group with its next generation in the log', () => {
    const { coordinator } = stableGroup(1)
    coordinator.advance(10_000)
    expect(coordinator.shard.describe('g')).toMatchObject({ groupState: 'Empty', protocolType: 'consumer' })
    expect(coordinator.table().group('g')).toMatchObject({ generationId: 2, members: [], leader: null, protocol: null })
  })

  test('goes on while its member waits for a join, and for an assignment', () => {
    const { coordinator, memberIds } = stableGroup(2)
    const third = coordinator.joinTwice()
    const rejoin = coordinator.join({ memberId: at(memberIds, 0) })
    coordinator.advance(9000)
    coordinator.heartbeat({ memberId: at(memberIds, 1), generationId: 1 })
    coordinator.advance(9000)
    const last = coordinator.join({ memberId: at(memberIds, 1) })
    expect([third, rejoin, last].map(({ answer }) => answer?.errorCode)).toEqual([0, 0, 0])
    const waiting = coordinator.sync({ memberId: at(memberIds, 1), generationId: 2 })
    for (let i = 0; i < 2; i++) {
      coordinator.advance(9000)
      coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 2 })
      coordinator.heartbeat({ memberId: third.memberId, generationId: 2 })
    }
    settle(coordinator, [at(memberIds, 0), third.memberId], 2)
    expect(waiting.answer?.errorCode).toBe(0)
    expect(coordinator.heartbeat({ memberId: at(memberIds, 1), generationId: 2 })).toBe(ErrorCode.NONE)
  })

  test('is kept by a commit', () => {
    const { coordinator, memberIds } = stableGroup(1)
    for (let i = 0; i < 3; i++) {
      coordinator.advance(9000)
      expect(coordinator.commit({ memberId: at(memberIds, 0), generationIdOrMemberEpoch: 1 })).toBe(0)
    }
  })
})

describe('LeaveGroup', () => {
  test('takes several members out, each with its own error', () => {
    const { coordinator, memberIds } = stableGroup(3)
    const left = coordinator.leave(
      { memberId: at(memberIds, 0) },
      { memberId: 'stranger' },
      { memberId: at(memberIds, 1) },
    )
    expect(left.errorCode).toBe(0)
    expect(left.members.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.UNKNOWN_MEMBER_ID, 0])
    expect(coordinator.heartbeat({ memberId: at(memberIds, 2), generationId: 1 })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(coordinator.join({ memberId: at(memberIds, 2) }).answer?.members).toHaveLength(1)
  })

  test('takes a static member out by its own name alone', () => {
    const coordinator = new TestCoordinator()
    coordinator.join({ groupInstanceId: 'i' })
    coordinator.advance(6000)
    const left = coordinator.leave({ memberId: '', groupInstanceId: 'i' }, { memberId: '', groupInstanceId: 'other' })
    expect(left.members).toEqual([
      { memberId: '', groupInstanceId: 'i', errorCode: 0 },
      { memberId: '', groupInstanceId: 'other', errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
    ])
    expect(coordinator.shard.describe('g').groupState).toBe('Empty')
  })

  test('forgets an id that was handed out, without a rebalance of a stable group', () => {
    const { coordinator } = stableGroup(1)
    const memberId = coordinator.join().answer?.memberId ?? ''
    expect(coordinator.leave({ memberId }).members[0]?.errorCode).toBe(0)
    expect(coordinator.shard.describe('g').groupState).toBe('Stable')
  })

  test('answers what the member had waiting', () => {
    const { coordinator, memberIds } = stableGroup(2)
    const join = coordinator.join({ memberId: at(memberIds, 0) })
    coordinator.leave({ memberId: at(memberIds, 0) })
    expect(join.answer?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    const third = coordinator.joinTwice()
    coordinator.join({ memberId: at(memberIds, 1) })
    const sync = coordinator.sync({ memberId: third.memberId, generationId: 2 })
    coordinator.leave({ memberId: third.memberId })
    expect(sync.answer?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('of a group that is not there says so for each member, and not for an empty id', () => {
    const coordinator = new TestCoordinator()
    expect(coordinator.leave({ memberId: 'm' }).members[0]?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    const request = { groupId: '', memberId: '', members: [] }
    expect(coordinator.run('', (step) => coordinator.shard.leave(request, step)).errorCode).toBe(
      ErrorCode.INVALID_GROUP_ID,
    )
  })

  test('of the leader gives the lead to another member', () => {
    const { coordinator, memberIds } = stableGroup(3)
    coordinator.leave({ memberId: at(memberIds, 0) })
    const joins = [at(memberIds, 1), at(memberIds, 2)].map((memberId) => coordinator.join({ memberId }))
    expect(joins.map(({ answer }) => answer?.leader)).toEqual([memberIds[1], memberIds[1]])
  })
})
