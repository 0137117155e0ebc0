import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../../src/base/brands.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { formatLetters, RecordFormat } from '../../../src/cli/format/record-format.ts'
import type { OutputRecord } from '../../../src/cli/format/output-record.ts'
import { CollectingSink } from '../collecting-sink.ts'
import { bytes, record } from './records.ts'
import { anyText, textOf } from '../arbitraries.ts'

function rendered(format: string, of: OutputRecord, options = {}): Buffer {
  const sink = new CollectingSink()
  RecordFormat.compile(format, '-f', options).render(of, sink)
  return sink.bytes
}

const full = record({
  topic: 'orders',
  partition: 7,
  offset: offset(2n ** 63n - 1n),
  timestampMs: 1_772_331_300_000,
  key: bytes('k'),
  value: bytes('wert ü'),
  headers: [
    { key: 'a', value: bytes('1') },
    { key: 'b', value: null },
  ],
})

describe('RecordFormat', () => {
  test.each([
    ['%t %p %o', 'orders 7 9223372036854775807'],
    ['%k:%K %s:%S', 'k:1 wert ü:7'],
    ['%T %F', '1772331300000 2026-03-01T02:15:00.000Z'],
    ['%h', 'a=1,b=NULL'],
    ['%R', '\0\0\0\u0007'],
    ['100%% ä\\t\\n\\r\\x41\\\\', '100% ä\t\n\rA\\'],
    ['', ''],
  ])('renders %j', (format, expected) => {
    expect(rendered(format, full).toString()).toBe(expected)
  })

  test('tells null from empty by the length, and shows nothing or the text that is asked for', () => {
    expect(rendered('%K,%S,%k,%s,%T,%F', record()).toString()).toBe('-1,-1,,,-1,-')
    expect(rendered('%k %s %S', record({ key: bytes('') }), { nullText: 'NULL' }).toString()).toBe(' NULL -1')
    expect([...rendered('%R', record())]).toEqual([255, 255, 255, 255])
  })

  test('passes the bytes of keys and values on as they are', () => {
    const content = fc.uint8Array({ maxLength: 100, size: 'max' })
    fc.assert(
      fc.property(content, content, (key, value) => {
        const expected = Buffer.concat([key, Buffer.of(0xff), value])
        expect(rendered('%k\\xff%s', record({ key, value })).equals(expected)).toBe(true)
      }),
    )
  })

  test('shows a timestamp that no calendar has as a number', () => {
    expect(rendered('%F', record({ timestampMs: 9e15 })).toString()).toBe('9000000000000000')
  })

  test.each(['%q', '%', 'a%', '\\q', '\\', '\\x1', '%ü', '%\\n'])('refuses %j', (format) => {
    expect(() => RecordFormat.compile(format, '-f')).toThrow(UsageError)
  })

  test('says which letters there are', () => {
    expect(() => RecordFormat.compile('%v', '--format')).toThrow("--format: '%v' has the unknown letter '%v'")
  })

  test('documents each letter that it knows', () => {
    for (const letter of Object.keys(formatLetters))
      expect(() => RecordFormat.compile(`%${letter}`, '-f')).not.toThrow()
  })

  test('knows any text as a format or as wrong', () => {
    const text = fc.oneof(anyText(20), textOf('%\\sxnk0f'))
    fc.assert(
      fc.property(text, (format) => {
        try {
          rendered(format, full)
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
