import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { palette, wantsColour } from '../../../src/cli/format/colour.ts'
import { humanBytes, humanCount, humanDuration, isoTime } from '../../../src/cli/format/human-units.ts'
import { isUtf8Locale, sparkline } from '../../../src/cli/format/sparkline.ts'
import { renderTable } from '../../../src/cli/format/table.ts'

describe('renderTable', () => {
  const table = {
    columns: [{ title: 'topic' }, { title: 'bytes', align: 'right' }] as const,
    rows: [
      ['a\tb\n', 5],
      ['c\u001b[2J', null],
      ['d', 2n ** 60n],
    ],
  }

  test('is lines of tabs without a header in a pipe, each cell one cell', async () => {
    const text = await renderTable(table, { isTerminal: false, isColoured: false })
    expect(text).toBe('a\\tb\\n\t5\nc\\x1b[2J\t-\nd\t1152921504606846976\n')
  })

  test('has a header and borders on a terminal', async () => {
    const text = await renderTable(table, { isTerminal: true, isColoured: false })
    expect(text.split('\n')).toEqual([
      '┌──────────┬─────────────────────┐',
      '│ topic    │               bytes │',
      '├──────────┼─────────────────────┤',
      '│ a\\tb\\n   │                   5 │',
      '│ c\\x1b[2J │                   - │',
      '│ d        │ 1152921504606846976 │',
      '└──────────┴─────────────────────┘',
      '',
    ])
  })

  test('colours its header only when asked to', async () => {
    expect(await renderTable(table, { isTerminal: true, isColoured: true })).toContain('\u001b[1mtopic\u001b[22m')
  })

  test('is nothing for no rows in a pipe', async () => {
    expect(await renderTable({ ...table, rows: [] }, { isTerminal: false, isColoured: false })).toBe('')
  })
})

describe('colour', () => {
  test.each([
    [{ isTerminal: true, environment: {} }, true],
    [{ isTerminal: false, environment: {} }, false],
    [{ isTerminal: true, environment: { NO_COLOR: '1' } }, false],
    [{ isTerminal: true, environment: { NO_COLOR: '' } }, true],
    [{ isTerminal: true, environment: { TERM: 'dumb' } }, false],
    [{ isTerminal: true, environment: {}, noColor: true }, false],
  ])('of %j is %s', (query, expected) => {
    expect(wantsColour(query)).toBe(expected)
  })

  test('leaves text alone when it is off', () => {
    expect([palette(false).red('x'), palette(true).red('x')]).toEqual(['x', '\u001b[31mx\u001b[39m'])
  })
})

describe('human units', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [10 * 2 ** 20, '10 MiB'],
    [1023.9 * 1024, '1 MiB'],
    [123_456_789, '118 MiB'],
    [2n ** 63n, '8 EiB'],
  ])('%s bytes are %s', (bytes, text) => {
    expect(humanBytes(bytes)).toBe(text)
  })

  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1k'],
    [12_345, '12.3k'],
    [999_999, '1M'],
    [100_000, '100k'],
  ])('%s records are %s', (count, text) => {
    expect(humanCount(count)).toBe(text)
  })

  test.each([
    [0, '0ms'],
    [350.4, '350ms'],
    [1500, '1.5s'],
    [12_900, '12s'],
    [60_000, '1m'],
    [200_000, '3m 20s'],
    [187_200_000, '2d 4h'],
    [86_400_000 * 2 + 5000, '2d'],
    [Number.POSITIVE_INFINITY, '-'],
  ])('%s ms are %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text)
  })

  test('shows any number of bytes in few characters', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n }), (bytes) => {
        expect(humanBytes(bytes)).toMatch(/^[\d.]{1,4} [KMGTPE]?i?B$/)
      }),
    )
  })

  test('shows a time in UTC, and none as a dash', () => {
    expect([isoTime(0), isoTime(-1), isoTime(9e15)]).toEqual(['1970-01-01T00:00:00.000Z', '-', '9000000000000000'])
  })
})

describe('sparkline', () => {
  const style = { width: 10, isUtf8: true }

  test('draws the largest at full height, little as little, and nothing as a gap', () => {
    expect(sparkline([0, 1, 400, 800], style)).toBe(' ▁▄█')
    expect(sparkline([0, 1, 400, 800], { ...style, isUtf8: false })).toBe(' .=@')
  })

  test('adds neighbours up when there are more slots than room', () => {
    expect(sparkline([1, 1, 1, 1, 2, 2, 2, 2], { ...style, width: 2 })).toBe('▄█')
  })

  test('is empty for no slots', () => {
    expect([sparkline([], style), sparkline([0, 0], style)]).toEqual(['', '  '])
  })

  test('never is wider than asked', () => {
    const counts = fc.array(fc.nat(), { maxLength: 200 })
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 100 }), (all, width) => {
        expect(sparkline(all, { width, isUtf8: true })).toHaveLength(Math.min(all.length, width))
      }),
    )
  })

  test.each([
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, false],
    [{ LC_CTYPE: 'C.utf8', LANG: 'C' }, true],
    [{}, false],
  ])('takes the locale %j for UTF-8: %s', (environment, expected) => {
    expect(isUtf8Locale(environment)).toBe(expected)
  })
})
