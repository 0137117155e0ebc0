import { offset } from '../../base/brands.ts'
import type { Offset, TimestampMs } from '../../base/brands.ts'
import { UsageError } from '../../base/errors.ts'
import { badValue } from './bad-value.ts'
import { parseTime } from './time-expression.ts'
import type { TimeContext } from './time-expression.ts'

/** Where reading starts, in each partition. */
export type StartExpression =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  /** What the group has committed. */
  | { readonly kind: 'stored' }
  | { readonly kind: 'offset'; readonly offset: Offset }
  /** So many records before the end of the partition. */
  | { readonly kind: 'last'; readonly count: bigint }
  /** The first record with this timestamp or a later one. */
  | { readonly kind: 'time'; readonly timestampMs: TimestampMs }

/** Where reading ends: before the first record with this timestamp or a later one. */
export interface EndExpression {
  readonly kind: 'time'
  readonly timestampMs: TimestampMs
}

export interface OffsetRange {
  readonly start: StartExpression | undefined
  readonly end: EndExpression | undefined
}

const WANTED = 'a place in the log'
const EXAMPLE = 'beginning, end, stored, 42, -10, s@2026-03-01T02:15 or e@1h'
const OFFSET_MAX = 2n ** 63n - 1n

/**
 * Reads kcat's `-o`, which may be given once for the start and once (`e@TIME`) for the end:
 * `beginning|earliest|start`, `end|latest`, `stored`, `N` (an offset), `-N` (the last N of each partition; `-0` is the end),
 * `s@TIME`, `e@TIME`, where TIME is whatever `parseTime` reads. As in kcat `-1` is the last record, not Kafka's code for the end.
 * Throws `UsageError`.
 */
export function parseOffsets(texts: readonly string[], context: TimeContext): OffsetRange {
  let start: StartExpression | undefined
  let end: EndExpression | undefined
  for (const text of texts) {
    const isEnd = text.startsWith('e@')
    if ((isEnd ? end : start) !== undefined) throw givenTwice(context.flag, isEnd ? 'end' : 'start')
    if (isEnd) end = time(text, context)
    else start = parseStart(text, context)
  }
  return { start, end }
}

function parseStart(text: string, context: TimeContext): StartExpression {
  switch (text) {
    case 'beginning':
    case 'earliest':
    case 'start':
      return { kind: 'beginning' }
    case 'end':
    case 'latest':
      return { kind: 'end' }
    case 'stored':
      return { kind: 'stored' }
    default:
      return text.startsWith('s@') ? time(text, context) : parseNumber(text, context.flag)
  }
}

function time(text: string, context: TimeContext): EndExpression {
  return { kind: 'time', timestampMs: parseTime(text.slice(2), { ...context, prefix: text.slice(0, 2) }) }
}

function parseNumber(text: string, flag: string): StartExpression {
  if (!/^-?\d{1,19}$/.test(text)) throw badValue(flag, text, WANTED, EXAMPLE)
  const value = BigInt(text.replace('-', ''))
  if (value > OFFSET_MAX) throw badValue(flag, text, 'an offset below 2^63', EXAMPLE)
  return text.startsWith('-') ? { kind: 'last', count: value } : { kind: 'offset', offset: offset(value) }
}

function givenTwice(flag: string, which: string): UsageError {
  return new UsageError(`${flag}: the ${which} is given twice`, { hint: `for example ${flag} s@2h ${flag} e@1h` })
}
