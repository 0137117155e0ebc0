import { isDigits } from '../base/plain-text.ts'
import type { DurationFlag, FlagSpec, IntFlag, SizeFlag } from './command-spec.ts'

/** What one occurrence of a flag comes to. */
export type FlagValue = boolean | number | string

/** Turns the text after a flag into its value, or `undefined` when it is not one. Both parsers use it, so they agree. */
export function parseFlagValue(flag: FlagSpec, text: string): FlagValue | undefined {
  switch (flag.kind) {
    case 'bool':
      return undefined
    case 'int':
      return inRange(flag, parseInteger(text))
    case 'string':
      return flag.pattern?.test(text) === false ? undefined : text
    case 'choice':
      return flag.options.includes(text) ? text : undefined
    case 'duration':
      return parseDuration(text, flag.unit)
    case 'size':
      return inRange(flag, parseSize(text))
  }
}

/** What a flag wants, to be put after "expects": `a whole number from 1 to 9`. */
export function expectation(flag: FlagSpec): string {
  switch (flag.kind) {
    case 'bool':
      return 'no value'
    case 'int':
      return `a whole number${rangeInWords(flag)}`
    case 'string':
      return flag.expects ?? 'a value'
    case 'choice':
      return inWords(flag.options)
    case 'duration':
      return durationInWords(flag)
    case 'size':
      return `a size such as 64k or 1M${rangeInWords(flag)}`
  }
}

function parseInteger(text: string): number | undefined {
  // Without a pattern: to compile one takes longer than a start has for its whole command line.
  const digits = text.startsWith('-') ? text.slice(1) : text
  return digits.length <= 16 && isDigits(digits) ? Number(text) : undefined
}

const millisecondsOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds in `250ms`, `1.5s`, `1h30m`; a bare number is counted in `unit`. `undefined` when it is none. */
export function parseDuration(text: string, unit: 'ms' | 's'): number | undefined {
  if (/^\d{1,15}(\.\d+)?$/.test(text)) return finite(Number(text) * (millisecondsOf[unit] ?? 1))
  if (!/^(\d{1,12}(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined
  let milliseconds = 0
  for (const [, count, letter] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) {
    milliseconds += Number(count) * (millisecondsOf[letter ?? ''] ?? 0)
  }
  return finite(milliseconds)
}

const bytesOf: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** Bytes in `65536`, `64k`, `1M`, `2GiB`, or `undefined` when it is no size. */
function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15})(?:([kmgt])(?:i?b)?)?$/i.exec(text)
  if (match === null) return undefined
  return finite(Number(match[1]) * (bytesOf[(match[2] ?? '').toLowerCase()] ?? 1))
}

function finite(value: number): number | undefined {
  return value <= Number.MAX_SAFE_INTEGER ? Math.round(value) : undefined
}

function inRange(flag: IntFlag | SizeFlag, value: number | undefined): number | undefined {
  if (value === undefined || !Number.isSafeInteger(value)) return undefined
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = flag
  if (value < min || value > max) return undefined
  // Not -0, which `Number('-0')` gives.
  return value === 0 ? 0 : value
}

function rangeInWords({ min, max }: IntFlag | SizeFlag): string {
  if (min === undefined || min === Number.MIN_SAFE_INTEGER) return ''
  // A limit that only the number's type has is no news.
  return max === undefined || max >= 2 ** 31 - 1 ? ` of at least ${min}` : ` from ${min} to ${max}`
}

function durationInWords({ unit }: DurationFlag): string {
  return `a time such as 250ms, 10s or 5m (a bare number is ${unit === 's' ? 'seconds' : 'milliseconds'})`
}

/** `a, b or c`. */
export function inWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
