import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { offset } from '../../src/base/brands.ts'
import { TimeIndex } from '../../src/storage/time-index.ts'
import { CountingFile, hex, Scratch } from './scratch.ts'

const base = offset(1000n)
const start = 1_700_000_000_000

interface Entry {
  readonly timestamp: number
  readonly relative: number
}

function entries(maxLength: number): fc.Arbitrary<Entry[]> {
  const ms = fc.oneof(fc.constant(1000), fc.integer({ min: 1, max: 100_000_000 }))
  return fc.array(fc.tuple(ms, fc.nat({ max: 50 })), { maxLength, size: 'max' }).map((steps) => {
    let timestamp = start
    let relative = 0
    return steps.map(([later, offsets]) => ({ timestamp: (timestamp += later), relative: (relative += offsets + 1) }))
  })
}

function encode(list: readonly Entry[], paddingEntries = 0): Uint8Array {
  const view = new DataView(new ArrayBuffer((list.length + paddingEntries) * 12))
  list.forEach(({ timestamp, relative }, slot) => {
    view.setBigInt64(slot * 12, BigInt(timestamp))
    view.setInt32(slot * 12 + 8, relative)
  })
  return new Uint8Array(view.buffer)
}

describe('TimeIndex', () => {
  test('writes the bytes that Kafka writes', () => {
    const scratch = new Scratch()
    const index = new TimeIndex(scratch.file('t'), offset(0n))
    expect(index.maybeAppend(0x18bcfe56bed, offset(5n))).toBe(true)
    index.flush()
    expect(scratch.hex('t')).toBe('0000018bcfe56bed00000005')
  })

  test('notes a timestamp only when it is greater than the last', () => {
    const index = new TimeIndex(new Scratch().file('t'), base)
    expect(index.maybeAppend(-1, offset(1000n))).toBe(false)
    expect(index.maybeAppend(100, offset(1003n))).toBe(true)
    expect(index.maybeAppend(100, offset(1003n))).toBe(false)
    expect(index.maybeAppend(99, offset(1004n))).toBe(false)
    expect(index.maybeAppend(101, offset(1003n))).toBe(true)
    expect(() => index.maybeAppend(102, offset(1002n))).toThrow(AssertionError)
    expect(index.entryCount).toBe(2)
    expect(index.last).toEqual({ timestamp: 101, offset: 1003n })
  })

  test('finds what a scan of all entries would find', () => {
    const scratch = new Scratch()
    fc.assert(
      fc.property(
        entries(2500),
        fc.array(fc.nat({ max: 2_000_000_000 }), { minLength: 10, maxLength: 20 }),
        (list, delays) => {
          const index = new TimeIndex(scratch.file('t', encode(list, 500)), base)
          expect(index.entryCount).toBe(list.length)
          const near = list.filter((_, slot) => slot % 97 === 0).flatMap(({ timestamp }) => [timestamp - 1, timestamp])
          for (const target of [0, ...delays.map((delay) => start + delay), ...near]) {
            const found = list.findLast((entry) => entry.timestamp <= target)
            const expected = { timestamp: found?.timestamp ?? -1, offset: base + BigInt(found?.relative ?? 0) }
            expect(index.lookup(target)).toEqual(expected)
          }
          index.file.close()
        },
      ),
      { numRuns: 50, endOnFailure: true },
    )
  })

  test('looks at few pages of a large index', () => {
    const scratch = new Scratch()
    const list = Array.from({ length: 200_000 }, (_, slot) => ({ timestamp: start + slot * 1000, relative: slot * 40 }))
    const file = new CountingFile(scratch.file('t', encode(list)))
    expect(new TimeIndex(file, base).lookup(start + 123_456_789).offset).toBe(base + 123_456n * 40n)
    expect(new TimeIndex(file, base).lookup(start + 5_000_000).offset).toBe(base + 5000n * 40n)
    expect(file.reads).toBeLessThanOrEqual(8)
  })

  test('keeps what a scan would keep when it is truncated', () => {
    const scratch = new Scratch()
    fc.assert(
      fc.property(entries(1000), fc.nat({ max: 1000 }), fc.nat({ max: 2 }), (list, slot, beyond) => {
        const end = (list[slot]?.relative ?? slot) + beyond
        const index = new TimeIndex(scratch.file('t', encode(list, 100)), base)
        index.truncateTo(offset(base + BigInt(end)))
        const kept = list.filter((entry) => entry.relative < end)
        expect(scratch.hex('t')).toBe(Buffer.from(encode(kept)).toString('hex'))
        expect(index.last.timestamp).toBe(kept.at(-1)?.timestamp ?? -1)
        index.file.close()
      }),
      { numRuns: 50, endOnFailure: true },
    )
  })

  test('keeps one slot for the entry that seals the segment', () => {
    const index = new TimeIndex(new Scratch().file('t', encode([{ timestamp: 5, relative: 1 }])), base)
    expect(index.isFull(24)).toBe(true)
    expect(index.isFull(36)).toBe(false)
  })

  test('takes a record of 1970 in the first slot for an entry', () => {
    const scratch = new Scratch()
    const index = new TimeIndex(scratch.file('t'), base)
    index.maybeAppend(0, base)
    index.flush()
    const reopened = new TimeIndex(scratch.file('t'), base)
    expect(reopened.last).toEqual({ timestamp: 0, offset: base })
    expect(reopened.check()).toEqual({ kind: 'whole' })
  })

  test('does not believe a padded index', () => {
    const index = new TimeIndex(new Scratch().file('t', new Uint8Array(10_485_756)), base)
    expect(index.last).toEqual({ timestamp: -1, offset: base })
    expect(index.check()).toEqual({ kind: 'padded', entryCount: 0 })
  })

  test('keeps the largest timestamp from wrapping around', () => {
    const scratch = new Scratch()
    const index = new TimeIndex(scratch.file('t'), base)
    index.maybeAppend(2 ** 63, base)
    index.flush()
    expect(scratch.hex('t')).toBe('7fffffffffffffff00000000')
  })

  test.each([
    ['a torn entry', '0000018bcfe56bed 00000005 00', { kind: 'damaged', position: 12 }],
    [
      'a last timestamp before the first',
      '0000018bcfe56bed 00000005 0000018bcfe56bec 00000006',
      { kind: 'damaged', position: 12 },
    ],
    ['a last offset below the base', '0000018bcfe56bed 80000005', { kind: 'damaged', position: 0 }],
  ])('checks both ends: %s', (_, bytes, expected) => {
    expect(new TimeIndex(new Scratch().file('t', hex(bytes)), base).check()).toMatchObject(expected)
  })

  test.each([
    ['order', '0000018bcfe56bed 00000005 0000018bcfe56bee 00000005', { kind: 'whole' }],
    ['an equal timestamp', '0000018bcfe56bed 00000005 0000018bcfe56bed 00000006', { kind: 'damaged', position: 12 }],
    [
      'an offset that shrinks',
      '0000018bcfe56bed 00000005 0000018bcfe56bee 00000004',
      { kind: 'damaged', position: 12 },
    ],
    ['an offset behind the segment', '0000018bcfe56bed 00000064', { kind: 'damaged', position: 0 }],
  ])('verifies every entry: %s', (_, bytes, expected) => {
    expect(new TimeIndex(new Scratch().file('t', hex(bytes)), base).verify(offset(1100n))).toMatchObject(expected)
  })

  test('answers from garbage without failing', () => {
    const scratch = new Scratch()
    fc.assert(
      fc.property(fc.uint8Array({ size: 'max', maxLength: 9000 }), fc.maxSafeInteger(), (bytes, target) => {
        const index = new TimeIndex(scratch.file('t', bytes), base)
        expect(index.lookup(target).offset).toBeGreaterThanOrEqual(base)
        expect(['whole', 'padded', 'damaged']).toContain(index.verify(offset(2000n)).kind)
        index.file.close()
      }),
      { numRuns: 100 },
    )
  })
})
