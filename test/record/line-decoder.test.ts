import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import type { CompressionCodec } from '../../src/record/codec.ts'
import { LineDecoder, type LineDecoderOptions, type WantedRecords } from '../../src/record/line-decoder.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'

const newline = 10

/** Batches that Apache Kafka wrote. */
const golden = [
  {
    name: 'a record and a tombstone',
    hex:
      '000000000000000500000045ffffffff02f518ff540000000000010000018bcfe568000000018bcfe56807ffffffffffffffffffffffffffff000000021000000002' +
      '6b02760014000e02086465616401' +
      '00',
    lines: 'v\n\n',
  },
  {
    name: 'a batch with a delete horizon',
    hex:
      '00000000000000050000004bffffffff0296aaa65f0040000000010000018bd50bc7e80000018bcfe56807ffffffffffffffffffffffffffff000000021600cfffb25200026b0276001a00c1ffb25202086465616401' +
      '00',
    lines: 'v\n\n',
  },
  {
    name: 'a batch that compaction emptied',
    hex:
      '000000000000000500000031000000040222040' +
      '8ef000000000000ffffffffffffffff0000018bcfe56800000000000000004d00030000000a00000000',
    lines: '',
  },
  {
    name: 'headers, and a record of nothing',
    hex: '000000000000000000000047ffffffff023981c4780000000000010000018bcfe568000000018bcfe56805ffffffffffffffffffffffffffff000000021c000000026b0476310202680401020c000a02010100',
    lines: 'v1\n\n',
  },
  {
    name: 'gzip',
    hex: '00000000000000000000005bffffffff02c11dc47f0001000000010000018bcfe568000000018bcfe56805ffffffffffffffffffffffffffff000000021f8b08000000000000ff9361606060ca6629336462ca606164e261e0626264640000e88fcce416000000',
    lines: 'v1\n\n',
  },
  {
    name: 'snappy',
    hex: '00000000000000000000005dffffffff02fd1d82b50002000000010000018bcfe568000000018bcfe56805ffffffffffffffffffffffffffff0000000282534e415050590000000001000000010000001816541c000000026b0476310202680401020c000a02010100',
    lines: 'v1\n\n',
  },
  {
    name: 'lz4',
    hex: '000000000000000000000056ffffffff02e2aca5b60003000000010000018bcfe568000000018bcfe56805ffffffffffffffffffffffffffff0000000204224d18604082160000801c000000026b0476310202680401020c000a0201010000000000',
    lines: 'v1\n\n',
  },
  {
    name: 'zstd',
    hex: '000000000000000000000053ffffffff027ee211060004000000010000018bcfe568000000018bcfe56805ffffffffffffffffffffffffffff0000000228b52ffd0058b000001c000000026b0476310202680401020c000a02010100010000',
    lines: 'v1\n\n',
  },
] as const

