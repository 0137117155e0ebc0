import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Offset, leaderEpoch, offset, producerId } from '../../src/base/brands.ts'
import { commitOffsets } from '../../src/coordinator/group-commands.ts'
import { groupMetadataRecord } from '../../src/coordinator/group-metadata-record.ts'
import { GroupTable, UNREADABLE_KEPT } from '../../src/coordinator/group-table.ts'
import type { RecordToAppend } from '../../src/coordinator/internal-record.ts'
import { offsetCommitRecord } from '../../src/coordinator/offset-commit-record.ts'
import { hex, member, metadata, plainBatch, replayed, transactionOf } from './support/records.ts'

function committed(position: number, { group = 'g1', partition = 0 } = {}): RecordToAppend {
  const value = { offset: offset(position), leaderEpoch: leaderEpoch(0), metadata: '', commitTimestamp: 5 }
  return offsetCommitRecord({ group, topic: 't1', partition }, value)
}

function taken(group = 'g1', partition = 0): RecordToAppend {
  return offsetCommitRecord({ group, topic: 't1', partition }, null)
}

function positionOf(table: GroupTable, partition = 0): Offset | undefined {
  return table.group('g1').offsets.get('t1')?.get(partition)?.offset
}

describe('replaying groups', () => {
  test('a group of commits alone is Empty and has no protocol', () => {
    const table = replayed([committed(7)])
    expect(table.groups()).toEqual([table.group('g1')])
    expect(table.group('g1')).toMatchObject({
      groupId: 'g1',
      type: 'classic',
      state: 'Empty',
      protocolType: '',
      generationId: -1,
      leader: null,
      memberIds: [],
      otherKeys: [],
    })
    expect(table.group('g1').offsets.get('t1')?.get(0)).toEqual({
      offset: 7n,
      leaderEpoch: 0,
      metadata: '',
      commitTimestamp: 5,
      expireTimestamp: -1,
      recordOffset: 0n,
    })
  })

  test('a group with members is Stable, without them Empty', () => {
    const withMember = groupMetadataRecord('g1', metadata({ members: [member('m1')] }))
    const table = replayed([withMember])
    expect(table.group('g1')).toMatchObject({
      state: 'Stable',
      protocolType: 'consumer',
      protocol: 'range',
      generationId: 4,
      leader: 'm1',
      members: [member('m1')],
      memberIds: ['m1'],
    })
    replayed([groupMetadataRecord('g1', metadata({ generation: 5, leader: null }))], table, offset(1))
    expect(table.group('g1')).toMatchObject({ state: 'Empty', generationId: 5, memberIds: [] })
  })

  test('a group that is not there is Dead and not listed', () => {
    const table = replayed([
      committed(7),
      taken(),
      groupMetadataRecord('g1', metadata()),
      groupMetadataRecord('g1', null),
    ])
    expect(table.group('g1').state).toBe('Dead')
    expect(table.group('never').state).toBe('Dead')
    expect(table.groups()).toEqual([])
  })

  test('the tombstone of a group leaves its offsets', () => {
    const table = replayed([groupMetadataRecord('g1', metadata()), committed(7), groupMetadataRecord('g1', null)])
    expect(table.group('g1')).toMatchObject({ state: 'Empty', protocolType: '' })
    expect(positionOf(table)).toBe(7n)
  })

  test('lists by id, topic and partition, whatever the order of the records', () => {
    const table = replayed([
      committed(1, { group: 'g2' }),
      committed(1, { partition: 10 }),
      committed(1, { partition: 9 }),
    ])
    expect(table.groups().map(({ groupId }) => groupId)).toEqual(['g1', 'g2'])
    expect([...(table.group('g1').offsets.get('t1')?.keys() ?? [])]).toEqual([9, 10])
  })

  test('keeps nothing of the buffers it was given', () => {
    const record = groupMetadataRecord('g1', metadata({ members: [member('m1', { subscription: hex('0102') })] }))
    const table = replayed([record])
    record.value?.fill(0xff)
    record.key.fill(0xff)
    expect(table.group('g1').members[0]?.subscription).toEqual(hex('0102'))
    expect(table.group('g1').otherKeys).toEqual([hex('0002 0002 6731')])
    const newer = { key: hex('0003 0002 6731'), value: hex('0000') }
    replayed([newer], table, offset(1))
    newer.key.fill(0xff)
    expect(table.group('g1').otherKeys[1]).toEqual(hex('0003 0002 6731'))
  })

  test('a snapshot does not change later', () => {
    const table = replayed([committed(7)])
    const before = table.group('g1')
    replayed([committed(8), committed(9, { partition: 1 })], table, offset(1))
    expect(before.offsets.get('t1')?.size).toBe(1)
    expect(before.offsets.get('t1')?.get(0)?.offset).toBe(7n)
  })
})

