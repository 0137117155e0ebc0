import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../../src/base/brands.ts'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../../src/record/record-batch-builder.ts'
import { forEachRecord } from '../../../src/record/records.ts'
import { decompress } from '../../../src/record/compression/compression.ts'
import { type CleanerKernel, createCleanerKernel } from '../../../src/storage/kernel/cleaner-kernel.ts'
import { crc32c } from '../../../src/wire/crc32c.ts'

const secret = Uint8Array.from({ length: 16 }, (_, i) => 7 * i)
const kinds = ['simd', 'plain'] as const
const mapBytes = 64 * 1024

function kernelOf(kind: (typeof kinds)[number], bytes = mapBytes): CleanerKernel {
  const kernel = createCleanerKernel({ kind, mapBytes: bytes, secret })
  expect(kernel.kind).toBe(kind)
  kernel.reserve(256 * 1024)
  return kernel
}

interface Given {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

const givenRecords = fc.array(
  fc.record({
    key: fc.option(fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string({ unit: 'binary', maxLength: 40 }))),
    value: fc.option(fc.string({ maxLength: 300 })),
    timestamp: fc.oneof(fc.constant(1000), fc.integer({ min: -1, max: 2 ** 41 })),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
)

function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : new TextEncoder().encode(text)
}

function batchOf(records: readonly Given[], baseOffset = 0): RecordBatch {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 2 ** 30 })
  for (const { key, value, timestamp } of records) {
    const headers = timestamp % 2 === 0 ? [{ key: 'h', value: bytesOf(value) }] : []
    builder.append({ key: bytesOf(key), value: bytesOf(value), timestamp, headers })
  }
  return new RecordBatch(builder.build(offset(baseOffset)))
}

const sectionStart = 128
const out = 96 * 1024

/** Puts the records of a batch into the memory. */
function load(kernel: CleanerKernel, batch: RecordBatch): { start: number; end: number; recordCount: number } {
  const section = batch.bytes.subarray(RecordBatch.overhead)
  kernel.memory.set(section, sectionStart)
  return { start: sectionStart, end: sectionStart + section.length, recordCount: batch.recordCount }
}

function note(kernel: CleanerKernel, batch: RecordBatch, keysMax: number, firstOffset = 0): unknown {
  const { baseOffset } = batch
  return kernel.noteKeys({ ...load(kernel, batch), baseOffset, firstOffset: offset(firstOffset), keysMax })
}

