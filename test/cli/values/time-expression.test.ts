import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { LOCAL_ZONE } from '../../../src/cli/values/local-zone.ts'
import type { LocalZone } from '../../../src/cli/values/local-zone.ts'
import { parseTime } from '../../../src/cli/values/time-expression.ts'
import { anyText, textOf } from '../arbitraries.ts'

/** A zone that is always so many minutes ahead of UTC. */
function fixedZone(offsetMinutes: number): LocalZone {
  const offsetMs = offsetMinutes * 60_000
  return {
    dateOf(time) {
      const date = new Date(time + offsetMs)
      return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
    },
    toUtc: ({ year, month, day, dayMs }) => Date.UTC(year, month - 1, day) + dayMs - offsetMs,
  }
}

const context = { flag: '--since', now: Date.parse('2026-03-01T00:30:00Z'), zone: fixedZone(120) }
const iso = (text: string): string => new Date(parseTime(text, context)).toISOString()

describe('parseTime', () => {
  // The local clock of these tests is two hours ahead: it is 02:30 of March 1.
  test.each([
    ['0', '1970-01-01T00:00:00.000Z'],
    ['1772331300000', '2026-03-01T02:15:00.000Z'],
    ['2026', '1970-01-01T00:00:02.026Z'],
    ['now', '2026-03-01T00:30:00.000Z'],
    ['today', '2026-02-28T22:00:00.000Z'],
    ['yesterday', '2026-02-27T22:00:00.000Z'],
    ['yesterday 02:15', '2026-02-28T00:15:00.000Z'],
    ['02:15', '2026-03-01T00:15:00.000Z'],
    ['2:15', '2026-03-01T00:15:00.000Z'],
    ['23:59:59.25', '2026-03-01T21:59:59.250Z'],
    ['10m', '2026-03-01T00:20:00.000Z'],
    ['-10m', '2026-03-01T00:20:00.000Z'],
    ['1h30m', '2026-02-28T23:00:00.000Z'],
    ['2 hours ago', '2026-02-28T22:30:00.000Z'],
    ['1 week 2 days', '2026-02-20T00:30:00.000Z'],
    ['1.5 hours', '2026-02-28T23:00:00.000Z'],
    ['500ms', '2026-03-01T00:29:59.500Z'],
    ['2026-02-28', '2026-02-27T22:00:00.000Z'],
    ['2026-02-28T10:00', '2026-02-28T08:00:00.000Z'],
    ['2026-02-28 10:00:30', '2026-02-28T08:00:30.000Z'],
    ['2026-02-28T10:00:30Z', '2026-02-28T10:00:30.000Z'],
    ['2026-02-28t10:00:30,123456789z', '2026-02-28T10:00:30.123Z'],
    ['2026-02-28 10:00 UTC', '2026-02-28T10:00:00.000Z'],
    ['2026-02-28T10:00+01', '2026-02-28T09:00:00.000Z'],
    ['2026-02-28T10:00-0330', '2026-02-28T13:30:00.000Z'],
    ['2026-02-28T10:00+05:45', '2026-02-28T04:15:00.000Z'],
  ])('reads %j', (text, expected) => {
    expect(iso(text)).toBe(expected)
  })

  test.each([
    '',
    ' ',
    '-1',
    '1e400',
    '99999999999999999999',
    'soon',
    '10x',
    '10M',
    '1 month ago',
    'm',
    '1:60',
    '24:00',
    '12:00:60',
    '2026-02-30',
    '2026-13-01',
    '2026-3-1',
    '1969-12-31',
    '2026-02-28T',
    '2026-02-28T25:00',
    '2026-02-28T10:00+24',
    '2026-02-28T10:00+01:60',
    '100000 weeks ago',
    '1h ago ago',
    'today 3',
    'todayyesterday',
    '\u001b[2J',
  ])('refuses %j', (text) => {
    expect(() => parseTime(text, context)).toThrow(UsageError)
  })

  test('names the flag and shows what was typed without its control characters', () => {
    expect(() => parseTime('\u001b[2J', context)).toThrow(`--since: '\\x1b[2J' is not a time`)
  })

  test('reads back any time that it is given in ISO 8601, in any zone', () => {
    const offset = fc.integer({ min: -14 * 60, max: 14 * 60 })
    fc.assert(
      fc.property(fc.integer({ min: 86_400_000, max: 4e12 }), offset, (time, minutes) => {
        const zone = fixedZone(minutes)
        const local = new Date(time + minutes * 60_000).toISOString().slice(0, -1)
        expect(parseTime(local, { ...context, zone })).toBe(time)
        expect(parseTime(new Date(time).toISOString(), { ...context, zone })).toBe(time)
        expect(parseTime(String(time), context)).toBe(time)
      }),
    )
  })

  test('agrees with the machine about what is local', () => {
    const time = new Date(2026, 6, 1, 13, 14, 15, 167)
    const zone = LOCAL_ZONE
    expect(parseTime('2026-07-01T13:14:15.167', { ...context, zone })).toBe(time.getTime())
    expect(parseTime('13:14:15.167', { ...context, now: time.getTime(), zone })).toBe(time.getTime())
    expect(parseTime('today', { ...context, now: time.getTime(), zone })).toBe(new Date(2026, 6, 1).getTime())
  })

  test('knows any text as a time or as wrong', () => {
    const text = fc.oneof(anyText(60), textOf('0129-:T.Z+ mhdago'))
    fc.assert(
      fc.property(text, (value) => {
        try {
          expect(Number.isInteger(parseTime(value, context))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
