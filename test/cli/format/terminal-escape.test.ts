import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TerminalSink } from '../../../src/cli/format/terminal-escape.ts'
import { visibleText } from '../../../src/cli/format/visible-text.ts'
import { CollectingSink } from '../collecting-sink.ts'
import { bytes } from './records.ts'
import { anyText } from '../arbitraries.ts'

function shown(content: Uint8Array): Buffer {
  const below = new CollectingSink()
  new TerminalSink(below).write(content)
  return below.bytes
}

const isDangerous = (text: string): boolean =>
  // oxlint-disable-next-line no-control-regex -- control characters are the point
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.test(text)

describe('TerminalSink', () => {
  test.each([
    ['a command of the terminal', bytes('a\u001b[31mb'), 'a\\x1b[31mb'],
    ['a bell and a backspace', bytes('\u0007\b'), '\\x07\\x08'],
    ['a carriage return', bytes('good\rbad'), 'good\\rbad'],
    ['DEL and C1', bytes('\u007f\u009b31m'), '\\x7f\\x9b31m'],
    ['a C1 byte that is no UTF-8', bytes([0x9b, 0x41]), '\\x9bA'],
    ['text turned round', bytes('a\u202eb\u2066'), 'a\\u202eb\\u2066'],
    ['a character that is cut', bytes([0x61, 0xe2, 0x82]), 'a\\xe2\\x82'],
    ['an overlong form', bytes([0xc0, 0x9b]), '\\xc0\\x9b'],
    ['a surrogate', bytes([0xed, 0xa0, 0x80]), '\\xed\\xa0\\x80'],
  ])('escapes %s', (_name, content, expected) => {
    expect(shown(content).toString()).toBe(expected)
  })

  test('keeps text, newlines and tabs', () => {
    const text = 'a\tb\n\nüber 日本 👍 \u00a0 \u200d\n'
    expect(shown(bytes(text)).toString()).toBe(text)
  })

  test('never lets a dangerous character through, in one write or split over two', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 100, size: 'max' }),
      anyText(50).map(bytes),
      fc.array(fc.constantFrom(0xc2, 0x9b, 0xe2, 0x80, 0xae, 0x1b, 0x41), { maxLength: 20 }).map(bytes),
    )
    fc.assert(
      fc.property(content, fc.nat(), (any, at) => {
        const below = new CollectingSink()
        const sink = new TerminalSink(below)
        const cut = at % (any.length + 1)
        sink.write(any, 0, cut)
        sink.write(any, cut)
        expect(isDangerous(new TextDecoder('utf-8', { fatal: true }).decode(below.bytes))).toBe(false)
        expect(isDangerous(shown(any).toString())).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  test('passes whatever is harmless on byte for byte', () => {
    fc.assert(
      fc.property(anyText(50), (text) => {
        fc.pre(!isDangerous(text))
        expect(shown(bytes(text)).toString()).toBe(text)
      }),
    )
  })
})

test('visibleText shows the same for text, on one line', () => {
  expect(visibleText('a\u001b\n\t\r\u202e\u009bü')).toBe('a\\x1b\\n\\t\\r\\u202e\\x9bü')
})
