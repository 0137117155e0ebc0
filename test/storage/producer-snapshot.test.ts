import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset, producerId } from '../../src/base/brands.ts'
import {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
  type ProducerSnapshotEntry,
  uselessSnapshots,
} from '../../src/storage/producer-snapshot.ts'

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const nonNegative = fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }).map(offset)
const anyEntry: fc.Arbitrary<ProducerSnapshotEntry> = fc.record({
  producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(producerId),
  producerEpoch: fc.integer({ min: -1, max: 32767 }),
  lastSequence: int32,
  lastOffset: nonNegative,
  offsetDelta: int32,
  timestamp: fc.maxSafeInteger(),
  coordinatorEpoch: int32,
  currentTransactionFirstOffset: nonNegative,
})

const entry: ProducerSnapshotEntry = {
  producerId: producerId(2000),
  producerEpoch: 1,
  lastSequence: 2,
  lastOffset: offset(15),
  offsetDelta: 2,
  timestamp: 1_700_000_000_000,
  coordinatorEpoch: -1,
  currentTransactionFirstOffset: offset(-1),
}

/** CRC-32C bit by bit: slow, and not the one under test. */
function crc32cOf(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

describe('a producer snapshot', () => {
  test('has the layout of Kafka', () => {
    const bytes = Buffer.from(encodeProducerSnapshot([entry]))
    const body =
      '00000001' +
      '00000000000007d0' +
      '0001' +
      '00000002' +
      '000000000000000f' +
      '00000002' +
      '0000018bcfe56800' +
      'ffffffff' +
      'ffffffffffffffff'
    expect(bytes.subarray(6).toString('hex')).toBe(body)
    expect(bytes.readInt16BE(0)).toBe(1)
    expect(bytes.readUInt32BE(2)).toBe(crc32cOf(bytes.subarray(6)))
    expect(bytes.length).toBe(10 + 46)
  })

  test('reads back what was written, in the order of the buckets of a Java hash map', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyEntry, { selector: (one) => one.producerId, maxLength: 40, size: 'max' }),
        (entries) => {
          const read = decodeProducerSnapshot(encodeProducerSnapshot(entries))
          const byId = (list: readonly ProducerSnapshotEntry[]): ProducerSnapshotEntry[] =>
            list.toSorted((one, other) => (one.producerId < other.producerId ? -1 : 1))
          expect(read.kind === 'entries' && byId(read.entries)).toEqual(byId(entries))
        },
      ),
    )
    const ids = [17, 3, 16, 2 ** 32, 0].map((id) => ({ ...entry, producerId: producerId(id) }))
    const read = decodeProducerSnapshot(encodeProducerSnapshot(ids))
    expect(read.kind === 'entries' && read.entries.map((one) => Number(one.producerId))).toEqual([
      16,
      0,
      17,
      2 ** 32,
      3,
    ])
  })

  test('is damaged whichever bit flips, and wherever it is cut', () => {
    const whole = encodeProducerSnapshot([entry, { ...entry, producerId: producerId(7) }])
    for (let at = 0; at < whole.length; at++) {
      const flipped = whole.slice()
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
      expect(decodeProducerSnapshot(flipped).kind).toBe('damaged')
      expect(decodeProducerSnapshot(whole.subarray(0, at)).kind).toBe('damaged')
    }
    expect(decodeProducerSnapshot(Uint8Array.of(...whole, 0)).kind).toBe('damaged')
  })

  test('may claim any number of producers without harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ size: 'max', maxLength: 300 }), int32, (tail, count) => {
        const bytes = Buffer.concat([Buffer.alloc(10), tail])
        bytes.writeInt16BE(1, 0)
        bytes.writeInt32BE(count, 6)
        bytes.writeUInt32BE(crc32cOf(bytes.subarray(6)), 2)
        expect(decodeProducerSnapshot(bytes).kind).toBe(tail.length === count * 46 ? 'entries' : 'damaged')
      }),
    )
  })
})

describe('useless snapshots', () => {
  test.each([
    { name: 'those at segments and at the end stay', at: [10, 20, 25], bases: [0, 10, 20], start: 0, useless: [] },
    { name: 'those at or below the start of the log go', at: [10, 20, 25], bases: [10, 20], start: 10, useless: [10] },
    { name: 'those above the end of the log go', at: [10, 20, 30], bases: [0, 10, 20], start: 0, useless: [30] },
    { name: 'of strays only the newest stays', at: [25, 10, 12, 22], bases: [0, 10, 20], start: 0, useless: [12, 22] },
    { name: 'a stray before the last segment goes', at: [10, 15], bases: [0, 10, 20], start: 0, useless: [15] },
  ])('$name', ({ at, bases, start, useless }) => {
    const found = uselessSnapshots(at.map(offset), {
      logStartOffset: offset(start),
      logEndOffset: offset(25),
      segmentBaseOffsets: bases.map(offset),
    })
    expect(found.map(Number)).toEqual(useless)
  })
})
