import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TimeHistogram } from '../../../src/cli/stats/time-histogram.ts'

const T0 = Date.UTC(2026, 0, 1)

function histogram(times: readonly number[], slotMs?: number): TimeHistogram {
  const made = new TimeHistogram(slotMs)
  for (const time of times) made.add(time)
  return made
}

describe('slots', () => {
  test('have a length that reads well and fit the width', () => {
    const times = Array.from({ length: 24 * 60 }, (_, minute) => T0 + minute * 60_000)
    expect(histogram(times).slots(60)).toEqual({
      fromMs: T0,
      slotMs: 1_800_000,
      counts: Array.from({ length: 48 }, () => 30),
    })
    expect(histogram(times).slots(10)).toMatchObject({ slotMs: 10_800_000 })
  })

  test('of nothing are none, and records without a time do not count', () => {
    expect(histogram([]).slots(60)).toBeUndefined()
    expect(histogram([-1]).slots(60)).toBeUndefined()
  })

  test('of a chosen length stay so, and are refused when there would be too many', () => {
    expect(histogram([T0, T0 + 2500], 1000).slots(2)).toEqual({ fromMs: T0, slotMs: 1000, counts: [1, 0, 1] })
    expect(histogram([0, T0], 1000).slots(60)).toBe('too-many')
    expect(
      histogram(
        Array.from({ length: 150_000 }, (_, i) => i),
        1,
      ).slots(60),
    ).toBe('too-many')
  })

  test('hold every record, whatever the times and the width', () => {
    const times = fc.array(fc.oneof(fc.nat({ max: 100_000 }), fc.nat({ max: 8_640_000_000_000_000 })), {
      maxLength: 300,
    })
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 200 }), (all, width) => {
        const slots = histogram(all).slots(width)
        if (slots === undefined || slots === 'too-many') return all.length === 0
        const sum = slots.counts.reduce((total, count) => total + count, 0)
        return sum === all.length && slots.counts.length <= width + 1 && slots.fromMs <= Math.min(...all)
      }),
    )
  })

  test('are exact where they grew', () => {
    const times = Array.from({ length: 50_000 }, (_, i) => T0 + i * 777)
    const slots = histogram(times).slots(100)
    if (slots === undefined || slots === 'too-many') throw new Error('there are slots')
    const expected = slots.counts.map(
      (_, at) => times.filter((time) => Math.floor((time - slots.fromMs) / slots.slotMs) === at).length,
    )
    expect(slots.counts).toEqual(expected)
  })
})
