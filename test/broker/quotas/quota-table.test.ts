import { beforeEach, describe, expect, test } from 'vitest'
import { CorruptSegmentError } from '../../../src/base/errors.ts'
import { ByteQuotas } from '../../../src/broker/quotas/byte-quotas.ts'
import type { EntityType, QuotaEntity } from '../../../src/broker/quotas/quota-entity.ts'
import { QuotaTable } from '../../../src/broker/quotas/quota-table.ts'
import { directoryOwner } from '../../../src/broker/authorizer.ts'
import { MemoryFileSystem } from '../../../src/disk/memory-file-system.ts'
import { replaceWholeFile } from '../../../src/storage/whole-file.ts'

let fileSystem: MemoryFileSystem
let table: QuotaTable

beforeEach(() => {
  fileSystem = new MemoryFileSystem()
  fileSystem.makeDirectory('/log')
  table = new QuotaTable(fileSystem, '/log')
})

function entity(parts: Partial<Record<EntityType, string | null>>): QuotaEntity {
  return new Map(Object.entries(parts)) as QuotaEntity
}

function give(parts: Partial<Record<EntityType, string | null>>, rate: number | undefined): void {
  table.change(entity(parts), new Map([['producer_byte_rate', rate]]))
}

describe('the quota of a client', () => {
  /** From the weakest to the strongest, as Kafka's ClientQuotaManager has it. */
  const places: readonly [Partial<Record<EntityType, string | null>>, { user: string; clientId: string }][] = [
    [{ 'client-id': null }, { user: '', clientId: 'app' }],
    [{ 'client-id': 'app' }, { user: '', clientId: 'app' }],
    [{ user: null }, { user: 'alice', clientId: '' }],
    [
      { user: null, 'client-id': null },
      { user: 'alice', clientId: 'app' },
    ],
    [
      { user: null, 'client-id': 'app' },
      { user: 'alice', clientId: 'app' },
    ],
    [{ user: 'alice' }, { user: 'alice', clientId: '' }],
    [
      { user: 'alice', 'client-id': null },
      { user: 'alice', clientId: 'app' },
    ],
    [
      { user: 'alice', 'client-id': 'app' },
      { user: 'alice', clientId: 'app' },
    ],
  ]

  test('is the nearest one, and tells whose bytes are counted together', () => {
    for (const [at, [parts, counted]] of places.entries()) {
      give(parts, at + 1)
      expect(table.inForce('producer_byte_rate', 'alice', 'app')).toEqual({ limit: at + 1, counted })
    }
    for (const [at, [parts]] of [...places.entries()].toReversed()) {
      give(parts, undefined)
      expect(table.inForce('producer_byte_rate', 'alice', 'app')?.limit).toBe(at || undefined)
    }
    expect(table.isEmpty).toBe(true)
  })

  test('is looked for by its own name: a nearer entity with another quota hides nothing', () => {
    give({ user: 'alice' }, 5)
    table.change(entity({ user: 'alice', 'client-id': 'app' }), new Map([['consumer_byte_rate', 7]]))
    expect(table.inForce('producer_byte_rate', 'alice', 'app')?.limit).toBe(5)
    expect(table.inForce('consumer_byte_rate', 'alice', 'app')?.limit).toBe(7)
    expect(table.inForce('consumer_byte_rate', 'alice', 'other')).toBe(undefined)
    expect(table.inForce('producer_byte_rate', 'bob', 'app')).toBe(undefined)
  })
})

