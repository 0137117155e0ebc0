import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Glob } from '../../../src/cli/format/glob.ts'
import { bytes } from './records.ts'
import { anyText, textOf } from '../arbitraries.ts'

const matches = (pattern: string, text: string | number[]): boolean => new Glob(pattern).matches(bytes(text))

describe('Glob', () => {
  test.each([
    ['', ''],
    ['*', ''],
    ['a*c', 'abbc'],
    ['*.log', 'a.b.log'],
    ['a**b', 'ab'],
    ['a?c', 'aüc'],
    ['a?c', 'a👍c'],
    ['[a-c]x', 'bx'],
    ['[!a-c]x', 'dx'],
    ['[]]', ']'],
    ['[a-]', '-'],
    ['[', '['],
    ['[ä-ü]', 'ö'],
    ['\\*', '*'],
    ['\\', '\\'],
    ['a*b*c', 'aXbXbXc'],
  ])('%j matches %j', (pattern, text) => {
    expect(matches(pattern, text)).toBe(true)
  })

  test.each([
    ['', 'a'],
    ['a', ''],
    ['a', 'ab'],
    ['a?', 'a'],
    ['\\*', 'a'],
    ['[a-c]', 'd'],
    ['[!a]', 'a'],
    ['a*b', 'abc'],
    ['A', 'a'],
  ])('%j does not match %j', (pattern, text) => {
    expect(matches(pattern, text)).toBe(false)
  })

  test('takes a byte that is not UTF-8 for one character that no literal and no set has', () => {
    expect(matches('a?c', [0x61, 0xff, 0x63])).toBe(true)
    expect(matches('a[!x]c', [0x61, 0xff, 0x63])).toBe(true)
    expect(matches('a[ÿ]c', [0x61, 0xff, 0x63])).toBe(false)
    expect(matches('\ufffd', [0xff])).toBe(false)
    expect(matches('*', [0xff, 0xc2])).toBe(true)
  })

  test('agrees with a regular expression', () => {
    const pattern = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'ü', '*', '?') })
    const text = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', 'ü') })
    fc.assert(
      fc.property(pattern, text, (glob, value) => {
        const expression = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su')
        expect(matches(glob, value)).toBe(expression.test(value))
      }),
      { numRuns: 2000 },
    )
  })

  test('takes any pattern and any bytes', () => {
    const pattern = fc.oneof(anyText(20), textOf('a*?[]!-\\'))
    fc.assert(
      fc.property(pattern, fc.uint8Array({ maxLength: 100, size: 'max' }), (glob, value) => {
        expect(typeof new Glob(glob).matches(value)).toBe('boolean')
      }),
      { numRuns: 500 },
    )
  })

  test('is done in time with a pattern made to be slow', () => {
    expect(new Glob('*a'.repeat(50) + 'b').matches(new Uint8Array(20_000).fill(0x61))).toBe(false)
  })
})
