import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset, producerId } from '../../src/base/brands.ts'
import { type CompressionCodec, compressionCodecs } from '../../src/record/codec.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { type NewRecord, RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { batchOf, latin1, readAll, text } from './batches.ts'
import { golden, goldenByCodec, hex, t } from './golden-batches.ts'

const sizeMax = 2 ** 20

const goldenRecords: NewRecord[] = [
  { key: text('k'), value: text('v1'), headers: [{ key: 'h', value: Uint8Array.of(1, 2) }], timestamp: t },
  { key: null, value: null, timestamp: t + 5 },
]

describe('golden batches', () => {
  test('writes a plain batch as Kafka does', () => {
    expect(batchOf('none', goldenRecords)).toEqual(hex(goldenByCodec.none))
  })

  test('writes a tombstone at an offset as Kafka does', () => {
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax })
    builder.append({ key: text('k'), value: text('v'), timestamp: t })
    builder.append({ key: text('dead'), value: null, timestamp: t + 7 })
    expect(builder.build(offset(5n))).toEqual(hex(golden.tombstone))
  })

  test('writes the batch of an idempotent producer as Kafka does', () => {
    const producer = { id: producerId(1000n), epoch: 3, baseSequence: 7 }
    const builder = new RecordBatchBuilder({ codec: 'none', producer, sizeMax })
    builder.append({ key: text('k'), value: text('v'), timestamp: t })
    expect(builder.build(offset(0n), leaderEpoch(0))).toEqual(hex(golden.idempotent))
  })

  test('writes xerial snappy as Kafka does', () => {
    expect(readAll(new RecordBatch(batchOf('snappy', goldenRecords)))).toHaveLength(2)
    expect(batchOf('snappy', goldenRecords).subarray(61, 77)).toEqual(hex(goldenByCodec.snappy).subarray(61, 77))
  })
})

const bytes = fc.uint8Array({ maxLength: 300, size: 'max' })
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value: fc.option(bytes) }), { maxLength: 3 }),
  timestamp: fc.oneof(fc.integer({ min: t - 1e9, max: t + 1e9 }), fc.constantFrom(-1, 0, 2 ** 52, t)),
})
const records = fc.array(record, { minLength: 1, maxLength: 20 })

describe('round trip', () => {
  test.each(compressionCodecs)('what was appended is read again with %s', (codec) => {
    fc.assert(
      fc.property(records, (written) => {
        const batch = new RecordBatch(batchOf(codec, written))
        expect(batch.isCrcValid()).toBe(true)
        expect(batch.codec).toBe(codec)
        expect(batch.maxTimestamp).toBe(Math.max(...written.map(({ timestamp }) => timestamp)))
        expect(readAll(batch)).toEqual(written.map(asSeen))
      }),
      { numRuns: 100 },
    )
  })

  test('the estimated size is the size without compression', () => {
    fc.assert(
      fc.property(records, (written) => {
        const builder = new RecordBatchBuilder({ codec: 'none', sizeMax })
        for (const each of written) builder.append(each)
        expect(builder.build().length).toBe(builder.estimatedSize)
        expect(builder.recordCount).toBe(written.length)
      }),
      { numRuns: 100 },
    )
  })
})

describe('sizeMax', () => {
  const hundred: NewRecord = { key: null, value: new Uint8Array(100), timestamp: t }

  test('takes what fits exactly and leaves the batch as it was for what does not', () => {
    const three = batchOf('none', [hundred, hundred, hundred])
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: three.length })
    expect([1, 2, 3, 4].map(() => builder.append(hundred))).toEqual([true, true, true, false])
    expect(builder.build()).toEqual(three)
  })

  test('takes a first record of any size', () => {
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 80 })
    expect(builder.append({ key: null, value: new Uint8Array(100_000), timestamp: t })).toBe(true)
    expect(builder.append({ key: null, value: null, timestamp: t })).toBe(false)
    expect(readAll(new RecordBatch(builder.build())).length).toBe(1)
  })

  test.each(compressionCodecs)('holds for bytes that %s cannot make smaller', (codec: CompressionCodec) => {
    const value = new Uint8Array(900)
    for (let i = 0, state = 1; i < value.length; i++) value[i] = (state = (state * 48271) % 0x7fff_ffff) >> 8
    const plain = batchOf('none', [{ key: null, value, timestamp: t }])
    const builder = new RecordBatchBuilder({ codec, sizeMax: plain.length })
    builder.append({ key: null, value, timestamp: t })
    const batch = new RecordBatch(builder.build())
    expect(batch.sizeInBytes).toBe(plain.length)
    expect(batch.codec).toBe('none')
    expect(batch.isCrcValid()).toBe(true)
  })
})

describe('options', () => {
  test('a level changes how small it gets', () => {
    const value = text('GET /index.html 200 '.repeat(2000) + 'POST /x 500 '.repeat(100))
    const sizes = [1, 9].map((level) => {
      const builder = new RecordBatchBuilder({ codec: 'gzip', level, sizeMax })
      builder.append({ key: null, value, timestamp: t })
      return builder.build().length
    })
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0)
  })

  test('LogAppendTime marks the batch', () => {
    const builder = new RecordBatchBuilder({ codec: 'zstd', timestampType: 'LogAppendTime', sizeMax })
    builder.append({ key: null, value: null, timestamp: t })
    const batch = new RecordBatch(builder.build())
    expect(batch).toMatchObject({ timestampType: 'LogAppendTime', codec: 'zstd', maxTimestamp: t })
  })

  test('reset begins anew, with the next sequence number', () => {
    const producer = { id: producerId(1n), epoch: 0, baseSequence: 0 }
    const builder = new RecordBatchBuilder({ codec: 'none', producer, sizeMax })
    builder.append({ key: null, value: text('first'), timestamp: t })
    const first = builder.build()
    builder.reset(1)
    builder.append({ key: null, value: text('second'), timestamp: t - 5 })
    const second = new RecordBatch(builder.build())
    expect(readAll(new RecordBatch(first))[0]?.value).toBe('first')
    expect(second).toMatchObject({ baseSequence: 1, recordCount: 1, baseTimestamp: t - 5, maxTimestamp: t - 5 })
  })
})

function asSeen(written: NewRecord, index: number) {
  return {
    offset: BigInt(index),
    timestamp: written.timestamp,
    key: latin1(written.key),
    value: latin1(written.value),
    headers: (written.headers ?? []).map(({ key, value }) => ({ key, value: latin1(value) })),
  }
}
