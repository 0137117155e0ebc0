import fc from 'fast-check'
import { zstdCompressSync, constants } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../../src/base/errors.ts'
import {
  compressWithZlib,
  decompressWithZlib,
  zstdCompress,
  zstdDecompress,
  zstdImplementation,
} from '../../../src/record/compression/zstd.ts'

const mebibyte = 1024 * 1024

const ways = [
  { name: zstdImplementation(), compress: zstdCompress, decompress: zstdDecompress },
  { name: 'node:zlib by itself', compress: compressWithZlib, decompress: decompressWithZlib },
]

/** A frame that does not say how large its content is, as streams of Java's are. */
function withoutContentSize(bytes: Uint8Array, windowLog = 0): Uint8Array {
  const params = { [constants.ZSTD_c_contentSizeFlag]: 0, [constants.ZSTD_c_windowLog]: windowLog }
  return zstdCompressSync(bytes, { params })
}

test('says which implementation it uses', () => {
  expect(['zstd-napi', 'node:zlib']).toContain(zstdImplementation())
})

describe.each(ways)('$name', ({ compress, decompress }) => {
  test.each([1, 3, 9, 22, -1, -50])('reads what it wrote at level %i', (level) => {
    const bytes = new TextEncoder().encode('GET /index.html 200\n'.repeat(5000))
    const frame = compress(bytes, level)
    expect(frame.length).toBeLessThan(bytes.length / 10)
    expect(decompress(frame, bytes.length)).toEqual(bytes)
  })

  test('reads whatever it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096, size: 'max' }), (bytes) => {
        expect(decompress(compress(bytes, 1), bytes.length)).toEqual(bytes)
      }),
      { numRuns: 50 },
    )
  })

  test('reads frames that do not say their size, and several in a row', () => {
    const bytes = new TextEncoder().encode('abc'.repeat(200_000))
    const frame = withoutContentSize(bytes)
    expect(decompress(frame, bytes.length)).toEqual(bytes)
    const both = new Uint8Array([...frame, ...compress(bytes, 3)])
    expect(decompress(both, 2 * bytes.length).length).toBe(2 * bytes.length)
    expect(() => decompress(both, 2 * bytes.length - 1)).toThrow(/more than 1199999 bytes/)
  })

  test('takes exactly the limit and nothing more', () => {
    const bytes = new Uint8Array(100_000)
    for (const frame of [compress(bytes, 3), withoutContentSize(bytes)]) {
      expect(decompress(frame, 100_000).length).toBe(100_000)
      expect(() => decompress(frame, 99_999)).toThrow(MalformedMessageError)
      expect(() => decompress(frame, 0)).toThrow(MalformedMessageError)
    }
  })

  test('refuses a bomb after the limit, not after the whole of it', () => {
    const zeros = new Uint8Array(64 * mebibyte)
    for (const bomb of [compress(zeros, 1), withoutContentSize(zeros)]) {
      expect(() => decompress(bomb, mebibyte)).toThrow(/more than 1048576 bytes/)
    }
  })

  test('reads a stream of very many tiny frames in the memory of few', () => {
    const frame = withoutContentSize(new TextEncoder().encode('x'))
    const stream = new Uint8Array(20_000 * frame.length).map((_, index) => frame[index % frame.length] ?? 0)
    const content = decompress(stream, 20_000)
    expect(content.length).toBe(20_000)
    expect(content.every((byte) => byte === 0x78)).toBe(true)
    expect(() => decompress(stream, 19_999)).toThrow(MalformedMessageError)
  })

  test('refuses a window over 128 MiB', () => {
    // Magic; a descriptor without content size; window exponent 30; one empty last block.
    const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, (30 - 10) << 3, 0x01, 0x00, 0x00)
    expect(() => decompress(frame, mebibyte)).toThrow(MalformedMessageError)
  })

  test('refuses damage and goes on working', () => {
    const bytes = new TextEncoder().encode('to be or not to be '.repeat(100))
    const frame = compress(bytes, 3)
    for (let cut = 0; cut < frame.length; cut++) {
      expect(() => decompress(frame.subarray(0, cut), 10_000)).toThrow(MalformedMessageError)
    }
    expect(() => decompress(new TextEncoder().encode('no zstd at all'), 10_000)).toThrow(MalformedMessageError)
    expect(decompress(frame, 10_000)).toEqual(bytes)
  })

  test('throws nothing foreign for flipped bytes', () => {
    const frame = compress(new TextEncoder().encode('to be or not to be '.repeat(20)), 3)
    const flips = fc.record({ at: fc.nat(frame.length - 1), by: fc.integer({ min: 1, max: 255 }) })
    fc.assert(
      fc.property(flips, ({ at, by }) => {
        const damaged = frame.map((byte, index) => (index === at ? byte ^ by : byte))
        try {
          decompress(damaged, 10_000)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError)
        }
      }),
      { numRuns: 300 },
    )
  })
})

test('gives arrays whose slice is a copy', () => {
  for (const way of ways) {
    const frame = way.compress(new Uint8Array(10), 3)
    expect(frame.constructor).toBe(Uint8Array)
    expect(way.decompress(frame, 10).constructor).toBe(Uint8Array)
  }
})
