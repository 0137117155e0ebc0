import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset } from '../../src/base/brands.ts'
import type { Group } from '../../src/coordinator/group.ts'
import { commitOffsets, deleteGroup, resetOffsets } from '../../src/coordinator/group-commands.ts'
import { groupMetadataRecord } from '../../src/coordinator/group-metadata-record.ts'
import { GroupTable } from '../../src/coordinator/group-table.ts'
import { type PartitionToReset, type ResetTarget, resetTime } from '../../src/coordinator/offset-reset.ts'
import { hex, member, metadata, replayed } from './support/records.ts'

const now = 1_700_000_000_000

/** A partition whose log is [100, 200). */
function log(overrides: Partial<PartitionToReset> = {}): PartitionToReset {
  return { topic: 't1', partition: 0, logStartOffset: offset(100), logEndOffset: offset(200), ...overrides }
}

/** The group g1, at 150 in partition 0 of t1 and nowhere else. */
function groupAt150(): Group {
  return replayed(commitOffsets('g1', [{ topic: 't1', partition: 0, offset: offset(150) }], now)).group('g1')
}

function groupWithMember(): Group {
  return replayed([groupMetadataRecord('g1', metadata({ members: [member('m1')] }))]).group('g1')
}

describe('commitOffsets', () => {
  test('replayed, gives the group as committed', () => {
    const table = replayed(
      commitOffsets(
        'g1',
        [
          { topic: 't1', partition: 0, offset: offset(5), leaderEpoch: leaderEpoch(3), metadata: 'note' },
          { topic: 't2', partition: 1, offset: offset(6) },
        ],
        now,
      ),
    )
    const { offsets } = table.group('g1')
    expect(offsets.get('t1')?.get(0)).toMatchObject({
      offset: 5n,
      leaderEpoch: 3,
      metadata: 'note',
      commitTimestamp: now,
    })
    expect(offsets.get('t2')?.get(1)).toMatchObject({ offset: 6n, leaderEpoch: -1, metadata: '' })
  })
})

