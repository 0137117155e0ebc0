import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderTable, type Table } from '../../../src/cli/format/table.ts'

const table: Table = {
  columns: [
    { title: 'file' },
    { title: 'bytes', align: 'right' },
    { title: 'codec', rank: 2 },
    { title: 'batches', align: 'right', rank: 1 },
    { title: 'what is wrong' },
  ],
  rows: [['t-0/00000000000000000000.log', 5, 'none', 1, 'the checksum is not that of the bytes']],
}

const shown = async (width?: number): Promise<string[]> => {
  const style = { isTerminal: true, isColoured: false, ...(width !== undefined && { width }) }
  return (await renderTable(table, style)).trimEnd().split('\n')
}

describe('a table on a terminal', () => {
  test('has all its columns where there is room', async () => {
    const [, header] = await shown(98)
    expect(header).toBe(
      '│ file                         │ bytes │ codec │ batches │ what is wrong                         │',
    )
    expect(await shown(98)).toEqual(await shown())
  })

  test('leaves out the columns of the highest rank first', async () => {
    expect((await shown(97))[1]).toBe(
      '│ file                         │ bytes │ batches │ what is wrong                         │',
    )
    expect((await shown(89))[1]).toBe(
      '│ file                         │ bytes │ what is wrong                         │',
    )
  })

  test('wraps its widest column at the words where that is not enough', async () => {
    expect(await shown(64)).toEqual([
      '┌──────────────────────────────┬───────┬───────────────────────┐',
      '│ file                         │ bytes │ what is wrong         │',
      '├──────────────────────────────┼───────┼───────────────────────┤',
      '│ t-0/00000000000000000000.log │     5 │ the checksum is not   │',
      '│                              │       │ that of the bytes     │',
      '└──────────────────────────────┴───────┴───────────────────────┘',
    ])
  })

  test('cuts a word that no width could hold, and loses nothing of it', async () => {
    const key = 'k'.repeat(200)
    const text = await renderTable(
      { columns: [{ title: 'key' }, { title: 'records' }], rows: [[key, 1]] },
      { isTerminal: true, isColoured: false, width: 60 },
    )
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60)
    expect(text.match(/k/g)?.length).toBe(201)
  })

  test('shows East Asian text whole, in lines where there is no room for it in one', async () => {
    const key = '日本語のキーですよね、日本語のキーですよね'
    const asian: Table = { columns: [{ title: 'key' }], rows: [[key], ['ключ']] }
    const style = { isTerminal: true, isColoured: false }
    expect(await renderTable(asian, { ...style, width: 200 })).toContain(`│ ${key} │`)
    expect(await renderTable(asian, { ...style, width: 36 })).toContain(
      [
        '│ 日本語のキーですよね、日本語のキ │',
        '│ ーですよね                       │',
        '│ ключ                             │',
      ].join('\n'),
    )
  })

  test('is never wider than the terminal when its words are short', async () => {
    const words = fc.array(fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'b', '7') }), {
      maxLength: 9,
    })
    const cells = fc.array(fc.tuple(words, words, words), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(cells, fc.integer({ min: 40, max: 200 }), async (rows, width) => {
        const text = await renderTable(
          {
            columns: [{ title: 'a' }, { title: 'b', rank: 1 }, { title: 'c' }],
            rows: rows.map((row) => row.map((cell) => cell.join(' '))),
          },
          { isTerminal: true, isColoured: false, width },
        )
        for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
      }),
      { numRuns: 50 },
    )
  })
})
