import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset, producerId } from '../../src/base/brands.ts'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { batchFieldAt, RecordBatch } from '../../src/record/record-batch.ts'
import { golden, goldenByCodec, hex, t } from './golden-batches.ts'

function changed(source: string, change: (view: DataView) => void): Uint8Array {
  const bytes = hex(source)
  change(new DataView(bytes.buffer))
  return bytes
}

test('its fields lie where the format says', () => {
  expect(batchFieldAt).toEqual({
    baseOffset: 0,
    batchLength: 8,
    partitionLeaderEpoch: 12,
    magic: 16,
    crc: 17,
    attributes: 21,
    lastOffsetDelta: 23,
    baseTimestamp: 27,
    maxTimestamp: 35,
    producerId: 43,
    producerEpoch: 51,
    baseSequence: 53,
    recordCount: 57,
  })
  expect(RecordBatch.overhead).toBe(61)
})

describe('golden batches', () => {
  test.each(Object.entries({ ...golden, ...goldenByCodec }))('%s has a valid CRC and its own size', (_name, source) => {
    const batch = new RecordBatch(hex(source))
    expect(batch.isCrcValid()).toBe(true)
    expect(batch.sizeInBytes).toBe(hex(source).length)
  })

  test.each(Object.entries(goldenByCodec))('%s is the codec it says', (codec, source) => {
    expect(new RecordBatch(hex(source)).codec).toBe(codec)
  })

  test('reads every field of a plain batch', () => {
    const batch = new RecordBatch(hex(golden.tombstone))
    expect(batch).toMatchObject({ magic: 2, baseOffset: 5n, partitionLeaderEpoch: -1, crc: 0xf518ff54, attributes: 0 })
    expect(batch).toMatchObject({
      codec: 'none',
      timestampType: 'CreateTime',
      isTransactional: false,
      isControl: false,
    })
    expect(batch).toMatchObject({ hasDeleteHorizon: false, lastOffsetDelta: 1, lastOffset: 6n, nextOffset: 7n })
    expect(batch).toMatchObject({ baseTimestamp: t, maxTimestamp: t + 7, recordCount: 2 })
    expect(batch).toMatchObject({ producerId: -1n, producerEpoch: -1, baseSequence: -1, lastSequence: -1 })
  })

  test('reads a delete horizon', () => {
    const batch = new RecordBatch(hex(golden.deleteHorizon))
    expect(batch).toMatchObject({ hasDeleteHorizon: true, baseTimestamp: 1_700_086_401_000, maxTimestamp: t + 7 })
  })

  test('reads a batch that compaction emptied', () => {
    const batch = new RecordBatch(hex(golden.empty))
    expect(batch).toMatchObject({ producerId: 77n, producerEpoch: 3, baseSequence: 10, lastSequence: 10 })
    expect(batch).toMatchObject({ partitionLeaderEpoch: 4, recordCount: 0, baseTimestamp: -1, nextOffset: 6n })
  })

  test('reads the attributes of a marker', () => {
    expect(new RecordBatch(hex(golden.commit))).toMatchObject({
      isTransactional: true,
      isControl: true,
      baseOffset: 42n,
    })
  })
})

describe('assign', () => {
  test('moves a batch without touching its CRC', () => {
    const batch = new RecordBatch(hex(golden.idempotent))
    batch.assign(offset(2n ** 40n), leaderEpoch(9))
    expect(batch).toMatchObject({ baseOffset: 2n ** 40n, lastOffset: 2n ** 40n, partitionLeaderEpoch: 9 })
    expect(batch.isCrcValid()).toBe(true)
  })

  test('with LogAppendTime gives the bytes that a Kafka broker writes', () => {
    const source = hex(golden.logAppendTime)
    const sent = new RecordBatch(source.slice())
    sent.bytes[batchFieldAt.attributes + 1] = 0
    sent.assign(offset(0n), leaderEpoch(-1))
    sent.stampLogAppendTime(t + 99)
    sent.assign(offset(42n), leaderEpoch(4))
    expect(sent.bytes).toEqual(source)
    expect(sent.timestampType).toBe('LogAppendTime')
  })
})