describe('resetOffsets', () => {
  test.each<{ title: string; target: ResetTarget; to: bigint; note?: string }>([
    { title: 'the start of the log', target: { kind: 'earliest' }, to: 100n },
    { title: 'its end', target: { kind: 'latest' }, to: 200n },
    { title: 'where it stands', target: { kind: 'current' }, to: 150n },
    { title: 'an offset', target: { kind: 'offset', offset: offset(123) }, to: 123n },
    { title: 'the end offset itself', target: { kind: 'offset', offset: offset(200) }, to: 200n },
    {
      title: 'the start for an offset before it',
      target: { kind: 'offset', offset: offset(5) },
      to: 100n,
      note: 'movedToStart',
    },
    {
      title: 'the end for an offset after it',
      target: { kind: 'offset', offset: offset(999) },
      to: 200n,
      note: 'movedToEnd',
    },
    { title: 'a bit further', target: { kind: 'shiftBy', by: 7n }, to: 157n },
    { title: 'a bit back', target: { kind: 'shiftBy', by: -7n }, to: 143n },
    {
      title: 'the start when shifted too far back',
      target: { kind: 'shiftBy', by: -500n },
      to: 100n,
      note: 'movedToStart',
    },
    { title: 'the end when shifted too far', target: { kind: 'shiftBy', by: 500n }, to: 200n, note: 'movedToEnd' },
  ])('moves to $title', ({ target, to, note }) => {
    const plan = resetOffsets({ group: groupAt150(), target, partitions: [log()] }, now)
    const change = { topic: 't1', partition: 0, from: 150n, to, ...(note === undefined ? {} : { note }) }
    expect(plan.kind === 'planned' && plan.changes).toEqual([change])
  })

  test.each<ResetTarget>([
    { kind: 'datetime', timestamp: now - 60_000 },
    { kind: 'byDuration', durationMs: 60_000 },
  ])('moves to the first record of a time ($kind), and to the end when there is none', (target) => {
    expect(resetTime(target, now)).toBe(now - 60_000)
    const partitions = [log({ offsetForTime: offset(170) }), log({ partition: 1, offsetForTime: undefined })]
    expect(resetOffsets({ group: groupAt150(), target, partitions }, now)).toMatchObject({
      changes: [
        { partition: 0, to: 170n },
        { partition: 1, from: undefined, to: 200n, note: 'noRecordAtTime' },
      ],
    })
  })

  test('needs no time for the other targets', () => {
    expect(resetTime({ kind: 'earliest' }, now)).toBe(undefined)
  })

  test('takes the end for a partition without a committed offset when all stay where they are', () => {
    const plan = resetOffsets(
      { group: groupAt150(), target: { kind: 'current' }, partitions: [log({ partition: 3 })] },
      now,
    )
    expect(plan).toMatchObject({ changes: [{ partition: 3, from: undefined, to: 200n }] })
  })

  test('cannot shift from nowhere', () => {
    const target: ResetTarget = { kind: 'shiftBy', by: 1n }
    const plan = resetOffsets({ group: groupAt150(), target, partitions: [log(), log({ partition: 3 })] }, now)
    expect(plan).toEqual({ kind: 'noCommittedOffset', topic: 't1', partition: 3 })
  })

  test('makes a group that is not there', () => {
    const group = new GroupTable().group('new')
    const plan = resetOffsets({ group, target: { kind: 'earliest' }, partitions: [log()] }, now)
    const table = replayed(plan.kind === 'planned' ? plan.records : [])
    expect(table.group('new').offsets.get('t1')?.get(0)?.offset).toBe(100n)
  })

  test('refuses a group with members, unless they are known to be gone', () => {
    const request = { group: groupWithMember(), target: { kind: 'earliest' }, partitions: [log()] } as const
    expect(resetOffsets(request, now)).toEqual({ kind: 'groupHasMembers', groupId: 'g1', memberIds: ['m1'] })
    expect(resetOffsets({ ...request, areMembersGone: true }, now).kind).toBe('planned')
  })

  test('replayed, leaves the group where the plan says, within the log', () => {
    const offsets = fc.bigInt({ min: 0n, max: 300n }).map(offset)
    const target: fc.Arbitrary<ResetTarget> = fc.oneof(
      fc.constantFrom<ResetTarget>({ kind: 'earliest' }, { kind: 'latest' }),
      offsets.map((to): ResetTarget => ({ kind: 'offset', offset: to })),
      fc.bigInt({ min: -300n, max: 300n }).map((by): ResetTarget => ({ kind: 'shiftBy', by })),
    )
    fc.assert(
      fc.property(target, offsets, (anyTarget, from) => {
        const table = replayed(commitOffsets('g1', [{ topic: 't1', partition: 0, offset: from }], now))
        const plan = resetOffsets({ group: table.group('g1'), target: anyTarget, partitions: [log()] }, now)
        if (plan.kind !== 'planned') expect.unreachable()
        const stored = replayed(plan.records, table, offset(1)).group('g1').offsets.get('t1')?.get(0)
        expect(stored?.offset).toBe(plan.changes[0]?.to)
        expect(stored !== undefined && stored.offset >= 100n && stored.offset <= 200n).toBe(true)
      }),
    )
  })
})

describe('deleteGroup', () => {
  test('takes back every record of the group, and of no other', () => {
    const table = replayed([
      groupMetadataRecord('g1', metadata()),
      ...commitOffsets('g1', [{ topic: 't1', partition: 0, offset: offset(1) }], now),
      ...commitOffsets('g1', [{ topic: 't2', partition: 5, offset: offset(1) }], now),
      ...commitOffsets('g2', [{ topic: 't1', partition: 0, offset: offset(1) }], now),
      { key: hex('0003 0002 6731'), value: hex('0000') },
    ])
    const plan = deleteGroup(table.group('g1'))
    if (plan.kind !== 'planned') expect.unreachable()
    expect(plan.records.every(({ value }) => value === null)).toBe(true)
    replayed(plan.records, table, offset(10))
    expect(table.groups().map(({ groupId }) => groupId)).toEqual(['g2'])
    expect(table.group('g1').state).toBe('Dead')
  })

  test('refuses a group with members, unless they are known to be gone', () => {
    expect(deleteGroup(groupWithMember())).toEqual({ kind: 'groupHasMembers', groupId: 'g1', memberIds: ['m1'] })
    expect(deleteGroup(groupWithMember(), { areMembersGone: true }).kind).toBe('planned')
  })

  test('says that a group is not there', () => {
    expect(deleteGroup(new GroupTable().group('g9'))).toEqual({ kind: 'groupNotFound', groupId: 'g9' })
  })
})
