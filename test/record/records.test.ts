import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { compressionCodecs } from '../../src/record/codec.ts'
import { compress, decompress } from '../../src/record/compression/compression.ts'
import { batchFieldAt, RecordBatch } from '../../src/record/record-batch.ts'
import { forEachRecord, type RecordView } from '../../src/record/records.ts'
import { batchOf, readAll, text } from './batches.ts'
import { golden, goldenByCodec, hex, t } from './golden-batches.ts'

const mebibyte = 1024 * 1024

/** A plain batch that declares `count` records and has these bytes for them, with a valid CRC. */
function withRecords(records: string, count: number): RecordBatch {
  const header = hex(golden.tombstone).subarray(0, RecordBatch.overhead)
  const bytes = new Uint8Array([...header, ...hex(records)])
  const view = new DataView(bytes.buffer)
  view.setInt32(batchFieldAt.batchLength, bytes.length - 12)
  view.setInt32(batchFieldAt.recordCount, count)
  const batch = new RecordBatch(bytes)
  batch.sealCrc()
  return batch
}

const plainRecord = '10 00 00 00 02 6b 02 76 00'

describe('golden batches', () => {
  test.each(Object.entries(goldenByCodec))('reads the records of %s', (_codec, source) => {
    expect(readAll(new RecordBatch(hex(source)))).toEqual([
      { offset: 0n, timestamp: t, key: 'k', value: 'v1', headers: [{ key: 'h', value: '\x01\x02' }] },
      { offset: 1n, timestamp: t + 5, key: null, value: null, headers: [] },
    ])
  })

  test('reads a tombstone, and the same timestamps after a delete horizon was set', () => {
    const expected = [
      { offset: 5n, timestamp: t, key: 'k', value: 'v', headers: [] },
      { offset: 6n, timestamp: t + 7, key: 'dead', value: null, headers: [] },
    ]
    expect(readAll(new RecordBatch(hex(golden.tombstone)))).toEqual(expected)
    expect(readAll(new RecordBatch(hex(golden.deleteHorizon)))).toEqual(expected)
  })

  test('reads no record from a batch that compaction emptied', () => {
    expect(readAll(new RecordBatch(hex(golden.empty)))).toEqual([])
  })

  test('gives every record the time of the append under LogAppendTime', () => {
    expect(readAll(new RecordBatch(hex(golden.logAppendTime))).map((record) => record.timestamp)).toEqual([t + 99])
  })
})

describe('forEachRecord', () => {
  const ten = Array.from({ length: 10 }, (_, index) => ({ key: null, value: text(`v${index}`), timestamp: t }))

  test('stops when the visitor returns false', () => {
    const values: number[] = []
    const visit = (record: RecordView) => values.push(Number(record.offset)) < 3
    forEachRecord(new RecordBatch(batchOf('none', ten)), visit, { decompress })
    expect(values).toEqual([0, 1, 2])
  })

  test('shows one object and the bytes of the batch itself', () => {
    const batch = new RecordBatch(batchOf('none', ten))
    const seen = new Set<RecordView>()
    forEachRecord(
      batch,
      (record) => {
        seen.add(record)
        expect(record.bytes).toBe(batch.bytes)
        expect(record.key).toEqual({ start: -1, end: -1 })
        expect(record.valueBytes()).toEqual(record.bytes.subarray(record.value.start, record.value.end))
      },
      { decompress },
    )
    expect(seen.size).toBe(1)
  })

  test('keeps header keys in order, also the same one twice, also one that is not UTF-8', () => {
    const batch = withRecords('1a 00 00 00 01 01 06 02 61 01 02 61 00 02 ff 01', 1)
    expect(() => readAll(batch)).toThrow(MalformedMessageError)
    const right = withRecords('1e 00 00 00 01 01 06 02 61 01 02 61 00 02 ff 01', 1)
    expect(readAll(right)[0]?.headers).toEqual([
      { key: 'a', value: null },
      { key: 'a', value: '' },
      { key: '\ufffd', value: null },
    ])
  })

  test('keeps a byte order mark at the start of a header key', () => {
    const batch = withRecords('1a 00 00 00 01 01 02 08 ef bb bf 61 02 76', 1)
    expect(readAll(batch)[0]?.headers).toEqual([{ key: '\ufeffa', value: 'v' }])
  })

  test('opens compressed records with what it was given, and tells it the limit', () => {
    const calls: unknown[] = []
    const batch = new RecordBatch(batchOf('gzip', ten))
    forEachRecord(batch, () => {}, {
      limitBytes: 12_345,
      decompress: (codec, bytes, limitBytes) => {
        calls.push([codec, limitBytes])
        return decompress(codec, bytes, limitBytes)
      },
    })
    expect(calls).toEqual([['gzip', 12_345]])
  })
})