describe('assignProducer', () => {
  test.each(Object.entries(goldenByCodec))('names the sender of a %s batch and keeps its CRC right', (_, bytes) => {
    const batch = new RecordBatch(hex(bytes))
    batch.assignProducer(producerId(4_000n), 2, 77)
    expect(batch).toMatchObject({ producerId: 4_000n, producerEpoch: 2, baseSequence: 77, recordCount: 2 })
    expect(batch.isCrcValid()).toBe(true)
  })

  test('gives the bytes that a Kafka producer sends', () => {
    const batch = new RecordBatch(hex(golden.idempotent))
    batch.assignProducer(producerId(-1n), -1, -1)
    batch.assignProducer(producerId(1_000n), 3, 7)
    expect(batch.bytes).toEqual(hex(golden.idempotent))
  })
})

describe('sequence numbers', () => {
  test.each([
    [7, 0, 7],
    [0x7fff_ffff, 0, 0x7fff_ffff],
    [0x7fff_ffff, 1, 0],
    [0x7fff_fffe, 3, 1],
  ])('%i and %i more end at %i', (baseSequence, lastOffsetDelta, lastSequence) => {
    const bytes = changed(golden.idempotent, (view) => {
      view.setInt32(batchFieldAt.baseSequence, baseSequence)
      view.setInt32(batchFieldAt.lastOffsetDelta, lastOffsetDelta)
    })
    expect(new RecordBatch(bytes).lastSequence).toBe(lastSequence)
  })
})

describe('as a view', () => {
  test('takes its own bytes out of the middle of others, without a copy', () => {
    const source = hex(golden.tombstone)
    const window = new Uint8Array(source.length + 20)
    window.set(source, 11)
    const batch = new RecordBatch(window, 11)
    expect(batch.bytes).toEqual(source)
    expect(batch.bytes.buffer).toBe(window.buffer)
    expect(batch.isCrcValid()).toBe(true)
  })

  test('notices every flipped bit after the CRC field, and a flipped CRC', () => {
    const bytes = hex(golden.tombstone)
    for (let bit = batchFieldAt.crc * 8; bit < bytes.length * 8; bit++) {
      const mask = 1 << (bit & 7)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ mask
      expect(new RecordBatch(bytes).isCrcValid()).toBe(false)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ mask
    }
  })

  test('notices every flipped bit of its length and magic', () => {
    const source = hex(golden.tombstone)
    const flips = [8, 9, 10, 11, 16].flatMap((at) => Array.from({ length: 8 }, (_, bit) => ({ at, mask: 1 << bit })))
    const accepted = flips.filter(({ at, mask }) => {
      try {
        return new RecordBatch(source.with(at, (source[at] ?? 0) ^ mask)).isCrcValid()
      } catch (error) {
        return !(error instanceof MalformedMessageError)
      }
    })
    expect(accepted).toEqual([])
  })

  test.each([
    ['a cut batch', hex(golden.tombstone).subarray(0, -1)],
    ['a cut header', hex(golden.tombstone).subarray(0, 60)],
    ['no bytes', new Uint8Array(0)],
    ['another magic', changed(golden.tombstone, (view) => view.setInt8(16, 1))],
    ['a length below the header', changed(golden.tombstone, (view) => view.setInt32(8, 48))],
    ['a negative length', changed(golden.tombstone, (view) => view.setInt32(8, -1))],
    ['a length beyond the bytes', changed(golden.tombstone, (view) => view.setInt32(8, 0x7fff_ffff))],
  ])('refuses %s', (_name, bytes) => {
    expect(() => new RecordBatch(bytes)).toThrow(MalformedMessageError)
  })

  test.each([5, 6, 7])('refuses to name codec %i', (id) => {
    const batch = new RecordBatch(changed(golden.tombstone, (view) => view.setInt16(batchFieldAt.attributes, id)))
    expect(() => batch.codec).toThrow(MalformedMessageError)
  })
})
