import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KernelMemory } from '../../src/broker/kernel-memory.ts'
import { crc32c } from '../../src/wire/crc32c.ts'

describe('KernelMemory', () => {
  test('gives the same checksum for bytes of its own memory, in place, as for any others', () => {
    const memory = new KernelMemory()
    const own = memory.make(256 * 1024)
    for (let i = 0; i < own.length; i++) own[i] = (i * 7919) >> 3
    const other = own.slice()
    const ends = fc.integer({ min: 0, max: own.length })
    fc.assert(
      fc.property(ends, ends, (one, two) => {
        const [start, end] = [Math.min(one, two), Math.max(one, two)]
        const expected = crc32c(other.subarray(start, end))
        expect(memory.crc32c(own.subarray(start, end))).toBe(expected)
        expect(memory.crc32c(other.subarray(start, end))).toBe(expected)
      }),
      { numRuns: 40 },
    )
  })

  test('memory is there for everybody, though few have checksums in place', () => {
    const memory = new KernelMemory()
    const many = Array.from({ length: 100 }, () => memory.make(70_000))
    expect(new Set(many.map(({ buffer }) => buffer)).size).toBe(100)
    for (const one of many) expect(memory.crc32c(one.fill(1))).toBe(crc32c(new Uint8Array(70_000).fill(1)))
  })
})
