import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { TestCoordinator, stableGroup, subscription, utf8, at } from './support/test-coordinator.ts'

/** Key version 3 (group) and 5 (member) of KIP-848, for a group `n` with a member `m`. */
const newGroupRecords = ['00030001 6e', '00050001 6e 0001 6d'].map((key) => ({
  key: Buffer.from(key.replaceAll(' ', ''), 'hex'),
  value: Buffer.from('0000', 'hex'),
}))

function withNewGroup(coordinator = new TestCoordinator()): TestCoordinator {
  for (const record of newGroupRecords) coordinator.appendInTransaction(record, -1n as never)
  return coordinator
}

describe('DescribeGroups', () => {
  test('calls a group that is not there Dead', () => {
    expect(new TestCoordinator().shard.describe('g')).toMatchObject({ errorCode: 0, groupId: 'g', groupState: 'Dead' })
  })

  test('tells what members say while the group is stable, and what they were last given', () => {
    const { coordinator, memberIds } = stableGroup(2)
    const stable = coordinator.shard.describe('g')
    expect(stable).toMatchObject({ groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' })
    expect(stable.members[1]).toMatchObject({ memberId: memberIds[1], clientId: 'client', clientHost: '/127.0.0.1' })
    expect(at(stable.members, 1).memberMetadata).toEqual(subscription('t'))
    expect(at(stable.members, 1).memberAssignment).toEqual(utf8('a1'))
    coordinator.joinTwice()
    const preparing = coordinator.shard.describe('g')
    expect(preparing).toMatchObject({ groupState: 'PreparingRebalance', protocolData: '' })
    expect(preparing.members[1]).toMatchObject({
      memberMetadata: new Uint8Array(0),
      memberAssignment: utf8('a1'),
    })
  })
})

describe('ListGroups', () => {
  test.each([
    ['all', [], [], ['empty', 'g', 'n']],
    ['by state, in any case', ['STABLE'], [], ['g', 'n']],
    ['by several states', ['Empty', 'Stable'], ['classic'], ['empty', 'g']],
    ['by type', [], ['Consumer'], ['n']],
    ['by a state that there is none of', ['Dead'], [], []],
  ])('lists %s', (_, statesFilter, typesFilter, expected) => {
    const { coordinator } = stableGroup(1, withNewGroup())
    coordinator.commit({ groupId: 'empty' })
    const listed = coordinator.shard.list({ statesFilter, typesFilter })
    expect(listed.map(({ groupId }) => groupId).toSorted()).toEqual(expected)
  })

  test('tells type, state and protocol', () => {
    const { coordinator } = stableGroup(1, withNewGroup())
    expect(coordinator.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
      { groupId: 'n', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
    ])
  })
})

describe('DeleteGroups', () => {
  const remove = (coordinator: TestCoordinator, groupId: string): number =>
    coordinator.run(groupId, (step) => coordinator.shard.delete(groupId, step))

  test('deletes a group without members, its positions too', () => {
    const { coordinator, memberIds } = stableGroup(1)
    coordinator.commit({ memberId: at(memberIds, 0), generationIdOrMemberEpoch: 1 })
    coordinator.leave({ memberId: at(memberIds, 0) })
    expect(remove(coordinator, 'g')).toBe(0)
    expect(coordinator.table().groups()).toEqual([])
    expect(coordinator.shard.describe('g').groupState).toBe('Dead')
    coordinator.restart()
    expect(coordinator.position()).toBe(-1n)
  })

  test('refuses a group with members, of the newer protocol too, and one that is not there', () => {
    const { coordinator } = stableGroup(1, withNewGroup())
    expect(remove(coordinator, 'g')).toBe(ErrorCode.NON_EMPTY_GROUP)
    expect(remove(coordinator, 'n')).toBe(ErrorCode.NON_EMPTY_GROUP)
    expect(remove(coordinator, 'other')).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })
})

describe('a restart', () => {
  test('remembers members, who go on with heartbeats as if nothing had been', () => {
    const { coordinator, memberIds } = stableGroup(2)
    const before = coordinator.shard.describe('g')
    coordinator.restart()
    expect(coordinator.shard.describe('g')).toEqual(before)
    const codes = memberIds.map((memberId) => coordinator.heartbeat({ memberId, generationId: 1 }))
    expect(codes).toEqual([0, 0])
  })

  test('gives members one session to be heard of', () => {
    const { coordinator, memberIds } = stableGroup(2)
    coordinator.restart()
    coordinator.advance(9000)
    coordinator.heartbeat({ memberId: at(memberIds, 1), generationId: 1 })
    coordinator.advance(1000)
    expect(coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    const rejoin = coordinator.join({ memberId: at(memberIds, 1) })
    expect(rejoin.answer).toMatchObject({ generationId: 2, leader: memberIds[1] })
  })

  test('in the middle of a rebalance goes back to the generation before it', () => {
    const { coordinator, memberIds } = stableGroup(1)
    const second = coordinator.joinTwice()
    coordinator.join({ memberId: at(memberIds, 0) })
    expect(second.answer?.generationId).toBe(2)
    coordinator.restart()
    expect(coordinator.heartbeat({ memberId: at(memberIds, 0), generationId: 2 })).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(coordinator.heartbeat({ memberId: second.memberId, generationId: 2 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('leaves records of groups of the newer protocols alone', () => {
    const coordinator = withNewGroup()
    coordinator.advance(100_000_000_000)
    coordinator.run('', (step) => coordinator.shard.expireOffsets(step))
    expect(coordinator.log).toHaveLength(2)
    expect(coordinator.commit({ groupId: 'n' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})
