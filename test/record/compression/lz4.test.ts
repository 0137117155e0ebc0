import { execFileSync, spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../../src/base/errors.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { Lz4, lz4Compress, lz4Decompress } from '../../../src/record/compression/lz4.ts'
import { createKernel } from '../../../src/record/kernel/kernel.ts'

/** The records section of a batch that Kafka 3.6.2 wrote: 22 bytes, stored in one block. */
const kafkaContent = Buffer.from('1c000000026b0476310202680401020c000a02010100', 'hex')
const kafkaFrame = Buffer.from(`04224d18604082${'16000080'}${kafkaContent.toString('hex')}00000000`, 'hex')
const limit = 1 << 24

const lz4 = new Lz4(createKernel)
const hasLz4 = spawnSync('lz4', ['--version']).status === 0

describe('Lz4', () => {
  test('writes the bytes that Kafka writes', () => {
    expect(Buffer.from(lz4.compress(kafkaContent))).toEqual(kafkaFrame)
    expect(Buffer.from(lz4.compress(Buffer.of())).toString('hex')).toBe('04224d1860408200000000')
  })

  test('reads the bytes that Kafka writes', () => {
    expect(Buffer.from(lz4.decompress(kafkaFrame, limit))).toEqual(kafkaContent)
    expect(lz4.decompress(Buffer.from('04224d1860408200000000', 'hex'), limit)).toHaveLength(0)
  })

  test('gives back what went in, over the borders of blocks', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        expect(Buffer.compare(lz4.decompress(lz4.compress(bytes), bytes.length), bytes)).toBe(0)
      }),
    )
  })

  test('gives back large contents', () => {
    const bytes = Buffer.concat([text(300_000), noise(200_000)])
    const frame = lz4.compress(bytes)
    expect(frame.length).toBeLessThan(bytes.length - 100_000)
    expect(Buffer.compare(lz4.decompress(frame, bytes.length), bytes)).toBe(0)
  })

  test('stores what does not shrink, at 4 bytes for each 64 KiB', () => {
    expect(lz4.compress(noise(200_000))).toHaveLength(7 + 200_000 + 4 * 4 + 4)
  })

  test('ignores what follows the end mark, as Java does', () => {
    expect(Buffer.from(lz4.decompress(Buffer.concat([kafkaFrame, noise(9)]), limit))).toEqual(kafkaContent)
  })

  test('refuses a wrong header checksum, unless told to ignore it', () => {
    const frame = Uint8Array.from(kafkaFrame)
    frame[6] = 0x1c
    expect(() => lz4.decompress(frame, limit)).toThrow('LZ4 header does not have its checksum at byte 4')
    expect(Buffer.from(lz4.decompress(frame, limit, { ignoreHeaderChecksum: true }))).toEqual(kafkaContent)
  })

  test.each([
    { name: 'nothing', hex: '' },
    { name: 'another magic number', hex: '05224d1860408200000000' },
    { name: 'another version', hex: '04224d18a040c700000000' },
    { name: 'a dictionary', hex: '04224d1861408200000000' },
    { name: 'a reserved flag', hex: '04224d1862408200000000' },
    { name: 'a block size of none', hex: '04224d1860308200000000' },
    { name: 'no end mark', hex: '04224d18604082' },
    { name: 'a block larger than the header allows', hex: `04224d18604082${'01000100'}` },
    { name: 'a block that is not there', hex: `04224d18604082${'05000000'}` },
    { name: 'an empty compressed match', hex: `04224d18604082${'0300000000000000000000'}` },
  ])('refuses $name', ({ hex }) => {
    expect(() => lz4.decompress(Buffer.from(hex, 'hex'), limit)).toThrow(MalformedMessageError)
  })

  test('stops at the limit', () => {
    const frame = lz4.compress(Buffer.alloc(1_000_000))
    expect(frame.length).toBeLessThan(6000)
    expect(() => lz4.decompress(frame, 999_999)).toThrow('LZ4 frame holds more than 999999 bytes')
    expect(lz4.decompress(frame, 1_000_000)).toHaveLength(1_000_000)
  })

  test('throws nothing but MalformedMessageError, whatever the bytes', () => {
    fc.assert(
      fc.property(content, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), (bytes, flips) => {
        const frame = Uint8Array.from(lz4.compress(bytes.subarray(0, 3000)))
        for (const [at, byte] of flips) frame[7 + (at % (frame.length - 7))] = byte
        expectMalformedAtWorst(() => lz4.decompress(frame, limit))
      }),
      { numRuns: 1000 },
    )
  })

  test('refuses every cut frame', () => {
    const frame = lz4.compress(text(500))
    for (let bytes = 0; bytes < frame.length; bytes++) {
      expect(() => lz4.decompress(frame.subarray(0, bytes), limit)).toThrow(MalformedMessageError)
    }
  })

  test('is what the two functions do', () => {
    expect(Buffer.from(lz4Decompress(lz4Compress(kafkaContent), limit))).toEqual(kafkaContent)
  })
})

// Where the tool is missing these are reported as skipped.
describe.runIf(hasLz4)('the lz4 tool', () => {
  const contents = Buffer.concat([text(200_000), noise(100_000), Buffer.alloc(300_000), text(70_000)])

  test('reads our frames', () => {
    for (const bytes of [contents, kafkaContent, Buffer.of(), noise(65_536)]) {
      const unpacked = execFileSync('lz4', ['-dc'], { input: lz4.compress(bytes), maxBuffer: 1 << 24 })
      expect(Buffer.compare(unpacked, bytes)).toBe(0)
    }
  })

  test.each([
    { options: ['-1'] },
    { options: ['-9', '-B4'] },
    { options: ['-B4', '-BD'] },
    { options: ['-B7', '-BD', '-BX'] },
    { options: ['-B5', '-BX', '--content-size'] },
    { options: ['--no-frame-crc'] },
  ])('with $options writes frames that we read', ({ options }) => {
    const frame = execFileSync('lz4', [...options, '-c'], { input: contents, maxBuffer: 1 << 24 })
    expect(Buffer.compare(lz4.decompress(frame, contents.length), contents)).toBe(0)
  })

  test('writes checksums that we check', () => {
    const frame = Uint8Array.from(execFileSync('lz4', ['-B4', '-BX', '-c'], { input: noise(1000) }))
    frame[100] = (frame[100] ?? 0) ^ 1
    expect(() => lz4.decompress(frame, limit)).toThrow('LZ4 block does not have its checksum')
    const whole = Uint8Array.from(execFileSync('lz4', ['-B4', '-c'], { input: noise(1000) }))
    whole[100] = (whole[100] ?? 0) ^ 1
    expect(() => lz4.decompress(whole, limit)).toThrow('LZ4 content does not have its checksum')
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