describe('groups of the newer protocols', () => {
  const epoch = { key: hex('0003 0002 6731'), value: hex('0000 00000005 00') }
  const joined = { key: hex('0005 0002 6731 0001 6d'), value: hex('0000') }
  const assigned = { key: hex('0008 0002 6731 0001 6d'), value: hex('0000') }

  test('have members for as long as their records stand', () => {
    const table = replayed([epoch, joined, assigned])
    expect(table.group('g1')).toMatchObject({ type: 'consumer', state: 'Stable', memberIds: ['m'], members: [] })
    replayed(
      [
        { ...assigned, value: null },
        { ...joined, value: null },
      ],
      table,
      offset(3),
    )
    expect(table.group('g1')).toMatchObject({ type: 'consumer', state: 'Empty', otherKeys: [epoch.key] })
    replayed([{ ...epoch, value: null }], table, offset(5))
    expect(table.group('g1')).toMatchObject({ type: 'classic', state: 'Dead' })
  })

  test('can be share groups', () => {
    const table = replayed([{ key: hex('000b 0002 6731'), value: hex('0000') }])
    expect(table.group('g1')).toMatchObject({ type: 'share', state: 'Empty' })
  })
})

describe('transactional commits', () => {
  const transaction = transactionOf(9)

  function pending(table: GroupTable, at: bigint, position: number, batch = transaction): void {
    table.replay({ ...committed(position), offset: offset(at) }, batch)
  }

  test('count from the COMMIT marker on', () => {
    const table = new GroupTable()
    pending(table, 0n, 7)
    expect(positionOf(table)).toBe(undefined)
    table.endTransaction(producerId(9), 'COMMIT')
    expect(positionOf(table)).toBe(7n)
  })

  test('do not count after an ABORT marker', () => {
    const table = replayed([committed(3)])
    pending(table, 1n, 7)
    table.endTransaction(producerId(9), 'ABORT')
    table.endTransaction(producerId(9), 'COMMIT')
    expect(positionOf(table)).toBe(3n)
  })

  test('belong to their producer alone', () => {
    const table = new GroupTable()
    pending(table, 0n, 7)
    pending(table, 1n, 8, transactionOf(10))
    table.endTransaction(producerId(10), 'ABORT')
    table.endTransaction(producerId(9), 'COMMIT')
    expect(positionOf(table)).toBe(7n)
  })

  test('lose against a later record of the same key', () => {
    const table = new GroupTable()
    pending(table, 0n, 7)
    replayed([committed(5)], table, offset(1))
    table.endTransaction(producerId(9), 'COMMIT')
    expect(positionOf(table)).toBe(5n)
  })

  test('are taken back by a tombstone', () => {
    const table = new GroupTable()
    pending(table, 0n, 7)
    replayed([taken()], table, offset(1))
    table.endTransaction(producerId(9), 'COMMIT')
    expect(table.group('g1').state).toBe('Dead')
  })

  test('of one producer start anew after each marker', () => {
    const table = new GroupTable()
    pending(table, 0n, 7)
    table.endTransaction(producerId(9), 'COMMIT')
    pending(table, 2n, 8)
    expect(positionOf(table)).toBe(7n)
  })
})

