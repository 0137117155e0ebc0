import { describe, expect, test } from 'vitest'
import { BatchCompressor } from '../../src/record/batch-compressor.ts'
import { compressionCodecs } from '../../src/record/codec.ts'
import { decompress } from '../../src/record/compression/compression.ts'
import { createKernel } from '../../src/record/kernel/kernel.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'

describe('BatchCompressor', () => {
  test.each(compressionCodecs)('keeps the header and the records of batches of any size (%s)', (codec) => {
    const compressor = new BatchCompressor({ codec, level: undefined })
    for (const count of [1, 50, 20_000, 1]) {
      const plain = batchOf(count)
      const batch = new RecordBatch(compressor.compress(plain))
      expect(batch.isCrcValid()).toBe(true)
      expect(batch.codec).toBe(codec)
      expect(Buffer.from(batch.bytes.subarray(23, RecordBatch.overhead))).toEqual(Buffer.from(plain.subarray(23, 61)))
      const records = decompress(codec, batch.bytes.subarray(RecordBatch.overhead), plain.length)
      expect(Buffer.compare(records, plain.subarray(RecordBatch.overhead))).toBe(0)
    }
  })

  test.each(compressionCodecs)('has room for what does not shrink (%s)', (codec) => {
    const compressor = new BatchCompressor({ codec, level: undefined })
    for (const bytes of [0, 1, 1000, 40_000, 200_000, 1_100_000]) {
      const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 2_000_000 })
      const value = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 65_536)))
      builder.append({ key: null, value: Buffer.alloc(bytes, value), timestamp: 1 })
      const batch = new RecordBatch(compressor.compress(builder.build()))
      expect(batch.isCrcValid()).toBe(true)
      const records = decompress(codec, batch.bytes.subarray(RecordBatch.overhead), 2_000_000)
      expect(Buffer.compare(records, builder.build().subarray(RecordBatch.overhead))).toBe(0)
    }
  })

  test('needs no right CRC, and gives the same bytes whichever kernel works', () => {
    const plain = batchOf(3000)
    const wrong = plain.slice()
    wrong.fill(0, 17, 21)
    for (const codec of ['lz4', 'snappy'] as const) {
      const fast = new BatchCompressor({ codec, level: undefined }).compress(plain)
      const plainKernel = new BatchCompressor({
        codec,
        level: undefined,
        createKernel: (options) => createKernel({ ...options, kind: 'plain' }),
      })
      expect(Buffer.compare(plainKernel.compress(wrong), fast)).toBe(0)
    }
  })
})

function batchOf(count: number): Uint8Array {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1 << 22 })
  for (let index = 0; index < count; index++) {
    builder.append({
      key: null,
      value: Buffer.from(`GET /page/${index % 97} ${index * 7919}`),
      timestamp: 1000 + index,
    })
  }
  return builder.build()
}
