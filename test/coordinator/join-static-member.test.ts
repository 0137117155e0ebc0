import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { type StableGroup, TestCoordinator, settle, subscription, utf8, at } from './support/test-coordinator.ts'

/** A stable group of a static leader `i0` and a static follower `i1`. */
function staticGroup(apiVersion = 9): StableGroup {
  const coordinator = new TestCoordinator()
  const joins = ['i0', 'i1'].map((groupInstanceId) => coordinator.join({ groupInstanceId, apiVersion }))
  coordinator.advance(6000)
  const memberIds = joins.map(({ answer }) => answer?.memberId ?? '')
  return settle(coordinator, memberIds, 1)
}

describe('a static member', () => {
  test('is not asked to come again with an id, and gets one that begins with its name', () => {
    const { memberIds } = staticGroup()
    expect(memberIds[0]).toMatch(/^i0-[0-9a-f]{8}-/)
  })

  test('that comes back takes its place again without a rebalance, under a new id', () => {
    const { coordinator, memberIds } = staticGroup()
    const back = coordinator.join({ groupInstanceId: 'i1' }).answer
    expect(back).toMatchObject({
      errorCode: 0,
      generationId: 1,
      leader: memberIds[0],
      skipAssignment: false,
      members: [],
    })
    expect(back?.memberId).not.toBe(memberIds[1])
    expect(coordinator.shard.describe('g').groupState).toBe('Stable')
    const synced = coordinator.sync({ memberId: back?.memberId ?? '', generationId: 1, groupInstanceId: 'i1' })
    expect(synced.answer?.assignment).toEqual(utf8('a1'))
  })

  test('keeps its place over a restart after it came back', () => {
    const { coordinator } = staticGroup()
    const memberId = coordinator.join({ groupInstanceId: 'i1' }).answer?.memberId ?? ''
    coordinator.restart()
    expect(coordinator.heartbeat({ memberId, generationId: 1, groupInstanceId: 'i1' })).toBe(ErrorCode.NONE)
  })

  test('that led and comes back is told to skip the assignment, from version 9 on', () => {
    const { coordinator } = staticGroup()
    const back = coordinator.join({ groupInstanceId: 'i0' }).answer
    expect(back).toMatchObject({ skipAssignment: true, leader: back?.memberId })
    expect(back?.members).toHaveLength(2)
  })

  test('that led and comes back in an older version takes itself for a follower', () => {
    const { coordinator, memberIds } = staticGroup(8)
    const back = coordinator.join({ groupInstanceId: 'i0', apiVersion: 8 }).answer
    expect(back).toMatchObject({ skipAssignment: false, leader: memberIds[0], members: [] })
  })

  test('that comes back with another vote begins a rebalance', () => {
    const { coordinator } = staticGroup()
    coordinator.join({ groupInstanceId: 'i1', protocols: [] })
    const protocols = ['sticky', 'range'].map((name) => ({ name, metadata: subscription('t') }))
    for (const groupInstanceId of ['i0', 'i1']) coordinator.join({ groupInstanceId, protocols })
    expect(coordinator.shard.describe('g').groupState).toBe('PreparingRebalance')
  })

  test('that comes back before the assignment is there begins a rebalance', () => {
    const coordinator = new TestCoordinator()
    coordinator.join({ groupInstanceId: 'i0' })
    coordinator.join({ groupInstanceId: 'i1' })
    coordinator.advance(6000)
    expect(coordinator.join({ groupInstanceId: 'i1' }).answer).toBeUndefined()
    expect(coordinator.shard.describe('g').groupState).toBe('PreparingRebalance')
  })

  test('that misses a rebalance keeps its place until its session expires', () => {
    const { coordinator, memberIds } = staticGroup()
    const rejoin = coordinator.join({ memberId: at(memberIds, 0), groupInstanceId: 'i0', rebalanceTimeoutMs: 5000 })
    coordinator.join({ groupInstanceId: 'i2', apiVersion: 9 })
    coordinator.heartbeat({ memberId: at(memberIds, 1), generationId: 1, groupInstanceId: 'i1' })
    coordinator.advance(9999)
    expect(rejoin.answer).toBeUndefined()
    coordinator.advance(1)
    expect(rejoin.answer?.members.map(({ groupInstanceId }) => groupInstanceId)).toEqual(['i0', 'i2'])
  })

  test('holds its place when only the rebalance timeout is over', () => {
    const coordinator = new TestCoordinator()
    const options = { rebalanceTimeoutMs: 5000, sessionTimeoutMs: 100_000 }
    const joins = ['i0', 'i1'].map((groupInstanceId) => coordinator.join({ groupInstanceId, ...options }))
    coordinator.advance(6000)
    const memberIds = joins.map(({ answer }) => answer?.memberId ?? '')
    settle(coordinator, memberIds, 1)
    const rejoin = coordinator.join({ memberId: at(memberIds, 0), groupInstanceId: 'i0', ...options })
    coordinator.advance(5000)
    expect(rejoin.answer?.members.map(({ groupInstanceId }) => groupInstanceId)).toEqual(['i0', 'i1'])
  })
})

describe('the id that a static member had before it came back', () => {
  const fenced = ErrorCode.FENCED_INSTANCE_ID

  test('is fenced in every request that names the instance', () => {
    const { coordinator, memberIds } = staticGroup()
    coordinator.join({ groupInstanceId: 'i1' })
    const old = { memberId: at(memberIds, 1), groupInstanceId: 'i1' }
    expect(coordinator.join(old).answer?.errorCode).toBe(fenced)
    expect(coordinator.sync({ ...old, generationId: 1 }).answer?.errorCode).toBe(fenced)
    expect(coordinator.heartbeat({ ...old, generationId: 1 })).toBe(fenced)
    expect(coordinator.commit({ ...old, generationIdOrMemberEpoch: 1 })).toBe(fenced)
    expect(coordinator.leave(old).members[0]?.errorCode).toBe(fenced)
  })

  test('is fenced where it waits for an answer', () => {
    const coordinator = new TestCoordinator()
    const joining = coordinator.join({ groupInstanceId: 'i0' })
    coordinator.join({ groupInstanceId: 'i0' })
    expect(joining.answer?.errorCode).toBe(fenced)

    coordinator.join({ groupInstanceId: 'i1' })
    coordinator.advance(6000)
    const memberId = coordinator.shard.describe('g').members[1]?.memberId ?? ''
    const syncing = coordinator.sync({ memberId, generationId: 1, groupInstanceId: 'i1' })
    coordinator.join({ groupInstanceId: 'i1' })
    expect(syncing.answer?.errorCode).toBe(fenced)
  })
})
