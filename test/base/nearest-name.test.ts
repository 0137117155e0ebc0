import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearest } from '../../src/base/nearest-name.ts'

const topics = ['app-logs', 'access-logs', 'audit', 'db', 'Orders']

describe('nearest', () => {
  test.each([
    ['app-log', 'app-logs'],
    ['ap-plogs', 'app-logs'],
    ['acces-log', 'access-logs'],
    ['adit', 'audit'],
    ['orders', 'Orders'],
    ['ORDER', 'Orders'],
    ['bd', 'db'],
    ['dbx', 'db'],
    ['audit', 'audit'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, topics)).toBe(meant)
  })

  test.each(['metrics', 'xy', '', 'd'.repeat(1000)])('has no idea what %.20s could be', (typed) => {
    expect(nearest(typed, topics)).toBeUndefined()
  })

  test('takes the first of equally near ones, and exact case before other', () => {
    expect(nearest('cat', ['bat', 'rat'])).toBe('bat')
    expect(nearest('cats', ['CAT', 'cat'])).toBe('CAT')
    expect(nearest('cat', ['CAT', 'cat'])).toBe('cat')
  })

  test('finds every name again after one slip', () => {
    const name = fc.stringMatching(/^[a-z]{4,30}$/)
    fc.assert(
      fc.property(name, fc.nat(), (meant, seed) => {
        const at = seed % meant.length
        const slips = [
          meant.slice(0, at) + meant.slice(at + 1),
          `${meant.slice(0, at)}z${meant.slice(at)}`,
          `${meant.slice(0, at)}z${meant.slice(at + 1)}`,
          meant.slice(0, at) + (meant[at + 1] ?? '') + (meant[at] ?? '') + meant.slice(at + 2),
        ]
        for (const slip of slips) expect(nearest(slip, ['0', meant, '0000'])).toBe(meant)
      }),
    )
  })
})
