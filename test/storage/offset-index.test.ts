import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { filePosition, offset } from '../../src/base/brands.ts'
import { OffsetIndex } from '../../src/storage/offset-index.ts'
import { CountingFile, hex, Scratch } from './scratch.ts'

const base = offset(1000n)

interface Entry {
  readonly relative: number
  readonly position: number
}

/** Entries with growing offsets and positions, in steps that are even or wild. */
function entries(maxLength: number): fc.Arbitrary<Entry[]> {
  const step = fc.oneof(fc.constant(7), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000 }))
  return fc.array(fc.tuple(step, step), { maxLength, size: 'max' }).map((steps) => {
    let relative = -1
    let position = 0
    return steps.map(([offsets, bytes]) => ({ relative: (relative += offsets), position: (position += bytes) }))
  })
}

function encode(list: readonly Entry[], paddingEntries = 0): Uint8Array {
  const view = new DataView(new ArrayBuffer((list.length + paddingEntries) * 8))
  list.forEach(({ relative, position }, slot) => {
    view.setInt32(slot * 8, relative)
    view.setInt32(slot * 8 + 4, position)
  })
  return new Uint8Array(view.buffer)
}

/** The definition that the search is held against. */
function linearLookup(list: readonly Entry[], target: bigint): { offset: bigint; position: number } {
  const found = list.findLast((entry) => base + BigInt(entry.relative) <= target)
  return { offset: base + BigInt(found?.relative ?? 0), position: found?.position ?? 0 }
}

describe('OffsetIndex', () => {
  test('writes the bytes that Kafka writes', () => {
    const scratch = new Scratch()
    const index = new OffsetIndex(scratch.file('i'), offset(0n))
    index.append(offset(5n), filePosition(0x6e))
    index.append(offset(8n), filePosition(0xeb))
    index.flush()
    expect(scratch.hex('i')).toBe('000000050000006e00000008000000eb')
  })

  test('finds what a scan of all entries would find', () => {
    const scratch = new Scratch()
    const target = fc.oneof(fc.nat({ max: 30_000 }), fc.nat({ max: 2 ** 31 - 1 }))
    const targets = fc.array(target, { minLength: 5, maxLength: 20 })
    fc.assert(
      fc.property(entries(3000), targets, fc.nat({ max: 3 }), (list, some, padding) => {
        const index = new OffsetIndex(scratch.file('i', encode(list, padding * 700)), base)
        expect(index.entryCount).toBe(list.length)
        const near = list.filter((_, slot) => slot % 97 === 0).flatMap(({ relative }) => [relative - 1, relative])
        for (const relative of [...some, ...near]) {
          const wanted = offset(base + BigInt(relative))
          expect(index.lookup(wanted)).toEqual(linearLookup(list, wanted))
        }
        index.file.close()
      }),
      { numRuns: 40, endOnFailure: true },
    )
  })

  test('looks at few pages of a large index', () => {
    const scratch = new Scratch()
    const list = Array.from({ length: 200_000 }, (_, slot) => ({ relative: slot * 40 + 39, position: slot * 4100 }))
    const file = new CountingFile(scratch.file('i', encode(list)))
    const index = new OffsetIndex(file, base)
    expect(index.lookup(offset(base + 123_456n * 40n)).position).toBe(123_455 * 4100)
    expect(file.reads).toBeLessThanOrEqual(4)
  })

  test('falls back to the start of the segment when the file was cut behind its back', () => {
    const scratch = new Scratch()
    const list = Array.from({ length: 2000 }, (_, slot) => ({ relative: slot + 1, position: slot * 100 + 100 }))
    const index = new OffsetIndex(scratch.file('i', encode(list)), base)
    expect(index.lookup(offset(2500n)).position).toBe(150_000)
    index.file.truncate(800)
    expect(index.lookup(offset(2500n))).toEqual({ offset: 1000n, position: 0 })
    index.refresh()
    expect(index.lookup(offset(2500n)).position).toBe(10_000)
  })

  test('answers with the start of the segment below its first entry', () => {
    const index = new OffsetIndex(new Scratch().file('i', encode([{ relative: 9, position: 500 }])), base)
    expect(index.lookup(offset(1008n))).toEqual({ offset: 1000n, position: 0 })
    expect(index.lookup(offset(0n))).toEqual({ offset: 1000n, position: 0 })
    expect(index.lookup(offset(1009n))).toEqual({ offset: 1009n, position: 500 })
  })

  test('shows appended entries before and after they are flushed', () => {
    const scratch = new Scratch()
    const index = new OffsetIndex(scratch.file('i'), base)
    for (let slot = 0; slot < 1100; slot++) index.append(offset(1000 + slot), filePosition(slot * 10))
    expect(index.entryCount).toBe(1100)
    expect(index.last).toEqual({ offset: 2099n, position: 10_990 })
    expect(index.lookup(offset(2098n))).toEqual({ offset: 2098n, position: 10_980 })
    expect(index.sizeInBytes).toBe(8800)
    expect(index.file.size()).toBe(8800)
  })

  test('takes what another writer appended after a refresh', () => {
    const scratch = new Scratch()
    const reader = new OffsetIndex(scratch.file('i'), base)
    const writer = new OffsetIndex(scratch.file('i'), base)
    expect(reader.last).toBeUndefined()
    writer.append(offset(1005n), filePosition(70))
    writer.flush()
    reader.refresh()
    expect(reader.last).toEqual({ offset: 1005n, position: 70 })
    writer.append(offset(1006n), filePosition(80))
    writer.flush()
    reader.refresh(writer.sizeInBytes)
    expect(reader.lookup(offset(2000n))).toEqual({ offset: 1006n, position: 80 })
  })

  test('writes over the padding that Kafka left', () => {
    const scratch = new Scratch()
    const index = new OffsetIndex(scratch.file('i', encode([{ relative: 5, position: 50 }], 100)), base)
    index.append(offset(1009n), filePosition(90))
    index.trim()
    expect(scratch.hex('i')).toBe('0000000500000032' + '000000090000005a')
  })

  test('forgets entries that were never flushed when it is refreshed', () => {
    const index = new OffsetIndex(new Scratch().file('i'), base)
    index.append(offset(1009n), filePosition(90))
    index.refresh()
    expect(index.entryCount).toBe(0)
  })

  test('keeps what a scan would keep when it is truncated', () => {
    const scratch = new Scratch()
    fc.assert(
      fc.property(entries(1500), fc.nat({ max: 1500 }), fc.nat({ max: 2 }), (list, slot, beyond) => {
        const end = (list[slot]?.relative ?? slot) + beyond
        const index = new OffsetIndex(scratch.file('i', encode(list, 600)), base)
        index.truncateTo(offset(base + BigInt(end)))
        const kept = list.filter((entry) => entry.relative < end)
        expect(index.entryCount).toBe(kept.length)
        expect(scratch.hex('i')).toBe(Buffer.from(encode(kept)).toString('hex'))
        index.file.close()
      }),
      { numRuns: 50, endOnFailure: true },
    )
  })

  test('refuses an entry that does not come after the last', () => {
    const index = new OffsetIndex(new Scratch().file('i', encode([{ relative: 5, position: 50 }])), base)
    expect(() => index.append(offset(1005n), filePosition(60))).toThrow(AssertionError)
    expect(() => index.append(offset(999n), filePosition(60))).toThrow(AssertionError)
    expect(() => index.append(offset(1000n + 2n ** 31n), filePosition(60))).toThrow(AssertionError)
  })

  test('is full when the next entry would not fit', () => {
    const index = new OffsetIndex(new Scratch().file('i', encode([{ relative: 5, position: 50 }])), base)
    expect(index.isFull(15)).toBe(true)
    expect(index.isFull(16)).toBe(false)
  })
})

