import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CompressionCodec } from '../../../src/record/codec.ts'
import type { BatchWalk } from '../../../src/record/kernel/batch-walk.ts'
import type { Kernel } from '../../../src/record/kernel/kernel.ts'
import { RecordBatchBuilder } from '../../../src/record/record-batch-builder.ts'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import type { LeaderEpoch, Offset, ProducerId } from '../../../src/base/brands.ts'
import { text } from '../batches.ts'
import { kernelsOfAllKinds } from './kernels.ts'

const memoryBytes = 200_000
const kernels = kernelsOfAllKinds(memoryBytes)
const end = 2n ** 62n

interface Described {
  readonly records: number
  readonly valueBytes: number
  readonly codec: CompressionCodec
  readonly producerId: bigint
  readonly timestamp: number
}

function batchOf({ records, valueBytes, codec, producerId, timestamp }: Described): RecordBatch {
  const builder = new RecordBatchBuilder({ codec, sizeMax: 2 ** 20 })
  for (let n = 0; n < records; n++) {
    builder.append({ timestamp: timestamp + n, key: null, value: text('v'.repeat(valueBytes)), headers: [] })
  }
  const batch = new RecordBatch(builder.build())
  if (producerId >= 0n) batch.assignProducer(producerId as ProducerId, 3, 7)
  return batch
}

/** Batches that follow one another from `first` on, in leader epoch 4. */
function logOf(described: readonly Described[], first: bigint): { bytes: Uint8Array; batches: RecordBatch[] } {
  const batches = described.map(batchOf)
  let next = first
  for (const batch of batches) {
    batch.assign(next as Offset, 4 as LeaderEpoch)
    next = batch.nextOffset
  }
  return { bytes: Buffer.concat(batches.map(({ bytes }) => bytes)), batches }
}

function walkOver(kernel: Kernel, bytes: Uint8Array, from: Partial<BatchWalk>): object {
  kernel.memory.fill(0)
  kernel.memory.set(bytes, 11)
  const walk = { position: 11, end: 11 + bytes.length, nextOffset: 0n, endOffset: end, leaderEpoch: 4, ...from }
  const { count, records, ...columns } = kernel.walkBatches(walk)
  return {
    count,
    records,
    sizes: [...columns.sizes.subarray(0, count)],
    offsetCounts: [...columns.offsetCounts.subarray(0, count)],
    maxTimestamps: [...columns.maxTimestamps.subarray(0, count)],
    ofProducers: [...columns.ofProducers.subarray(0, count)],
    position: walk.position,
    nextOffset: walk.nextOffset,
  }
}

const described: fc.Arbitrary<Described> = fc.record({
  records: fc.integer({ min: 1, max: 5 }),
  valueBytes: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 9000 })),
  codec: fc.constantFrom<CompressionCodec[]>('none', 'lz4', 'gzip'),
  producerId: fc.constantFrom(-1n, 0n, 2n ** 40n),
  timestamp: fc.integer({ min: -5, max: 2 ** 45 }),
})

const plain: Described = { records: 2, valueBytes: 20, codec: 'none', producerId: -1n, timestamp: 1_700_000_000_000 }

describe.each(kernels)('a walk of the $kind kernel', ({ kernel }) => {
  test('tells of every batch of a log without anything special', () => {
    fc.assert(
      fc.property(fc.array(described, { maxLength: 12 }), fc.bigInt({ min: 0n, max: 2n ** 61n }), (list, first) => {
        const { bytes, batches } = logOf(list, first)
        expect(walkOver(kernel, bytes, { nextOffset: first })).toEqual({
          count: list.length,
          records: list.reduce((sum, { records }) => sum + records, 0),
          sizes: batches.map(({ sizeInBytes }) => sizeInBytes),
          offsetCounts: list.map(({ records }) => records),
          maxTimestamps: batches.map(({ maxTimestamp }) => maxTimestamp),
          ofProducers: list.map(({ producerId }) => Number(producerId >= 0n)),
          position: 11 + bytes.length,
          nextOffset: batches.at(-1)?.nextOffset ?? first,
        })
      }),
    )
  })

  test('stops in front of the first batch with a flipped byte, wherever it is', () => {
    const { bytes, batches } = logOf([plain, plain, plain], 5n)
    const size = batches[0]?.sizeInBytes ?? 0
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7))
      const expected = { count: Math.floor(at / size), position: 11 + Math.floor(at / size) * size }
      expect(walkOver(kernel, changed, { nextOffset: 5n }), `byte ${at}`).toMatchObject(expected)
    }
  })

  test('stops at a batch that is cut off, and takes no more than there are columns for', () => {
    const { bytes } = logOf([plain, plain], 0n)
    for (let left = 0; left < bytes.length; left++) {
      expect(walkOver(kernel, bytes.subarray(0, left), {})).toMatchObject({ count: left < bytes.length / 2 ? 0 : 1 })
    }
    const many = logOf(Array<Described>(300).fill(plain), 0n)
    expect(walkOver(kernel, many.bytes, {})).toMatchObject({ count: 256, nextOffset: 512n })
  })

  test('stops at an offset, an epoch, a count or a marker that somebody has to look at', () => {
    const change = (act: (view: DataView) => void): object => {
      const { bytes, batches } = logOf([plain, plain], 0n)
      const second = new RecordBatch(bytes, batches[0]?.sizeInBytes)
      act(new DataView(second.bytes.buffer, second.bytes.byteOffset))
      second.sealCrc()
      return walkOver(kernel, bytes, {})
    }
    expect(change(() => undefined)).toMatchObject({ count: 2 })
    const special: readonly ((view: DataView) => void)[] = [
      (view) => view.setBigInt64(0, 1n),
      (view) => view.setBigInt64(0, 3n),
      (view) => view.setInt32(12, 5),
      (view) => view.setInt16(21, 5),
      (view) => view.setInt16(21, 0x30),
      (view) => view.setInt32(23, -1),
      (view) => view.setInt32(57, 3),
      (view) => view.setInt32(57, -1),
    ]
    for (const [index, act] of special.entries()) expect(change(act), `${index}`).toMatchObject({ count: 1 })
    expect(walkOver(kernel, logOf([plain, plain], 0n).bytes, { endOffset: 3n })).toMatchObject({ count: 1 })
  })
})

test('both kernels tell the same of any bytes', () => {
  const [one, other] = kernels
  if (one === undefined || other === undefined) return
  fc.assert(
    fc.property(
      fc.array(described, { maxLength: 4 }),
      fc.array(fc.tuple(fc.nat({ max: 1000 }), fc.nat({ max: 255 })), { maxLength: 3 }),
      fc.uint8Array({ maxLength: 200, size: 'max' }),
      (list, changes, tail) => {
        const bytes = Buffer.concat([logOf(list, 0n).bytes, tail])
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        expect(walkOver(one.kernel, bytes, {})).toEqual(walkOver(other.kernel, bytes, {}))
      },
    ),
  )
})
