import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../../src/base/errors.ts'
import { compressionCodecs } from '../../../src/record/codec.ts'
import { compress, decompress, decompressLegacy } from '../../../src/record/compression/compression.ts'

const repetitive = fc
  .tuple(fc.uint8Array({ maxLength: 50, size: 'max' }), fc.integer({ min: 1, max: 200 }))
  .map(([piece, times]) => new Uint8Array(Array.from({ length: times }, () => [...piece]).flat()))

describe.each(compressionCodecs)('%s', (codec) => {
  test('gives back what went in, in plain arrays', () => {
    fc.assert(
      fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 5000, size: 'max' })), (bytes) => {
        const content = decompress(codec, compress(codec, bytes), bytes.length)
        expect(content).toEqual(bytes)
        expect(content.constructor).toBe(Uint8Array)
      }),
      { numRuns: 50 },
    )
  })

  test('holds to its limit', () => {
    const stream = compress(codec, new Uint8Array(100_000))
    expect(decompress(codec, stream, 100_000).length).toBe(100_000)
    expect(() => decompress(codec, stream, 99_999)).toThrow(MalformedMessageError)
  })

  test('is the same for old messages', () => {
    const bytes = new TextEncoder().encode('old '.repeat(50))
    expect(decompressLegacy(codec, compress(codec, bytes), bytes.length)).toEqual(bytes)
  })
})

test('snappy reads one raw block, as librdkafka writes it', () => {
  const raw = Uint8Array.of(5, 4 << 2, ...new TextEncoder().encode('hello'))
  expect(decompress('snappy', raw, 5)).toEqual(new TextEncoder().encode('hello'))
})

test('a wrong LZ4 header checksum is refused, but not in old messages', () => {
  const frame = compress('lz4', new Uint8Array(10))
  const wrong = frame.with(6, (frame[6] ?? 0) ^ 0xff)
  expect(() => decompress('lz4', wrong, 10)).toThrow(MalformedMessageError)
  expect(decompressLegacy('lz4', wrong, 10)).toEqual(new Uint8Array(10))
})
