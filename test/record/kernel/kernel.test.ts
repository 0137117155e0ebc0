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

test('this runtime has the fast kernels', () => {
  expect(kernelsOfAllKinds(1).map(({ kind }) => kind)).toEqual(['relaxed-simd', 'simd', 'plain'])
})

test('createKernel takes the best there is', () => {
  expect(createKernel({ memoryBytes: 1 }).kind).toBe('relaxed-simd')
})