describe('forEachRecord refuses', () => {
  test.each([
    ['a record too few', plainRecord, 2],
    ['a record too many', plainRecord + plainRecord, 1],
    ['a byte after the last record', `${plainRecord} 00`, 1],
    ['bytes in a batch of no records', plainRecord, 0],
    ['a negative count', plainRecord, -1],
    ['a count beyond all bytes', plainRecord, 0x7fff_ffff],
    ['a record longer than it says', '0e 00 00 00 02 6b 02 76 00', 1],
    ['a record shorter than it says', '12 00 00 00 02 6b 02 76 00 00', 1],
    ['a record longer than the batch', '12 00 00 00 02 6b 02 76 00', 1],
    ['a negative record length', '0f 00 00 00 02 6b 02 76 00', 1],
    ['a key length of -2', '0e 00 00 00 03 02 76 00', 1],
    ['a key beyond the batch', '10 00 00 00 40 6b 02 76 00', 1],
    ['a value length of -2', '0e 00 00 00 02 6b 03 00', 1],
    ['a negative header count', '10 00 00 00 02 6b 02 76 01', 1],
    ['more headers than bytes', '10 00 00 00 02 6b 02 76 7e', 1],
    ['a null header key', '14 00 00 00 02 6b 02 76 02 01 01', 1],
    ['a header value length of -2', '16 00 00 00 02 6b 02 76 02 02 61 03', 1],
    ['a varint of six bytes', '10 00 00 80 80 80 80 80 00', 1],
    ['no bytes at all', '', 1],
  ])('%s', (_name, records, count) => {
    const batch = withRecords(records, count)
    expect(batch.isCrcValid()).toBe(true)
    expect(() => readAll(batch)).toThrow(MalformedMessageError)
  })

  test('naming the byte', () => {
    expect(() => readAll(withRecords(`${plainRecord} 00`, 1))).toThrow(
      /1 bytes follow the 1 declared records at byte 70/,
    )
  })

  test.each(compressionCodecs.filter((codec) => codec !== 'none'))('a bomb of %s, at once', (codec) => {
    const stream = compress(codec, new Uint8Array(8 * mebibyte))
    const bytes = new Uint8Array(RecordBatch.overhead + stream.length)
    bytes.set(hex(goldenByCodec[codec]).subarray(0, RecordBatch.overhead))
    bytes.set(stream, RecordBatch.overhead)
    new DataView(bytes.buffer).setInt32(batchFieldAt.batchLength, bytes.length - 12)
    expect(() => readAll(new RecordBatch(bytes), mebibyte)).toThrow(MalformedMessageError)
  })
})

describe('hostile bytes', () => {
  test.each(Object.entries({ ...goldenByCodec, deleteHorizon: golden.deleteHorizon, commit: golden.commit }))(
    'each changed byte of %s is read or refused, never worse',
    (_name, source) => {
      const bytes = hex(source)
      for (let at = 0; at < bytes.length; at++) {
        for (const mask of [0x01, 0x02, 0x40, 0x80, 0xff]) expectReadOrRefused(bytes.with(at, (bytes[at] ?? 0) ^ mask))
      }
    },
  )

  test.each(Object.entries(goldenByCodec))(
    'each prefix of the records of %s is refused, or read as a whole',
    (_name, source) => {
      const bytes = hex(source)
      for (let length = RecordBatch.overhead; length < bytes.length; length++) {
        const cut = bytes.slice(0, length)
        new DataView(cut.buffer).setInt32(batchFieldAt.batchLength, length - 12)
        // A stream that only lost its end mark may still give all records.
        expectReadOrRefused(cut, 2)
        expect(new RecordBatch(cut).isCrcValid()).toBe(false)
      }
    },
  )

  test('random records are read or refused', () => {
    const records = fc.uint8Array({ maxLength: 64, size: 'max' })
    fc.assert(
      fc.property(records, fc.nat(4), fc.nat(7), (payload, count, attributes) => {
        const header = hex(golden.tombstone).subarray(0, RecordBatch.overhead)
        const bytes = new Uint8Array([...header, ...payload])
        const view = new DataView(bytes.buffer)
        view.setInt32(batchFieldAt.batchLength, bytes.length - 12)
        view.setInt32(batchFieldAt.recordCount, count)
        view.setInt16(batchFieldAt.attributes, attributes)
        expectReadOrRefused(bytes)
      }),
      { numRuns: 2000 },
    )
  })
})

function expectReadOrRefused(bytes: Uint8Array, count?: number): void {
  try {
    const records = readAll(new RecordBatch(bytes), mebibyte)
    if (count !== undefined) expect(records.length).toBe(count)
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessageError)
  }
}