describe.each(kinds)('%s', (kind) => {
  test('keeps of each key the last record, tombstones when they shall stay, and what comes after the map', () => {
    const kernel = kernelOf(kind)
    fc.assert(
      fc.property(givenRecords, fc.nat(70), fc.boolean(), fc.boolean(), (records, latest, keepsTombstones, isFree) => {
        const batch = batchOf(records, 5)
        const capacity = kernel.beginMap(records.length)
        const noted = records.slice(0, Math.max(0, latest - 4))
        if (noted.length > 0) note(kernel, batchOf(noted, 5), capacity)
        const filtered = kernel.filterRecords({
          ...load(kernel, batch),
          baseOffset: batch.baseOffset,
          latestOffset: offset(latest),
          keepsTombstones,
          mustCopy: true,
          baseShift: isFree ? 'first' : 12_345,
          out,
        })
        const last = new Map<string, number>()
        noted.forEach(({ key }, i) => key !== null && last.set(key, i))
        const kept = records.flatMap(({ key, value }, i) => {
          const isPast = i + 5 > latest
          const isLast = key !== null && (last.get(key) ?? -1) <= i && (value !== null || keepsTombstones)
          return isPast || isLast ? [i] : []
        })
        const base = batch.baseTimestamp
        const shift = isFree ? (kept.length === 0 ? 0 : (records[kept[0] ?? 0]?.timestamp ?? 0) - base) : 12_345
        expect(filtered).toMatchObject({
          kept: kept.length,
          tombstones: kept.filter((i) => records[i]?.value === null).length,
          keyless: records.filter(({ key }, i) => key === null && !kept.includes(i)).length,
          ...(kept.length > 0 && { baseShift: shift }),
        })
        const written = kernel.memory.slice(out, out + (filtered?.outBytes ?? 0))
        expect(readBack(written, batch, kept.length, shift)).toEqual(kept.map((i) => ({ at: i + 5, ...records[i] })))
        if (kept.length > 0) {
          const largest = Math.max(...kept.map((i) => records[i]?.timestamp ?? 0))
          expect((filtered?.largestTimestampDelta ?? 0) + base).toBe(largest)
        }
      }),
      { numRuns: kind === 'simd' ? 400 : 100 },
    )
  })

  test('says when the map is full, and what it noted up to there', () => {
    const kernel = kernelOf(kind)
    kernel.beginMap(100)
    const keys = ['a', 'b', 'a', 'c', 'b', 'd']
    const batch = batchOf(
      keys.map((key) => ({ key, value: 'v', timestamp: 1 })),
      10,
    )
    expect(note(kernel, batch, 3)).toEqual({ stop: 'full', lastOffset: 13n })
    expect(kernel.keyCount).toBe(3)
  })

  test('leaves keys below the first offset out', () => {
    const kernel = kernelOf(kind)
    kernel.beginMap(100)
    const batch = batchOf(['a', 'b', 'c'].map((key) => ({ key, value: 'v', timestamp: 1 })))
    expect(note(kernel, batch, 100, 2)).toEqual({ stop: 'done', lastOffset: 2n })
    expect(kernel.keyCount).toBe(1)
  })

  test('has room for four keys in five slots, and finds them all', () => {
    const kernel = kernelOf(kind, 24 * 5000)
    const capacity = kernel.beginMap(1_000_000)
    expect(capacity).toBe(4000)
    const given = Array.from({ length: capacity }, (_, i) => ({ key: `key ${i}`, value: 'v', timestamp: 1 }))
    expect(note(kernel, batchOf(given), capacity)).toMatchObject({ stop: 'done' })
    const second = batchOf(given.slice(0, 2000), 2000)
    const filtered = kernel.filterRecords({
      ...load(kernel, second),
      baseOffset: offset(0),
      latestOffset: offset(4000),
      keepsTombstones: true,
      mustCopy: false,
      baseShift: 'first',
      out,
    })
    expect(filtered).toMatchObject({ kept: 2000, outBytes: 0 })
    kernel.beginMap(1)
    expect(kernel.keyCount).toBe(0)
  })

  test('refuses records that do not follow their format, whatever the bytes', () => {
    const kernel = kernelOf(kind)
    const capacity = kernel.beginMap(10)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), fc.nat(40), (bytes, recordCount) => {
        kernel.memory.set(bytes, sectionStart)
        const range = { start: sectionStart, end: sectionStart + bytes.length, recordCount, baseOffset: offset(0) }
        kernel.beginMap(10)
        expect(['done', 'full', 'malformed']).toContain(
          kernel.noteKeys({ ...range, firstOffset: offset(0), keysMax: capacity }).stop,
        )
      }),
      { numRuns: 500 },
    )
    const batch = batchOf([{ key: 'k', value: 'v', timestamp: 1 }])
    const { start, end } = load(kernel, batch)
    const ranges = [
      { start, end, recordCount: 2 },
      { start, end: end - 1, recordCount: 1 },
      { start, end: end + 1, recordCount: 1 },
    ]
    for (const range of ranges) {
      const task = { ...range, baseOffset: offset(0), firstOffset: offset(0), keysMax: 10 }
      expect(kernel.noteKeys(task).stop).toBe('malformed')
      const filtering = { latestOffset: offset(9), keepsTombstones: true, mustCopy: true, baseShift: 0, out }
      expect(kernel.filterRecords({ ...task, ...filtering })).toBeUndefined()
    }
  })

  test('grows its memory and keeps what is in it', () => {
    const kernel = kernelOf(kind)
    kernel.memory.set([1, 2, 3], 1000)
    kernel.reserve(kernel.memory.length + 100_000)
    expect([...kernel.memory.subarray(1000, 1003)]).toEqual([1, 2, 3])
    expect(kernel.crc32c(1000, 1003)).toBe(crc32c(Uint8Array.of(1, 2, 3)))
  })
})

test('both take the same keys for the same', () => {
  const kernels = kinds.map((kind) => kernelOf(kind))
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { minLength: 1, maxLength: 40, size: 'max' }), (keys) => {
      const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 2 ** 30 })
      for (const key of keys) builder.append({ key, value: key, timestamp: 1 })
      const batch = new RecordBatch(builder.build(offset(0)))
      const distinct = new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size
      for (const kernel of kernels) {
        note(kernel, batch, kernel.beginMap(keys.length))
        expect(kernel.keyCount).toBe(distinct)
      }
    }),
  )
})

/** The records that a filter wrote, with timestamps by the base that they are relative to now. */
function readBack(section: Uint8Array, original: RecordBatch, count: number, shift: number): unknown[] {
  const bytes = new Uint8Array(RecordBatch.overhead + section.length)
  bytes.set(original.bytes.subarray(0, RecordBatch.overhead))
  bytes.set(section, RecordBatch.overhead)
  const view = new DataView(bytes.buffer)
  view.setInt32(8, bytes.length - 12)
  view.setBigInt64(27, BigInt(original.baseTimestamp + shift))
  view.setInt32(57, count)
  const records: unknown[] = []
  const textOf = (part: Uint8Array | null): string | null =>
    part === null ? null : new TextDecoder('utf-8', { ignoreBOM: true }).decode(part)
  forEachRecord(
    new RecordBatch(bytes),
    (record) => {
      records.push({
        at: Number(record.offset),
        key: textOf(record.keyBytes()),
        value: textOf(record.valueBytes()),
        timestamp: record.timestamp,
      })
    },
    { decompress },
  )
  return records
}
