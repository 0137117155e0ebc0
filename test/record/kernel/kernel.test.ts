import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createKernel } from '../../../src/record/kernel/kernel.ts'
import { crc32c } from '../../../src/wire/crc32c.ts'
import { kernelsOfAllKinds } from './kernels.ts'

const memoryBytes = 10_000

describe.each(kernelsOfAllKinds(memoryBytes))('the $kind kernel', ({ kernel }) => {
  test('has exactly the memory that was asked for, all zero', () => {
    expect(kernel.memory.length).toBe(memoryBytes)
    expect(kernel.memory.every((byte) => byte === 0)).toBe(true)
  })

  test('gives the CRC of every length', () => {
    kernel.memory.set(Uint8Array.from({ length: 1200 }, (_, i) => (i * i * 31) >> 3))
    for (let bytes = 0; bytes < 1100; bytes++) {
      expect(kernel.crc32c(7, 7 + bytes, 5)).toBe(crc32c(kernel.memory.subarray(7, 7 + bytes), 5))
    }
  })

  test('gives the CRC of any bytes from any seed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 5000, size: 'max' }),
        fc.nat({ max: 0xffff_ffff }),
        fc.nat({ max: 64 }),
        (bytes, seed, start) => {
          kernel.memory.set(bytes, start)
          expect(kernel.crc32c(start, start + bytes.length, seed)).toBe(crc32c(bytes, seed))
        },
      ),
    )
  })

  test('gives the CRC of all its memory', () => {
    kernel.memory.fill(0xa5)
    expect(kernel.crc32c(0, memoryBytes, 0)).toBe(crc32c(kernel.memory))
  })

  test('ends the process on a range outside of its memory', () => {
    for (const [start, end] of [
      [-1, 4],
      [4, 3],
      [0, memoryBytes + 1],
    ] as const) {
      expect(() => kernel.lz4Compress({ start, end, outputStart: 0, outputEnd: 0 })).toThrow('range')
    }
  })
})

describe.each(kernelsOfAllKinds(200_000))('the $kind kernel with a long input', ({ kernel }) => {
  test('gives the CRC from any place, of any length, from any seed', () => {
    let word = 1
    for (let i = 0; i < kernel.memory.length; i++) kernel.memory[i] = (word = Math.imul(word, 0x10dcd) + 1) >>> 24
    fc.assert(
      fc.property(longLengths, fc.nat({ max: 100 }), fc.nat({ max: 0xffff_ffff }), (bytes, start, seed) => {
        const expected = crc32c(kernel.memory.subarray(start, start + bytes), seed)
        expect(kernel.crc32c(start, start + bytes, seed)).toBe(expected)
      }),
      { numRuns: 200 },
    )
  })

  test('does not take a damaged bit for a right one', () => {
    const bytes = 100_000
    const intact = kernel.crc32c(0, bytes, 0)
    for (let at = 0; at < bytes; at += 997) {
      kernel.memory[at] = (kernel.memory[at] ?? 0) ^ (1 << (at & 7))
      expect(kernel.crc32c(0, bytes, 0)).not.toBe(intact)
      kernel.memory[at] = (kernel.memory[at] ?? 0) ^ (1 << (at & 7))
    }
  })
})

/** On both sides of where the input is made shorter first, of its steps, and of its pieces. */
const longLengths = fc.oneof(
  fc.integer({ min: 8000, max: 199_900 }),
  fc
    .tuple(fc.constantFrom(8192, 5376 + 24_576, 5376 + 3 * 24_576), fc.integer({ min: -66, max: 66 }))
    .map(([bytes, more]) => bytes + more),
)

test('this runtime has the fast kernels', () => {
  expect(kernelsOfAllKinds(1).map(({ kind }) => kind)).toEqual(['simd', 'plain'])
})

test('createKernel takes the best there is', () => {
  expect(createKernel({ memoryBytes: 1 }).kind).toBe('simd')
})