describe('LineDecoder', () => {
  test.each(golden)('reads $name', ({ hex, lines }) => {
    const decoder = decoderOf({})
    const batch = placeBatch(decoder, Buffer.from(hex, 'hex'))
    expect(decoder.window.crc32c(RecordBatch.crcStart, batch.sizeInBytes)).toBe(batch.crc)
    expect(decodeAll(decoder, [batch]).toString()).toBe(lines)
  })

  test('reads nothing in a batch that was emptied, whatever codec it says', () => {
    const { hex } = golden.find(({ name }) => name === 'a batch that compaction emptied') ?? { hex: '' }
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
    bytes[22] = 3
    const batch = new RecordBatch(bytes)
    batch.sealCrc()
    expect(batch.codec).toBe('lz4')
    expect(decodeAll(decoderOf({}), [batch]).toString()).toBe('')
  })

  test('writes the lines of many batches, in pieces of the size that was asked for', () => {
    fc.assert(
      fc.property(batchesCase, ({ batches, options }) => {
        const decoder = decoderOf(options)
        const pieces: Buffer[] = []
        for (const { values, codec } of batches) {
          const bytes = batchOf(values, codec)
          decoder.growWindow(bytes.length)
          const batch = codec === 'gzip' ? new RecordBatch(bytes) : placeBatch(decoder, bytes)
          decoder.open(batch)
          pieces.push(...piecesFrom(decoder))
          expect(decoder.recordsWritten).toBe(values.length)
        }
        pieces.push(Buffer.from(decoder.flush()))
        const expected = batches.flatMap(({ values }) => values.flatMap((value) => [value, Buffer.of(newline)]))
        expect(Buffer.compare(Buffer.concat(pieces), Buffer.concat(expected))).toBe(0)
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(options.pieceBytes)
      }),
      { numRuns: 300 },
    )
  })

  test('ends pieces where records end, when they are smaller than a piece', () => {
    const decoder = decoderOf({ pieceBytes: 20 })
    decoder.open(
      placeBatch(
        decoder,
        batchOf(
          Array.from({ length: 9 }, () => Buffer.from('sixsix')),
          'none',
        ),
      ),
    )
    expect(piecesFrom(decoder).map(String)).toEqual(Array.from({ length: 4 }, () => 'sixsix\nsixsix\n'))
    expect(Buffer.from(decoder.flush()).toString()).toBe('sixsix\n')
    expect(decoder.flush()).toHaveLength(0)
  })

  test.each<{ wanted: WantedRecords; lines: string }>([
    { wanted: {}, lines: '0\n1\n2\n3\n' },
    { wanted: { firstOffsetDelta: 2 }, lines: '2\n3\n' },
    { wanted: { recordsMax: 3 }, lines: '0\n1\n2\n' },
    { wanted: { firstOffsetDelta: 1, recordsMax: 1 }, lines: '1\n' },
    { wanted: { recordsMax: 0 }, lines: '' },
    { wanted: { firstOffsetDelta: 9 }, lines: '' },
  ])('gives the records that $wanted asks for', ({ wanted, lines }) => {
    for (const codec of ['none', 'lz4'] as const) {
      const decoder = decoderOf({})
      decoder.open(
        placeBatch(
          decoder,
          batchOf(
            ['0', '1', '2', '3'].map((value) => Buffer.from(value)),
            codec,
          ),
        ),
        wanted,
      )
      expect(Buffer.concat([...piecesFrom(decoder), decoder.flush()]).toString()).toBe(lines)
    }
  })

  test('writes NULL for null when asked', () => {
    const decoder = decoderOf({ hasNullMarker: true })
    expect(decodeAll(decoder, [placeBatch(decoder, Buffer.from(golden[0].hex, 'hex'))]).toString()).toBe('v\nNULL\n')
  })

  test('gives a value larger than its pieces in several, and the delimiter with what follows', () => {
    const decoder = decoderOf({ pieceBytes: 16 })
    const values = ['small', 'x'.repeat(40), 'next'].map((value) => Buffer.from(value))
    decoder.open(placeBatch(decoder, batchOf(values, 'none')))
    expect(piecesFrom(decoder).map(String)).toEqual(['small\n', 'x'.repeat(16), 'x'.repeat(16), 'x'.repeat(8)])
    expect(Buffer.from(decoder.flush()).toString()).toBe('\nnext\n')
  })

  test('keeps the lines that wait when its window grows', () => {
    const decoder = decoderOf({ windowBytes: 200 })
    decoder.open(placeBatch(decoder, batchOf([Buffer.from('first')], 'none')))
    expect(piecesFrom(decoder)).toEqual([])
    decoder.growWindow(100_000)
    expect(decoder.window.bytes.length).toBeGreaterThanOrEqual(100_000)
    decoder.open(placeBatch(decoder, batchOf([Buffer.from('second')], 'none')))
    expect(Buffer.concat([...piecesFrom(decoder), decoder.flush()]).toString()).toBe('first\nsecond\n')
  })

  test('refuses a batch that has more or fewer records than it says', () => {
    for (const claimed of [1, 3, -1]) {
      const bytes = batchOf([Buffer.from('a'), Buffer.from('b')], 'none')
      Buffer.from(bytes.buffer, bytes.byteOffset).writeInt32BE(claimed, 57)
      const decoder = decoderOf({})
      decoder.open(placeBatch(decoder, bytes))
      expect(() => piecesFrom(decoder)).toThrow(`batch says ${claimed} records and has 2`)
    }
  })

  test('gives the records before a damaged one', () => {
    const bytes = batchOf(
      ['a', 'b', 'c'].map((value) => Buffer.from(value)),
      'none',
    )
    bytes[61 + 8] = 0x7f
    const decoder = decoderOf({})
    decoder.open(placeBatch(decoder, bytes))
    expect(() => piecesFrom(decoder)).toThrow(MalformedMessageError)
    expect(Buffer.from(decoder.flush()).toString()).toBe('a\n')
  })

  test('refuses what decompresses to more than it may', () => {
    const decoder = decoderOf({ decompressedBytesMax: 100 })
    const batch = placeBatch(decoder, batchOf([Buffer.alloc(1000)], 'lz4'))
    expect(() => decoder.open(batch)).toThrow(MalformedMessageError)
  })
})

const batchesCase = fc.record({
  batches: fc.array(
    fc.record({
      values: fc.array(fc.uint8Array({ maxLength: 200, size: 'max' }), { minLength: 1, maxLength: 10 }),
      codec: fc.constantFrom<CompressionCodec>('none', 'none', 'lz4', 'gzip'),
    }),
    { maxLength: 5 },
  ),
  options: fc.record({
    windowBytes: fc.integer({ min: 100, max: 1000 }),
    pieceBytes: fc.integer({ min: 8, max: 500 }),
    kind: fc.constantFrom<'plain' | 'simd' | undefined>('plain', 'simd', undefined),
  }),
})

function decoderOf(options: Omit<LineDecoderOptions, 'delimiter'>): LineDecoder {
  return new LineDecoder({ delimiter: newline, ...options })
}

/** Puts a batch where a read would put it. */
function placeBatch(decoder: LineDecoder, bytes: Uint8Array): RecordBatch {
  const { bytes: window } = decoder.window
  window.set(bytes)
  return new RecordBatch(window.subarray(0, bytes.length))
}

function batchOf(values: readonly Uint8Array[], codec: CompressionCodec): Uint8Array {
  const builder = new RecordBatchBuilder({ codec, sizeMax: 1 << 24 })
  for (const value of values) builder.append({ key: null, value, timestamp: 0 })
  return builder.build()
}

/** What `next` gives until it gives no more, copied as a write would. */
function piecesFrom(decoder: LineDecoder): Buffer[] {
  const pieces: Buffer[] = []
  for (let piece = decoder.next(); piece !== undefined; piece = decoder.next()) pieces.push(Buffer.from(piece))
  return pieces
}

function decodeAll(decoder: LineDecoder, batches: readonly RecordBatch[]): Buffer {
  const pieces = batches.flatMap((batch) => {
    decoder.open(batch)
    return piecesFrom(decoder)
  })
  return Buffer.concat([...pieces, decoder.flush()])
}
