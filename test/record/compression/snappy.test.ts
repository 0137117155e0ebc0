import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../../src/base/errors.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { Snappy, snappyCompress, snappyDecompress } from '../../../src/record/compression/snappy.ts'
import { createKernel } from '../../../src/record/kernel/kernel.ts'

/** The records section of a batch that Kafka 3.6.2 wrote: 22 bytes in one block of literals. */
const kafkaContent = Buffer.from('1c000000026b0476310202680401020c000a02010100', 'hex')
const header = '82534e4150505900' + '00000001' + '00000001'
const kafkaStream = Buffer.from(`${header}00000018${'1654'}${kafkaContent.toString('hex')}`, 'hex')
const limit = 1 << 24

const snappy = new Snappy(createKernel)

describe('Snappy', () => {
  test('writes the bytes that Kafka writes', () => {
    expect(Buffer.from(snappy.compress(kafkaContent))).toEqual(kafkaStream)
    expect(Buffer.from(snappy.compress(Buffer.of())).toString('hex')).toBe(header)
  })

  test('reads the bytes that Kafka writes', () => {
    expect(Buffer.from(snappy.decompress(kafkaStream, limit))).toEqual(kafkaContent)
    expect(snappy.decompress(Buffer.from(header, 'hex'), limit)).toHaveLength(0)
  })

  test('reads one raw block, as librdkafka writes it', () => {
    expect(Buffer.from(snappy.decompress(kafkaStream.subarray(20), limit))).toEqual(kafkaContent)
    expect(snappy.decompress(Buffer.of(0), limit)).toHaveLength(0)
  })

  test('reads every element of the format', () => {
    const block = Buffer.from(
      `24${'f003'}${'61626364'}${'01'}${'04'}${'0e'}${'0400'}${'1f'}${'08000000'}${'f40f00'}${'30313233343536373839616263646566'}`,
      'hex',
    )
    // Literals with a length byte, copies with 11, 16 and 32 bits of distance, literals with two length bytes.
    expect(Buffer.from(snappy.decompress(block, limit)).toString()).toBe(
      'abcd' + 'abcd' + 'abcd' + 'abcdabcd'.slice(0, 8) + '0123456789abcdef',
    )
  })

  test('reads streams that were joined', () => {
    const joined = Buffer.concat([kafkaStream, kafkaStream])
    expect(Buffer.from(snappy.decompress(joined, limit))).toEqual(Buffer.concat([kafkaContent, kafkaContent]))
  })

  test('gives back what went in, over the borders of blocks', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        expect(Buffer.compare(snappy.decompress(snappy.compress(bytes), bytes.length), bytes)).toBe(0)
      }),
    )
  })

  test('gives back large contents', () => {
    const bytes = Buffer.concat([text(300_000), noise(200_000)])
    const stream = snappy.compress(bytes)
    expect(stream.length).toBeLessThan(bytes.length - 100_000)
    expect(Buffer.compare(snappy.decompress(stream, bytes.length), bytes)).toBe(0)
  })

  test.each([
    { name: 'nothing', hex: '' },
    { name: 'a cut size', hex: '80' },
    { name: 'a size of six bytes', hex: '808080808001' },
    { name: 'a block that claims more than it can hold', hex: 'ffffff07' },
    { name: 'a block that gives less than it claims', hex: '0500' + '61' },
    { name: 'a block that gives more than it claims', hex: '0104' + '6161' },
    { name: 'a copy from before the start', hex: '050061' + '0102' },
    { name: 'a copy from nowhere', hex: '050061' + '0100' },
    { name: 'a cut block size', hex: `${header}0000` },
    { name: 'a negative block size', hex: `${header}ffffffff00` },
    { name: 'a block that is not there', hex: `${header}00000005` },
  ])('refuses $name', ({ hex }) => {
    expect(() => snappy.decompress(Buffer.from(hex, 'hex'), limit)).toThrow(MalformedMessageError)
  })

  test('stops at the limit, over all blocks', () => {
    const stream = snappy.compress(Buffer.alloc(100_000))
    expect(() => snappy.decompress(stream, 99_999)).toThrow('snappy holds more than')
    expect(snappy.decompress(stream, 100_000)).toHaveLength(100_000)
  })

  test('throws nothing but MalformedMessageError, whatever the bytes', () => {
    fc.assert(
      fc.property(content, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), (bytes, flips) => {
        const stream = Uint8Array.from(snappy.compress(bytes.subarray(0, 3000)))
        for (const [at, byte] of flips) stream[at % stream.length] = byte
        expectMalformedAtWorst(() => snappy.decompress(stream, limit))
      }),
      { numRuns: 1000 },
    )
  })

  test('is what the two functions do', () => {
    expect(Buffer.from(snappyDecompress(snappyCompress(kafkaContent), limit))).toEqual(kafkaContent)
  })
})

const content = fc.oneof(
  fc.uint8Array({ maxLength: 3000, size: 'max' }),
  fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 2000 })), {
      maxLength: 8,
    })
    .map((runs) => Buffer.concat(runs.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes)))),
)

function text(bytes: number): Buffer {
  const lines = Array.from({ length: bytes / 16 }, (_, i) => `${i * 7919} GET /item/${i % 331} 200\n`)
  return Buffer.from(lines.join('')).subarray(0, bytes)
}

function noise(bytes: number): Buffer {
  return Buffer.from(seededRandom(7).fill(new Uint8Array(bytes)))
}

function expectMalformedAtWorst(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessageError)
  }
}
