import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import {
  type JoinOptions,
  TestCoordinator,
  settle,
  stableGroup,
  subscription,
  utf8,
  at,
} from './support/test-coordinator.ts'

describe('what a JoinGroup is refused for', () => {
  const roundrobin = [{ name: 'roundrobin', metadata: subscription('t') }]
  test.each<[string, JoinOptions, keyof typeof ErrorCode]>([
    ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['a group id that no record can hold', { groupId: 'g'.repeat(20_000) }, 'INVALID_GROUP_ID'],
    ['a session timeout below group.min.session.timeout.ms', { sessionTimeoutMs: 5999 }, 'INVALID_SESSION_TIMEOUT'],
    [
      'a session timeout above group.max.session.timeout.ms',
      { sessionTimeoutMs: 1_800_001 },
      'INVALID_SESSION_TIMEOUT',
    ],
    ['a negative session timeout', { sessionTimeoutMs: -1 }, 'INVALID_SESSION_TIMEOUT'],
    ['a member id of a group that is not there', { memberId: 'm' }, 'UNKNOWN_MEMBER_ID'],
    ['no protocol type', { protocolType: '' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['no protocols', { protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['a name that no record can hold', { groupInstanceId: 'i'.repeat(20_000) }, 'INVALID_REQUEST'],
    [
      'more metadata than group.member.metadata.max.bytes',
      { protocols: [{ name: 'range', metadata: new Uint8Array(5_000_000) }] },
      'INVALID_REQUEST',
    ],
    [
      'more protocols than group.member.metadata.max.bytes has room for',
      { protocols: Array.from({ length: 50_000 }, (_, i) => ({ name: `p${i}`, metadata: new Uint8Array(0) })) },
      'INVALID_REQUEST',
    ],
  ])('a new group: %s', (_, options, code) => {
    const coordinator = new TestCoordinator()
    expect(coordinator.join(options).answer).toMatchObject({
      errorCode: ErrorCode[code],
      generationId: -1,
      members: [],
    })
    expect(coordinator.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
    expect(coordinator.log).toEqual([])
  })

  test.each<[string, JoinOptions, keyof typeof ErrorCode]>([
    ['a member id that is unknown', { memberId: 'stranger' }, 'UNKNOWN_MEMBER_ID'],
    ['another protocol type', { protocolType: 'connect' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['no protocol in common', { protocols: roundrobin }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['an instance id that is unknown', { memberId: 'stranger', groupInstanceId: 'i' }, 'UNKNOWN_MEMBER_ID'],
  ])('a stable group: %s', (_, options, code) => {
    const { coordinator } = stableGroup(2)
    expect(coordinator.join(options).answer?.errorCode).toBe(ErrorCode[code])
    expect(coordinator.shard.describe('g').groupState).toBe('Stable')
  })

  test('a group of the newer protocol', () => {
    const coordinator = new TestCoordinator()
    const key = Buffer.from('0003' + '0001' + '67', 'hex')
    coordinator.appendInTransaction({ key, value: Buffer.from('0000', 'hex') }, -1n as never)
    expect(coordinator.join().answer?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  })

  test('a group of group.max.size members: the next one is turned away with an empty id', () => {
    const { coordinator } = stableGroup(2, new TestCoordinator({ groupSizeMax: 2 }))
    expect(coordinator.join({ apiVersion: 3 }).answer).toMatchObject({
      errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED,
      memberId: '',
    })
  })

  test('a group of group.max.size members that rejoin: the last one is turned away and not waited for', () => {
    const { coordinator, memberIds } = stableGroup(3)
    const smaller = new TestCoordinator({ groupSizeMax: 2 })
    smaller.log.push(...coordinator.log)
    smaller.restart()
    expect(smaller.shard.describe('g').groupState).toBe('PreparingRebalance')
    const joins = memberIds.map((memberId) => smaller.join({ memberId }))
    expect(joins.map(({ answer }) => answer?.errorCode)).toEqual([0, 0, ErrorCode.GROUP_MAX_SIZE_REACHED])
  })

  test('more ids handed out than group.pending.members.max', () => {
    const coordinator = new TestCoordinator({ pendingMembersMax: 2 })
    const codes = Array.from({ length: 3 }, () => coordinator.join().answer?.errorCode)
    expect(codes).toEqual([79, 79, ErrorCode.GROUP_MAX_SIZE_REACHED])
  })

  test('more groups than group.coordinator.groups.max', () => {
    const coordinator = new TestCoordinator({ groupsMax: 2 })
    const codes = ['a', 'b', 'c'].map((groupId) => coordinator.join({ groupId }).answer?.errorCode)
    expect(codes).toEqual([79, 79, ErrorCode.POLICY_VIOLATION])
  })
})

describe('a new member', () => {
  test('is asked to come again with the id it is given, from version 4 on', () => {
    const coordinator = new TestCoordinator()
    const first = coordinator.join({ clientId: 'reader' }).answer
    expect(first?.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED)
    expect(first?.memberId).toMatch(/^reader-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const second = coordinator.join({ memberId: first?.memberId ?? '' })
    coordinator.advance(3000)
    expect(second.answer).toMatchObject({ errorCode: 0, generationId: 1, memberId: first?.memberId })
  })

  test('is admitted at once before version 4', () => {
    const coordinator = new TestCoordinator()
    const join = coordinator.join({ apiVersion: 3 })
    coordinator.advance(3000)
    expect(join.answer).toMatchObject({
      errorCode: 0,
      generationId: 1,
      protocolName: 'range',
      protocolType: 'consumer',
    })
    expect(join.answer?.leader).toBe(join.answer?.memberId)
  })

  test('that does not come back with its id within its session timeout is forgotten', () => {
    const coordinator = new TestCoordinator()
    const memberId = coordinator.join().answer?.memberId ?? ''
    coordinator.advance(10_000)
    expect(coordinator.join({ memberId }).answer?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('holds up a rebalance until it comes back with its id or is forgotten', () => {
    const { coordinator, memberIds } = stableGroup(1)
    coordinator.join({ sessionTimeoutMs: 6000 })
    const rejoin = coordinator.join({ memberId: at(memberIds, 0) })
    expect(rejoin.answer).toBeUndefined()
    coordinator.advance(5999)
    expect(rejoin.answer).toBeUndefined()
    coordinator.advance(1)
    expect(rejoin.answer).toMatchObject({ errorCode: 0, generationId: 2 })
  })

  test('whose join waits for five minutes is told to begin anew', () => {
    const { coordinator } = stableGroup(1, new TestCoordinator(), {
      rebalanceTimeoutMs: 600_000,
      sessionTimeoutMs: 1_800_000,
    })
    const join = coordinator.join({ apiVersion: 3 })
    coordinator.advance(299_999)
    expect(join.answer).toBeUndefined()
    coordinator.advance(1)
    expect(join.answer).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: '' })
  })
})

describe('the first rebalance of an empty group', () => {
  test('waits group.initial.rebalance.delay.ms for more members', () => {
    const coordinator = new TestCoordinator()
    const join = coordinator.joinTwice()
    coordinator.advance(2999)
    expect(join.answer).toBeUndefined()
    coordinator.advance(1)
    expect(join.answer?.generationId).toBe(1)
  })

  test('waits again while new members come, but no longer than the rebalance timeout', () => {
    const coordinator = new TestCoordinator()
    const first = coordinator.joinTwice({ rebalanceTimeoutMs: 8000 })
    for (let second = 1; second <= 7; second++) {
      coordinator.advance(1000)
      coordinator.joinTwice({ rebalanceTimeoutMs: 8000 })
    }
    expect(first.answer).toBeUndefined()
    coordinator.advance(1000)
    expect(first.answer?.members).toHaveLength(8)
  })

  test('does not wait when the delay is 0', () => {
    const coordinator = new TestCoordinator({ initialRebalanceDelayMs: 0 })
    const join = coordinator.joinTwice()
    coordinator.advance(0)
    expect(join.answer?.generationId).toBe(1)
  })
})

describe('a rebalance', () => {
  test('gives the leader all members with what they say in the protocol that was voted for', () => {
    const coordinator = new TestCoordinator()
    const protocols = (names: readonly string[]) => names.map((name) => ({ name, metadata: utf8(name) }))
    const leader = coordinator.joinTwice({ protocols: protocols(['range', 'sticky']) })
    const follower = coordinator.joinTwice({ protocols: protocols(['sticky', 'range']), groupInstanceId: null })
    const third = coordinator.joinTwice({ protocols: protocols(['cooperative', 'sticky']) })
    coordinator.advance(6000)
    expect(leader.answer).toMatchObject({ protocolName: 'sticky', leader: leader.memberId })
    expect(leader.answer?.members).toEqual(
      [leader, follower, third].map(({ memberId }) => ({
        memberId,
        groupInstanceId: null,
        metadata: utf8('sticky'),
      })),
    )
    expect(follower.answer).toMatchObject({ leader: leader.memberId, generationId: 1, members: [] })
  })

  test('waits until all known members have rejoined', () => {
    const { coordinator, memberIds } = stableGroup(2)
    const third = coordinator.joinTwice()
    const rejoins = memberIds.map((memberId) => {
      expect(third.answer).toBeUndefined()
      return coordinator.join({ memberId })
    })
    expect([...rejoins, third].map(({ answer }) => answer?.generationId)).toEqual([2, 2, 2])
  })

  test('drops the members that have not rejoined after the longest rebalance timeout of all', () => {
    const { coordinator, memberIds } = stableGroup(2, new TestCoordinator(), {
      sessionTimeoutMs: 1_000_000,
      rebalanceTimeoutMs: 20_000,
    })
    const third = coordinator.joinTwice({ rebalanceTimeoutMs: 30_000 })
    coordinator.advance(29_999)
    expect(third.answer).toBeUndefined()
    coordinator.advance(1)
    expect(third.answer).toMatchObject({ errorCode: 0, leader: third.memberId })
    expect(third.answer?.members).toHaveLength(1)
    expect(coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('takes the session timeout for the rebalance timeout of a member of version 0', () => {
    const { coordinator } = stableGroup(1, new TestCoordinator(), {
      apiVersion: 0,
      rebalanceTimeoutMs: -1,
      sessionTimeoutMs: 10_000,
    })
    const second = coordinator.join({ apiVersion: 0, rebalanceTimeoutMs: -1, sessionTimeoutMs: 12_000 })
    coordinator.advance(9_999)
    expect(second.answer).toBeUndefined()
    coordinator.advance(3000)
    expect(second.answer?.errorCode).toBe(0)
  })

  test('answers a request that the client has given up for a newer one', () => {
    const { coordinator, memberIds } = stableGroup(2)
    const older = coordinator.join({ memberId: at(memberIds, 0) })
    const newer = coordinator.join({ memberId: at(memberIds, 0) })
    expect(older.answer?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(newer.answer).toBeUndefined()
  })
})

describe('a member that joins again', () => {
  const changed = { protocols: [{ name: 'range', metadata: subscription('t', 'u') }] }

  test.each([
    ['a follower that says the same is told the generation it is in', 1, {}, 'Stable'],
    ['a follower that says something else begins a rebalance', 1, changed, 'PreparingRebalance'],
    ['a leader begins a rebalance whatever it says', 0, {}, 'PreparingRebalance'],
  ] as const)('in a stable group: %s', (_, which, options, state) => {
    const { coordinator, memberIds } = stableGroup(2)
    const { answer } = coordinator.join({ memberId: at(memberIds, which), ...options })
    expect(coordinator.shard.describe('g').groupState).toBe(state)
    if (state === 'Stable')
      expect(answer).toMatchObject({ errorCode: 0, generationId: 1, members: [], leader: memberIds[0] })
    else expect(answer).toBeUndefined()
  })

  test.each([
    ['a leader that says the same is told the generation and its members', 0, {}, 'CompletingRebalance'],
    ['a follower that says the same is told the generation', 1, {}, 'CompletingRebalance'],
    ['one that says something else begins a rebalance', 1, changed, 'PreparingRebalance'],
  ] as const)('before the assignment is there: %s', (_, which, options, state) => {
    const coordinator = new TestCoordinator()
    const joins = [coordinator.joinTwice(), coordinator.joinTwice()]
    coordinator.advance(6000)
    const { answer } = coordinator.join({ memberId: at(joins, which).memberId, ...options })
    expect(coordinator.shard.describe('g').groupState).toBe(state)
    if (state === 'CompletingRebalance') expect(answer).toMatchObject({ errorCode: 0, generationId: 1 })
    if (state === 'CompletingRebalance') expect(answer?.members).toHaveLength(which === 0 ? 2 : 0)
  })

  test('sends those back who wait for the assignment of a generation that will not be', () => {
    const coordinator = new TestCoordinator()
    const joins = [coordinator.joinTwice(), coordinator.joinTwice()]
    coordinator.advance(6000)
    const waiting = coordinator.sync({ memberId: at(joins, 1).memberId, generationId: 1 })
    expect(waiting.answer).toBeUndefined()
    coordinator.join({ memberId: at(joins, 0).memberId, ...changed })
    expect(waiting.answer?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })
})

test('fifty members join a group as soon as the delay is over', () => {
  const { coordinator, memberIds } = stableGroup(50)
  expect(new Set(memberIds).size).toBe(50)
  expect(coordinator.shard.describe('g')).toMatchObject({ groupState: 'Stable' })
  expect(coordinator.waitingCount).toBe(0)
})

test('the generation grows with each rebalance, also when the group was empty in between', () => {
  const { coordinator, memberIds } = stableGroup(1)
  coordinator.leave({ memberId: at(memberIds, 0) })
  expect(coordinator.shard.describe('g')).toMatchObject({ groupState: 'Empty', members: [] })
  const next = stableGroup(1, coordinator)
  expect(next.generationId).toBe(3)
  settle(coordinator, next.memberIds, 3)
})
