import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LentBuffers } from '../../src/network/lent-buffers.ts'

const mebibyte = 1024 * 1024

describe('LentBuffers', () => {
  test('no byte is lent twice at a time, whatever is taken and given back', () => {
    const sizes = fc.integer({ min: 0, max: 5 * mebibyte })
    fc.assert(
      fc.property(fc.array(fc.record({ bytes: sizes, giveAt: fc.nat() }), { maxLength: 30 }), (steps) => {
        const buffers = new LentBuffers()
        const out: Uint8Array[] = []
        for (const { bytes, giveAt } of steps) {
          const taken = buffers.take(bytes)
          expect(taken.length).toBe(bytes)
          expect(out.some(({ buffer }) => buffer === taken.buffer)).toBe(false)
          out.push(taken)
          if (giveAt % 2 === 0) buffers.give(out.splice(giveAt % out.length, 1))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('what was given back is lent again, to whoever wants as much', () => {
    const buffers = new LentBuffers()
    const first = buffers.take(mebibyte - 7)
    buffers.give([first.subarray(4)])
    expect(buffers.take(600_000).buffer).toBe(first.buffer)
  })

  test('what was given back twice, or never lent, is not kept', () => {
    const buffers = new LentBuffers()
    const first = buffers.take(100_000)
    buffers.give([first, first, new Uint8Array(100_000)])
    expect(buffers.take(100_000).buffer).toBe(first.buffer)
    expect(buffers.take(100_000).buffer).not.toBe(first.buffer)
  })

  test('keeps no more than it may', () => {
    const buffers = new LentBuffers()
    const many = Array.from({ length: 40 }, () => buffers.take(mebibyte))
    buffers.give(many)
    const again = Array.from({ length: 40 }, () => buffers.take(mebibyte))
    expect(again.filter(({ buffer }) => many.some((one) => one.buffer === buffer))).toHaveLength(16)
  })
})