describe('the file of quotas', () => {
  test('has them after a restart, names of all kinds included', () => {
    give({ user: '__proto__', 'client-id': 'a "b"\n' }, 12)
    give({ user: null }, 3)
    table = new QuotaTable(fileSystem, '/log')
    expect(table.inForce('producer_byte_rate', '__proto__', 'a "b"\n')?.limit).toBe(12)
    expect(table.inForce('producer_byte_rate', 'anybody', 'x')?.limit).toBe(3)
  })

  test.each([
    '{"version":1,"entries":[{"user":"a","producer_byte_rate":"1"}]}',
    '{"version":1,"entries":[{"user":"a","producer_byte_rate":0}]}',
    '{"version":1,"entries":[{"user":"","producer_byte_rate":1}]}',
    '{"version":1,"entries":[{"producer_byte_rate":1}]}',
    '{"version":1,"entries":[{"user":"a"}]}',
    '{"version":1,"entries":[{"user":"a","producer_byte_rate":1,"other":1}]}',
    '{"version":2,"entries":[]}',
    '[]',
    '',
  ])('is not taken when it says %s', (text) => {
    give({ user: 'a' }, 4)
    replaceWholeFile(fileSystem, '/log/tslog-quotas.json', new TextEncoder().encode(text), 'create-private')
    expect(() => table.reload()).toThrow(CorruptSegmentError)
    expect(table.inForce('producer_byte_rate', 'a', 'x')?.limit).toBe(4)
  })
})

describe('bytes of clients with a quota', () => {
  const alice = { principal: { type: 'User', name: 'alice' }, clientId: 'app' }
  let nowMs = 0
  let quotas: ByteQuotas
  beforeEach(() => {
    nowMs = 0
    quotas = new ByteQuotas({ table, windows: { count: 11, sizeMs: 1000 }, now: () => nowMs })
  })

  test('are let through up to the rate over all windows, then held back until it is kept', () => {
    give({ user: 'alice' }, 1000)
    expect(quotas.produced(alice, 10_000)).toBe(0)
    nowMs = 500
    // 15,500 bytes in 10.5 s, where 10,500 may be.
    expect(quotas.produced(alice, 5500)).toBe(5000)
    expect(quotas.figures()).toMatchObject([
      { quota: 'producer_byte_rate', user: 'alice', clientId: '', throttleMs: 5000 },
    ])
    nowMs = 15_500
    expect(quotas.produced(alice, 0)).toBe(0)
    expect(quotas.produced({ principal: { type: 'User', name: 'bob' }, clientId: 'app' }, 1e9)).toBe(0)
    expect(quotas.produced({ principal: directoryOwner, clientId: 'app' }, 1e9)).toBe(0)
  })

  test('over time are what the quota says, whatever the bursts', () => {
    give({ 'client-id': 'app' }, 1000)
    let sent = 0
    while (nowMs < 100_000) {
      sent += 700
      nowMs += 1 + quotas.produced(alice, 700)
    }
    expect(sent / 100).toBeGreaterThan(950)
    expect(sent / 100).toBeLessThan(1100)
  })

  test('of a fetch are counted when they go, and only then', () => {
    table.change(entity({ user: 'alice' }), new Map([['consumer_byte_rate', 1000]]))
    expect(quotas.fetchBytesMax(alice)).toBe(10_000)
    expect(quotas.fetched(alice, 9000)).toBe(0)
    expect(quotas.fetched(alice, 3000)).toBe(2000)
    expect(quotas.fetched(alice, 3000)).toBe(2000)
    expect(quotas.fetched(alice, 1000)).toBe(0)
  })

  test('of a batch that no window has room for go when nothing went before', () => {
    table.change(entity({ user: 'alice' }), new Map([['consumer_byte_rate', 10]]))
    expect(quotas.fetched(alice, 1000)).toBe(0)
    expect(quotas.fetched(alice, 1000)).toBe(190_000)
    nowMs = 11_000
    expect(quotas.fetched(alice, 1000)).toBe(0)
  })

  test('are forgotten an hour later, and a new quota holds for them at once', () => {
    give({ user: 'alice' }, 1)
    expect(quotas.produced(alice, 1000)).toBeGreaterThan(0)
    give({ user: 'alice' }, 1e6)
    expect(quotas.produced(alice, 1000)).toBe(0)
    give({ user: 'alice' }, undefined)
    expect(quotas.produced(alice, 1e9)).toBe(0)
    give({ user: 'bob' }, 1)
    nowMs = 3_600_000
    quotas.produced({ principal: { type: 'User', name: 'bob' }, clientId: '' }, 1)
    expect(quotas.figures().map(({ user }) => user)).toEqual(['bob'])
  })
})
