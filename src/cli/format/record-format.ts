import { UsageError } from '../../base/errors.ts'
import type { RecordHeader } from '../../record/records.ts'
import type { ByteSink } from '../output.ts'
import { escapeAt } from '../values/escapes.ts'
import { isoTime } from './human-units.ts'
import type { OutputRecord } from './output-record.ts'
import { quoted } from './visible-text.ts'

/** One piece of a format: bytes as they stand, or something of the record. */
type Part = (record: OutputRecord, sink: ByteSink) => void

export interface RecordFormatOptions {
  /** What stands for a null key or value (`-Z`: `NULL`); empty when left out. */
  readonly nullText?: string
}

/** The letters after `%`, for help texts; kcat's, and `%F`. */
export const formatLetters: Readonly<Record<string, string>> = {
  s: 'value',
  S: 'bytes of the value (-1 for null)',
  R: 'the same as a big-endian int32',
  k: 'key',
  K: 'bytes of the key (-1 for null)',
  t: 'topic',
  p: 'partition',
  o: 'offset',
  T: 'timestamp, ms since 1970 (-1 for none)',
  F: 'timestamp, ISO 8601 in UTC (- for none)',
  h: 'headers, name=value,...',
  '%': 'a percent sign',
}

/**
 * A format of kcat's (`-f '%t %p %o %k: %s\n'`), compiled once. It is all that is written: no delimiter follows by itself.
 * Keys, values and headers go to the sink as the bytes they are.
 */
export class RecordFormat {
  readonly #parts: readonly Part[]

  private constructor(parts: readonly Part[]) {
    this.#parts = parts
  }

  /** Throws `UsageError` for an unknown letter or escape. */
  static compile(format: string, flag: string, { nullText = '' }: RecordFormatOptions = {}): RecordFormat {
    const letters = recordParts(new TextEncoder().encode(nullText))
    const parts: Part[] = []
    let literal: number[] = []
    const endLiteral = (): void => {
      if (literal.length > 0) parts.push(literalPart(Uint8Array.from(literal)))
      literal = []
    }
    for (const token of tokens(format, flag)) {
      if (typeof token !== 'string') {
        literal.push(...token)
        continue
      }
      const part = letters.get(token)
      if (part === undefined) throw unknownLetter(format, token, flag)
      endLiteral()
      parts.push(part)
    }
    endLiteral()
    return new RecordFormat(parts)
  }

  render(record: OutputRecord, sink: ByteSink): void {
    for (const part of this.#parts) part(record, sink)
  }
}

/** Splits a format into letters (strings) and the bytes between them. */
function* tokens(format: string, flag: string): Generator<string | Uint8Array | readonly number[]> {
  const encoder = new TextEncoder()
  for (let at = 0; at < format.length;) {
    const character = String.fromCodePoint(format.codePointAt(at) ?? 0)
    if (character === '%') {
      const letter = format.slice(at + 1, at + 2)
      yield letter === '%' ? encoder.encode('%') : letter
      at += 2
    } else if (character === '\\') {
      const escape = escapeAt(format, at)
      if (escape === undefined) throw unknownEscape(format, format.slice(at, at + 2), flag)
      yield [escape.byte]
      at += escape.length
    } else {
      yield encoder.encode(character)
      at += character.length
    }
  }
}

function recordParts(nullText: Uint8Array): ReadonlyMap<string, Part> {
  return new Map<string, Part>([
    ['s', (record, sink) => sink.write(record.value ?? nullText)],
    ['k', (record, sink) => sink.write(record.key ?? nullText)],
    ['S', (record, sink) => sink.writeText(String(record.value?.length ?? -1))],
    ['K', (record, sink) => sink.writeText(String(record.key?.length ?? -1))],
    ['R', (record, sink) => sink.write(bigEndian(record.value?.length ?? -1))],
    ['t', (record, sink) => sink.writeText(record.topic)],
    ['p', (record, sink) => sink.writeText(String(record.partition))],
    ['o', (record, sink) => sink.writeText(String(record.offset))],
    ['T', (record, sink) => sink.writeText(String(record.timestampMs))],
    ['F', (record, sink) => sink.writeText(isoTime(record.timestampMs))],
    ['h', (record, sink) => writeHeaders(record.headers, sink)],
  ])
}

function literalPart(bytes: Uint8Array): Part {
  return (_record, sink) => sink.write(bytes)
}

const COMMA = Uint8Array.of(44)
const EQUALS = Uint8Array.of(61)

/** As kcat has it: `name=value,name=value`, `NULL` for a null value. */
function writeHeaders(headers: readonly RecordHeader[], sink: ByteSink): void {
  headers.forEach(({ key, value }, index) => {
    if (index > 0) sink.write(COMMA)
    sink.writeText(key)
    sink.write(EQUALS)
    if (value === null) sink.writeText('NULL')
    else sink.write(value)
  })
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value)
  return bytes
}

function unknownLetter(format: string, letter: string, flag: string): UsageError {
  const letters = Object.keys(formatLetters).map((known) => `%${known}`)
  return new UsageError(`${flag}: ${quoted(format)} has the unknown letter ${quoted(`%${letter}`)}`, {
    hint: `known are ${letters.join(' ')}; for example ${flag} '%t %p %o %k: %s\\n'`,
  })
}

function unknownEscape(format: string, escape: string, flag: string): UsageError {
  return new UsageError(`${flag}: ${quoted(format)} has the unknown escape ${quoted(escape)}`, {
    hint: `known are \\n \\r \\t \\0 \\xHH \\\\; for example ${flag} '%k\\t%s\\n'`,
  })
}
