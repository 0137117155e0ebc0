import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { parseOffsets } from '../../../src/cli/values/offset-expression.ts'

const context = { flag: '-o', now: 1_000_000_000 }

describe('parseOffsets', () => {
  test.each([
    ['beginning', { kind: 'beginning' }],
    ['earliest', { kind: 'beginning' }],
    ['start', { kind: 'beginning' }],
    ['end', { kind: 'end' }],
    ['latest', { kind: 'end' }],
    ['stored', { kind: 'stored' }],
    ['0', { kind: 'offset', offset: 0n }],
    ['9223372036854775807', { kind: 'offset', offset: 2n ** 63n - 1n }],
    ['-1', { kind: 'last', count: 1n }],
    ['-0', { kind: 'last', count: 0n }],
    ['s@1700', { kind: 'time', timestampMs: 1700 }],
    ['s@10s', { kind: 'time', timestampMs: 999_990_000 }],
  ])('reads %s', (text, start) => {
    expect(parseOffsets([text], context)).toEqual({ start, end: undefined })
  })

  test('takes a start and an end, in any order', () => {
    const range = { start: { kind: 'time', timestampMs: 1 }, end: { kind: 'time', timestampMs: 2 } }
    expect(parseOffsets(['s@1', 'e@2'], context)).toEqual(range)
    expect(parseOffsets(['e@2', 's@1'], context)).toEqual(range)
    expect(parseOffsets([], context)).toEqual({ start: undefined, end: undefined })
  })

  test.each([
    [['s@1', 'beginning']],
    [['e@1', 'e@2']],
    [['9223372036854775808']],
    [['+1']],
    [['1.5']],
    [['']],
    [['x']],
    [['s@']],
    [['Beginning']],
  ])('refuses %j', (texts) => {
    expect(() => parseOffsets(texts, context)).toThrow(UsageError)
  })

  test('names the flag and the form of a wrong time', () => {
    expect(() => parseOffsets(['e@soon'], context)).toThrow("-o: 'e@soon' is not a time")
  })
})
