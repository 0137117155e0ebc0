import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { CheckedOffsets } from '../../src/broker/checked-offsets.ts'

describe('CheckedOffsets', () => {
  test('knows nothing but what was checked, and where that ends', () => {
    const ranges = fc.array(
      fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 20 })).map(([from, more]) => [from, from + 1 + more] as const),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(ranges, (added) => {
        const checked = new CheckedOffsets()
        const isChecked = new Set<number>()
        for (const [from, to] of added) {
          checked.add(offset(BigInt(from)), offset(BigInt(to)))
          for (let at = from; at < to; at++) isChecked.add(at)
          // What was added last is never forgotten.
          expect(Number(checked.endFrom(offset(BigInt(from))))).toBeGreaterThanOrEqual(to)
        }
        for (let at = 0; at < 100; at++) {
          const end = Number(checked.endFrom(offset(BigInt(at))) ?? at)
          for (let inside = at; inside < end; inside++) expect(isChecked.has(inside)).toBe(true)
        }
      }),
    )
  })

  test('what is appended piece by piece is one range, beside what is read elsewhere', () => {
    const checked = new CheckedOffsets()
    for (let at = 1000n; at < 2000n; at += 10n) {
      checked.add(offset(at), offset(at + 10n))
      if (at % 100n === 0n) checked.add(offset(at - 1000n), offset(at - 900n))
    }
    expect(checked.endFrom(offset(0n))).toBe(2000n)
    expect(checked.endFrom(offset(2000n))).toBeUndefined()
  })
})
