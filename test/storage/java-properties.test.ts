import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatJavaProperty, parseJavaProperties, parseJavaPropertiesBytes } from '../../src/storage/java-properties.ts'
import { anyCharacter } from './scratch.ts'

describe('Java properties', () => {
  test.each<[string, string, [string, string][]]>([
    ['an equals sign', 'a=b', [['a', 'b']]],
    ['blanks around it', '  a \t = \f b ', [['a', 'b ']]],
    ['a colon', 'a: b', [['a', 'b']]],
    ['a blank alone', 'a b c', [['a', 'b c']]],
    ['only the first separator', 'a = = b', [['a', '= b']]],
    ['no value', 'a', [['a', '']]],
    ['no key', '= b', [['', 'b']]],
    ['comments and empty lines', '# x=y\n  ! z=y\n\n  \na=b', [['a', 'b']]],
    [
      'any line end',
      'a=1\rb=2\r\nc=3\n',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    ],
    ['the last of equal keys', 'a=1\na=2', [['a', '2']]],
    ['an escaped separator', String.raw`a\=b\:c\ d=e`, [['a=b:c d', 'e']]],
    ['control characters', String.raw`a=1\t2\n3\r4\f5`, [['a', '1\t2\n3\r4\f5']]],
    ['a needless escape', String.raw`a=\b\z\"`, [['a', 'bz"']]],
    ['characters by number', String.raw`a=\u00e9\u20AC`, [['a', 'é€']]],
    ['a number that is none', String.raw`a=\u00g1`, [['a', 'u00g1']]],
    ['a continued line', 'a=b\\\n   c\\\n\td', [['a', 'bcd']]],
    ['a continued key', 'a\\\n  b=c', [['ab', 'c']]],
    ['a comment that is not continued', '# x\\\na=b', [['a', 'b']]],
    ['what looks like a comment, but goes on', 'a=b\\\n#c', [['a', 'b#c']]],
    [
      'an escaped backslash at the end',
      'a=b\\\\\nc=d',
      [
        ['a', 'b\\'],
        ['c', 'd'],
      ],
    ],
    ['a backslash at the end of all', 'a=b\\', [['a', 'b']]],
    ['a path of Windows', String.raw`a=c:\\temp\\x`, [['a', String.raw`c:\temp\x`]]],
    ['a prototype', '__proto__=x', [['__proto__', 'x']]],
  ])('may have %s', (_, text, expected) => {
    expect([...parseJavaProperties(text)]).toEqual(expected)
  })

  test('are ISO-8859-1 in a file', () => {
    expect(parseJavaPropertiesBytes(Uint8Array.of(0x61, 0x3d, 0xe9)).get('a')).toBe('é')
  })

  test('read back as they were written', () => {
    const text = fc.string({ unit: anyCharacter, size: 'max', maxLength: 20 })
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 5 }), (values) => {
        const lines = Object.entries(values).map(([key, value]) => formatJavaProperty(key, value))
        expect(parseJavaProperties(lines.join('\n'))).toEqual(new Map(Object.entries(values)))
      }),
    )
  })

  test('are never refused', () => {
    const noise = fc.string({
      unit: fc.constantFrom('\\', 'u', '0', '=', ':', ' ', '\n', '\r', '#', 'x'),
      size: 'max',
      maxLength: 60,
    })
    fc.assert(fc.property(noise, (text) => void parseJavaProperties(text)))
  })
})
