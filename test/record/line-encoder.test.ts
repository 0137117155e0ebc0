import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compress, decompress } from '../../src/record/compression/compression.ts'
import { createKernel, type KernelOptions } from '../../src/record/kernel/kernel.ts'
import { LineEncoder, type LineEncoderOptions } from '../../src/record/line-encoder.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { forEachRecord } from '../../src/record/records.ts'
import { naiveLines } from './kernel/naive-lines.ts'

const now = 1_700_000_000_000
const newline = 10

describe('LineEncoder', () => {
  test('puts every line into a record, however the input comes and the batches are cut', () => {
    fc.assert(
      fc.property(pipeCase, ({ input, reads, options, plainBytesMax }) => {
        const encoder = new LineEncoder({ ...options, plainBytesMax })
        const batches = produceAll(encoder, input, reads)
        expect(batches.flatMap(valuesOf)).toEqual(naiveLines(input, options.delimiter, true).map(hex))
        for (const bytes of batches) {
          const batch = new RecordBatch(bytes)
          expect(batch.isCrcValid()).toBe(true)
          expect(batch.sizeInBytes).toBe(bytes.length)
          if (batch.recordCount > 1) expect(bytes.length).toBeLessThanOrEqual(options.batchBytes)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('asks for long reads once much has come, and for a pipeful before', () => {
    const encoder = encoderOf({ readBytes: 300_000, plainBytesMax: 4096 })
    const first = encoder.free.length
    expect(first).toBeLessThan(300_000)
    expect(first).toBeGreaterThanOrEqual(65_536)
    give(encoder, Buffer.from(`${'x'.repeat(50_000)}\nrest`))
    expect(encoder.free.length).toBeGreaterThanOrEqual(300_000)
    encoder.next(now)
    expect(encoder.pendingBytes).toBe(4)
    expect(encoderOf({ readBytes: 1000, plainBytesMax: 4096 }).free.length).toBeLessThan(first)
  })

  test('fills in the header as a producer without an identity does', () => {
    const [bytes] = produceAll(encoderOf({}), Buffer.from('a\nb\n\n'), [])
    const batch = new RecordBatch(bytes ?? Buffer.of())
    expect({ ...factsOf(batch), crc: batch.isCrcValid() }).toEqual({
      baseOffset: 0n,
      partitionLeaderEpoch: -1,
      attributes: 0,
      lastOffsetDelta: 2,
      baseTimestamp: now,
      maxTimestamp: now,
      producerId: -1n,
      producerEpoch: -1,
      baseSequence: -1,
      recordCount: 3,
      crc: true,
    })
  })

  test('gives the bytes that the builder gives', () => {
    const key = Buffer.from('k')
    const headers = [{ key: 'h', value: null }]
    const [bytes] = produceAll(encoderOf({ key, headers }), Buffer.from('one\n\nthree'), [])
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1000 })
    for (const value of ['one', '', 'three'])
      builder.append({ key, value: Buffer.from(value), headers, timestamp: now })
    expect(hex(bytes ?? null)).toBe(hex(builder.build()))
  })

  test('gives all records the key and the headers', () => {
    const headers = [
      { key: 'h', value: Buffer.from([1, 2]) },
      { key: 'none', value: null },
    ]
    const [bytes] = produceAll(encoderOf({ key: Buffer.from('k'), headers }), Buffer.from('1\n2\n'), [])
    const seen: unknown[] = []
    forEachRecord(
      new RecordBatch(bytes ?? Buffer.of()),
      (record) => {
        seen.push([
          hex(record.keyBytes()),
          hex(record.valueBytes()),
          record.headers().map(({ key, value }) => [key, hex(value)]),
        ])
      },
      { decompress },
    )
    const expected = [
      ['h', '0102'],
      ['none', 'null'],
    ]
    expect(seen).toEqual([
      ['6b', '31', expected],
      ['6b', '32', expected],
    ])
  })

  test('gives the records of a read the time of that read, also when the clock goes back', () => {
    const encoder = encoderOf({})
    for (const [text, time] of [
      ['a\n', now],
      ['b\n', now + 7],
      ['c\n', now - 500],
    ] as const) {
      give(encoder, Buffer.from(text))
      expect(encoder.next(time)).toBe('need-input')
    }
    const batch = new RecordBatch(encoder.seal())
    const times: number[] = []
    forEachRecord(batch, (record) => void times.push(record.timestamp), { decompress })
    expect(times).toEqual([now, now + 7, now - 500])
    expect([batch.baseTimestamp, batch.maxTimestamp]).toEqual([now, now + 7])
  })
})

describe('the memory of a LineEncoder', () => {
  test('takes a line that is larger than a batch by itself', () => {
    const long = Buffer.alloc(5000, 'x')
    const input = Buffer.concat([Buffer.from('a\n'), long, Buffer.from('\nb\n')])
    const batches = produceAll(encoderOf({ batchBytes: 200 }), input, [100, 3000])
    expect(batches.map(valuesOf)).toEqual([[hex(Buffer.from('a'))], [hex(long)], [hex(Buffer.from('b'))]])
  })

  test('grows for a line that is larger than its window', () => {
    const long = Buffer.alloc(3_000_000, 'x')
    const batches = produceAll(encoderOf({ valueBytesMax: 4_000_000 }), Buffer.concat([long, Buffer.from('\nb')]), [])
    expect(batches.flatMap((bytes) => sizesOf(bytes))).toEqual([3_000_000, 1])
  })

  test('has room for a read whatever is pending', () => {
    const encoder = encoderOf({ readBytes: 1000, plainBytesMax: Infinity })
    for (let i = 0; i < 20; i++) {
      expect(encoder.free.length).toBeGreaterThanOrEqual(1000)
      give(encoder, Buffer.alloc(777, 'x'))
      expect(encoder.next(now)).toBe('need-input')
      expect(encoder.pendingBytes).toBe(777 * (i + 1))
    }
  })

  test('starts the fast kernel when there is enough to do, and not before', () => {
    const made: (string | undefined)[] = []
    const spy = (options: KernelOptions) => {
      made.push(options.kind)
      return createKernel(options)
    }
    const encoder = encoderOf({ createKernel: spy, plainBytesMax: 1000 })
    const values = produceAll(encoder, Buffer.from('0123456\n'.repeat(125)), []).flatMap(valuesOf)
    expect(made).toEqual(['plain'])
    encoder.reset()
    values.push(...produceAll(encoder, Buffer.from('0123456\n'), []).flatMap(valuesOf))
    expect(made).toEqual(['plain', undefined])
    expect(values).toEqual(Array.from({ length: 126 }, () => hex(Buffer.from('0123456'))))
  })

  test('seals compressed records in the place of the plain ones', () => {
    const encoder = encoderOf({})
    give(encoder, Buffer.from('line\n'.repeat(50)))
    encoder.next(now)
    const batch = new RecordBatch(encoder.sealCompressed('gzip', compress('gzip', encoder.records)))
    expect([batch.codec, batch.recordCount, batch.isCrcValid()]).toEqual(['gzip', 50, true])
    expect(valuesOf(batch.bytes)).toEqual(Array.from({ length: 50 }, () => hex(Buffer.from('line'))))
  })

  test('seals what compression made larger than a batch may be', () => {
    const encoder = encoderOf({ batchBytes: 70 })
    give(encoder, Buffer.from('x\n'))
    encoder.next(now)
    const batch = new RecordBatch(encoder.sealCompressed('gzip', compress('gzip', encoder.records)))
    expect(valuesOf(batch.bytes)).toEqual([hex(Buffer.from('x'))])
  })

  test('takes no more lines into a sealed batch', () => {
    const encoder = encoderOf({})
    produceAll(encoder, Buffer.from('x\n'), [])
    expect(() => encoder.next(now)).toThrow('sealed')
  })
})

describe('a line that is too large', () => {
  const input = Buffer.from('abc\n0123456789abcd\nxyz\n')

  test('stops the encoder, which says how long it is', () => {
    const encoder = encoderOf({ valueBytesMax: 5 })
    give(encoder, input)
    expect(encoder.next(now)).toBe('too-large')
    expect([encoder.recordCount, encoder.oversized]).toEqual([1, { bytes: 14, isWhole: true }])
  })

  test('stops the encoder before its end has come', () => {
    const encoder = encoderOf({ valueBytesMax: 5 })
    give(encoder, input.subarray(0, 12))
    expect(encoder.next(now)).toBe('too-large')
    expect([encoder.recordCount, encoder.oversized]).toEqual([1, { bytes: 8, isWhole: false }])
  })

  test.each([{ reads: [] }, { reads: [4, 9, 12] }, { reads: Array.from({ length: 22 }, (_, i) => i + 1) }])(
    'is left out when it is to be skipped, read as $reads',
    ({ reads }) => {
      const encoder = encoderOf({ valueBytesMax: 5, tooLarge: 'skip' })
      expect(produceAll(encoder, input, reads).flatMap(valuesOf)).toEqual([
        hex(Buffer.from('abc')),
        hex(Buffer.from('xyz')),
      ])
      expect([encoder.skippedLines, encoder.firstSkipped?.bytes]).toEqual([1, 14])
    },
  )

  test('is left out at the end of the input too', () => {
    const encoder = encoderOf({ valueBytesMax: 5, tooLarge: 'skip' })
    expect(produceAll(encoder, Buffer.from('a\n0123456789'), [9]).flatMap(valuesOf)).toEqual(['61'])
    expect([encoder.skippedLines, encoder.firstSkipped?.bytes]).toEqual([1, 10])
  })

  test('is left out though it is larger than the window by far', () => {
    const encoder = encoderOf({ valueBytesMax: 5, tooLarge: 'skip', readBytes: 100 })
    const long = Buffer.concat([Buffer.alloc(50_000, 'x'), Buffer.from('\ny\n')])
    expect(produceAll(encoder, long, []).flatMap(valuesOf)).toEqual(['79'])
    expect([encoder.skippedLines, encoder.firstSkipped?.bytes]).toEqual([1, 50_000])
  })

  test('becomes records of the largest size when it is to be split', () => {
    fc.assert(
      fc.property(
        pipeCase,
        fc.integer({ min: 1, max: 40 }),
        ({ input, reads, options, plainBytesMax }, valueBytesMax) => {
          const encoder = new LineEncoder({ ...options, plainBytesMax, valueBytesMax, tooLarge: 'split' })
          const lines = naiveLines(input, options.delimiter, true)
          const expected = lines.flatMap((line) => piecesOf(line, valueBytesMax).map(hex))
          expect(produceAll(encoder, input, reads).flatMap(valuesOf)).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('is split though a batch has no room for one piece', () => {
    const encoder = encoderOf({ batchBytes: 100, valueBytesMax: 300, tooLarge: 'split', readBytes: 1000 })
    const batches = produceAll(encoder, Buffer.concat([Buffer.alloc(700, 'x'), Buffer.from('\ny\n')]), [])
    expect(batches.flatMap(sizesOf)).toEqual([300, 300, 100, 1])
  })
})

const pipeCase = fc.record({
  input: fc.oneof(
    fc.array(fc.constantFrom(0, 10, 10, 97, 98, 255), { maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 3000, size: 'max' }).map((bytes) => Buffer.from(bytes)),
  ),
  reads: fc.array(fc.nat({ max: 3000 }), { maxLength: 6 }),
  options: fc.record({
    batchBytes: fc.integer({ min: 61, max: 2000 }),
    valueBytesMax: fc.constant(10_000),
    delimiter: fc.constantFrom(10, 0, 255),
    readBytes: fc.integer({ min: 64, max: 500 }),
  }),
  plainBytesMax: fc.constantFrom(0, 500, Infinity),
})

function encoderOf(options: Partial<LineEncoderOptions>): LineEncoder {
  return new LineEncoder({ batchBytes: 1000, valueBytesMax: 100_000, delimiter: newline, ...options })
}

/** Copies `bytes`, which must fit, to where a read would put them. */
function give(encoder: LineEncoder, bytes: Uint8Array): void {
  encoder.free.set(bytes)
  encoder.filled(bytes.length)
}

/** All batches of `input`, whose reads end at `reads` or when `free` is full; the encoder knew of each what is in it. */
function produceAll(encoder: LineEncoder, input: Uint8Array, reads: readonly number[]): Uint8Array[] {
  const batches: Uint8Array[] = []
  const seal = () => {
    const batch = encoder.seal().slice()
    expect(encoder.valueBytes).toBe(sizesOf(batch).reduce((sum, size) => sum + size, 0))
    batches.push(batch)
  }
  const take = (isFinal: boolean) => {
    while (encoder.next(now, isFinal) === 'batch-full') {
      seal()
      encoder.reset()
    }
  }
  const ends = [...reads.filter((end) => end < input.length).toSorted((a, b) => a - b), input.length]
  let at = 0
  for (const end of ends) {
    while (at < end) {
      const free = encoder.free
      const piece = input.subarray(at, Math.min(end, at + free.length))
      free.set(piece)
      encoder.filled(piece.length)
      at += piece.length
      take(false)
    }
  }
  take(true)
  if (!encoder.isEmpty) seal()
  return batches
}

function valuesOf(bytes: Uint8Array): string[] {
  const values: string[] = []
  forEachRecord(new RecordBatch(bytes), (record) => void values.push(hex(record.valueBytes())), { decompress })
  return values
}

function sizesOf(bytes: Uint8Array): number[] {
  return valuesOf(bytes).map((value) => value.length / 2)
}

function piecesOf(line: Uint8Array, bytesMax: number): Uint8Array[] {
  const count = Math.max(1, Math.ceil(line.length / bytesMax))
  return Array.from({ length: count }, (_, i) => line.subarray(i * bytesMax, (i + 1) * bytesMax))
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : Buffer.from(bytes).toString('hex')
}

function factsOf(batch: RecordBatch): object {
  const { baseOffset, partitionLeaderEpoch, attributes, lastOffsetDelta, baseTimestamp, maxTimestamp } = batch
  const { producerId, producerEpoch, baseSequence, recordCount } = batch
  const identity = { producerId, producerEpoch, baseSequence, recordCount }
  return { baseOffset, partitionLeaderEpoch, attributes, lastOffsetDelta, baseTimestamp, maxTimestamp, ...identity }
}