describe('records that cannot be read', () => {
  test('are counted, named and skipped', () => {
    const table = replayed([
      committed(7),
      { key: committed(8).key, value: hex('0009 00') },
      { key: hex('00'), value: null },
    ])
    expect(positionOf(table)).toBe(7n)
    expect(table.unreadableCount).toBe(2)
    expect(table.unreadable[0]).toEqual({
      offset: 1n,
      reason: 'an offset commit value of version 9, known are 0 to 4 at byte 0',
    })
  })

  test('without a key are among them', () => {
    const table = new GroupTable()
    table.replay({ key: null, value: hex('00'), offset: offset(0) }, plainBatch)
    expect(table.unreadableCount).toBe(1)
  })

  test('of kinds from the future are not', () => {
    expect(replayed([{ key: hex('0063 1234'), value: hex('00') }])).toMatchObject({ unreadableCount: 0 })
  })

  test('take no more room than their bound', () => {
    const table = replayed(Array.from({ length: UNREADABLE_KEPT + 50 }, () => ({ key: hex('00'), value: null })))
    expect(table.unreadable).toHaveLength(UNREADABLE_KEPT)
    expect(table.unreadableCount).toBe(UNREADABLE_KEPT + 50)
  })

  test('never make replay throw, whatever their bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 80, size: 'max' })
    const versioned = fc
      .tuple(fc.nat({ max: 16 }), bytes)
      .map(([version, rest]) => new Uint8Array([0, version, ...rest]))
    const record = fc.record({ key: fc.option(versioned), value: fc.option(versioned) })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (records) => {
        const table = new GroupTable()
        records.forEach((one, i) =>
          table.replay({ ...one, offset: offset(i) }, i % 2 === 0 ? plainBatch : transactionOf(1)),
        )
        table.endTransaction(producerId(1), 'COMMIT')
        expect(table.groups().every(({ state }) => state !== 'Dead')).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('any history of commits', () => {
  const group = fc.constantFrom('g1', 'g2', 'constructor', '')
  const topic = fc.constantFrom('t1', 't2', '__proto__')
  const commit = fc.record({ group, topic, partition: fc.nat({ max: 3 }), position: fc.option(fc.nat()) })
  const history = fc.array(commit, { maxLength: 60 })
  type Commit = (typeof history extends fc.Arbitrary<infer H> ? H : never)[number]

  const recordOf = (one: Commit): RecordToAppend =>
    one.position === null
      ? offsetCommitRecord(one, null)
      : (commitOffsets(one.group, [{ ...one, offset: offset(one.position) }], 5)[0] ?? expect.unreachable())

  test('leaves the last value of each key', () => {
    fc.assert(
      fc.property(history, (commits) => {
        const table = replayed(commits.map(recordOf))
        const last = new Map(commits.map((one) => [`${one.group}/${one.topic}/${one.partition}`, one.position]))
        const found = table
          .groups()
          .flatMap(({ groupId, offsets }) =>
            [...offsets].flatMap(([name, partitions]) =>
              [...partitions].map(([partition, stored]) => [`${groupId}/${name}/${partition}`, Number(stored.offset)]),
            ),
          )
        expect(new Map(found as [string, number][])).toEqual(
          new Map([...last].filter(([, position]) => position !== null)),
        )
      }),
    )
  })

  test('gives the same groups after compaction', () => {
    fc.assert(
      fc.property(history, (commits) => {
        const all = commits.map((one, i) => ({ ...recordOf(one), offset: offset(i) }))
        const lastOf = new Map(all.map((record) => [Buffer.from(record.key).toString('hex'), record]))
        const replay = (records: typeof all): GroupTable => {
          const table = new GroupTable()
          for (const record of records) table.replay(record, plainBatch)
          return table
        }
        expect(replay([...lastOf.values()].filter(({ value }) => value !== null)).groups()).toEqual(
          replay(all).groups(),
        )
      }),
    )
  })
})