describe('a check of an OffsetIndex', () => {
  test.each([
    ['an empty file', '', { kind: 'whole' }],
    ['whole entries', '000000050000006e 00000008000000eb', { kind: 'whole' }],
    [
      'a torn entry',
      '000000050000006e 00000008',
      { kind: 'damaged', position: 8, reason: 'its size 12 is no multiple of 8' },
    ],
    ['padding', '000000050000006e 0000000000000000', { kind: 'padded', entryCount: 1 }],
    ['nothing but padding', '0000000000000000 0000000000000000', { kind: 'padded', entryCount: 0 }],
    [
      'a last entry below the base',
      'ffffffff0000006e',
      { kind: 'damaged', position: 0, reason: 'the last entry lies below the base offset' },
    ],
  ])('checks the end: %s', (_, bytes, expected) => {
    expect(new OffsetIndex(new Scratch().file('i', hex(bytes)), base).check()).toEqual(expected)
  })

  test.each([
    ['order', '000000050000006e 00000008000000eb', { kind: 'whole' }],
    [
      'an offset that does not grow',
      '000000050000006e 00000005000000eb',
      { kind: 'damaged', position: 8, reason: 'offset 1005 after 1005' },
    ],
    ['a position that does not grow', '000000050000006e 000000060000006e', { kind: 'damaged', position: 8 }],
    ['a position behind the log', '000000050000006e 00000006000003e8', { kind: 'damaged', position: 8 }],
  ])('verifies every entry: %s', (_, bytes, expected) => {
    expect(new OffsetIndex(new Scratch().file('i', hex(bytes)), base).verify(1000)).toMatchObject(expected)
  })

  test('answers from garbage without failing', () => {
    const scratch = new Scratch()
    fc.assert(
      fc.property(fc.uint8Array({ size: 'max', maxLength: 9000 }), fc.nat(), (bytes, relative) => {
        const index = new OffsetIndex(scratch.file('i', bytes), base)
        const found = index.lookup(offset(base + BigInt(relative)))
        expect(found.position).toBeGreaterThanOrEqual(0)
        expect(found.offset).toBeGreaterThanOrEqual(base)
        expect(['whole', 'padded', 'damaged']).toContain(index.check().kind)
        expect(['whole', 'padded', 'damaged']).toContain(index.verify(1e9).kind)
        index.file.close()
      }),
      { numRuns: 100 },
    )
  })
})
