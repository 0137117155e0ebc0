import fc from 'fast-check'
import { constants, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ZstdFrameWalker } from '../../src/cli/zstd-frame-walker.ts'

function faultOf(bytes: Uint8Array, pieceBytes = 7): string | undefined {
  const walker = new ZstdFrameWalker()
  for (let at = 0; at < bytes.length; at += pieceBytes) walker.push(bytes.subarray(at, at + pieceBytes))
  return walker.fault()
}

const sizes = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(256, 65_536, 65_792, 400_000))

describe('ZstdFrameWalker', () => {
  test('finds the end of any frame, and misses the end of any that is cut', () => {
    const content = fc
      .tuple(sizes, fc.constantFrom('a', 'abcabd', 'random'), fc.boolean())
      .map(([size, of, hasChecksum]) => {
        const bytes = Buffer.alloc(size, of)
        if (of === 'random') for (let i = 0; i < size; i++) bytes[i] = (i * i * 31) >>> (i % 7)
        return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: Number(hasChecksum) } })
      })
    fc.assert(
      fc.property(content, fc.nat({ max: 1000 }), (frame, cut) => {
        expect(faultOf(frame)).toBeUndefined()
        const end = 1 + (cut % (frame.length - 1))
        expect(faultOf(frame.subarray(0, end))).toBe('unexpected end of file')
        expect(faultOf(Buffer.concat([frame, frame]), 1000)).toBeUndefined()
      }),
      { numRuns: 60 },
    )
  })

  test('says so when something else than a frame follows', () => {
    expect(faultOf(Buffer.concat([zstdCompressSync(Buffer.from('a')), Buffer.from('text')]))).toMatch(
      /neither a zstd frame/,
    )
  })

  test('refuses a block of the reserved type', () => {
    expect(faultOf(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 0x07, 0, 0))).toMatch(/neither a zstd frame/)
  })

  test('takes any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ size: 'max', maxLength: 300 }), (bytes) => void faultOf(bytes)))
  })
})
