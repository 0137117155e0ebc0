import type { TimestampMs } from '../../base/brands.ts'
import { UsageError } from '../../base/errors.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { Glob } from '../format/glob.ts'
import type { OutputRecord } from '../format/output-record.ts'
import { isWithin } from './batch-times.ts'
import { quoted } from '../format/visible-text.ts'

/** Which records are printed. */
export interface RecordFilter {
  /** Whether more than the time counts. */
  readonly looksInside: boolean
  /** False when none of the batch's records can match: they need not be looked at. */
  mayMatch(batch: LogBatch): boolean
  /** True when all of the batch's records are known to match: they need not be looked at. */
  matchesAll(batch: LogBatch): boolean
  matches(record: OutputRecord): boolean
}

export interface FilterOptions {
  readonly matchKey: string | undefined
  readonly grep: string | undefined
  /** NAME=GLOB each. */
  readonly matchHeader: readonly string[]
  readonly invertMatch: boolean
  /** Inclusive. */
  readonly since: TimestampMs | undefined
  /** Exclusive. */
  readonly until: TimestampMs | undefined
}

type RecordTest = (record: OutputRecord) => boolean

/**
 * A record matches when its key, its value and its headers all do, or with `invertMatch` when not; times are not inverted.
 * Undefined when every record does. Throws `UsageError` for a bad pattern.
 */
export function recordFilter(options: FilterOptions): RecordFilter | undefined {
  const content = contentTests(options)
  const { since = -Infinity, until = Infinity, invertMatch } = options
  const isTimed = since !== -Infinity || until !== Infinity
  if (content.length === 0 && !isTimed) {
    if (invertMatch) throw new UsageError('--invert-match needs a filter', { hint: '--grep error --invert-match' })
    return undefined
  }
  const needle = invertMatch || options.grep === undefined ? undefined : literalBytes(options.grep)
  return {
    looksInside: content.length > 0,
    mayMatch: (batch) => batch.maxTimestamp >= since && (needle === undefined || mayHold(batch, needle)),
    matchesAll: (batch) => content.length === 0 && isWithin(batch, { since, until }),
    matches: (record) =>
      (!isTimed || (record.timestampMs >= since && record.timestampMs < until)) &&
      (content.length === 0 || content.every((test) => test(record)) !== invertMatch),
  }
}

/** Whether the time of a record is within `--since` and `--until`; undefined when neither is given. */
export function timeFilter(
  since: TimestampMs | undefined,
  until: TimestampMs | undefined,
): ((timestamp: TimestampMs) => boolean) | undefined {
  if (since === undefined && until === undefined) return undefined
  return (timestamp) => timestamp >= (since ?? -Infinity) && timestamp < (until ?? Infinity)
}

function contentTests({ matchKey, grep, matchHeader }: FilterOptions): RecordTest[] {
  const tests: RecordTest[] = []
  if (matchKey !== undefined) {
    const glob = new Glob(matchKey)
    tests.push(({ key }) => key !== null && glob.matches(key))
  }
  for (const text of matchHeader) tests.push(headerTest(text))
  if (grep !== undefined) tests.push(valueTest(grep))
  return tests
}

function headerTest(text: string): RecordTest {
  const at = text.indexOf('=')
  const name = text.slice(0, at)
  const glob = new Glob(text.slice(at + 1))
  return ({ headers }) => headers.some(({ key, value }) => key === name && value !== null && glob.matches(value))
}

function valueTest(grep: string): RecordTest {
  const needle = literalBytes(grep)
  if (needle !== undefined) return ({ value }) => value !== null && bufferOf(value).includes(needle)
  const pattern = compile(grep)
  return ({ value }) => value !== null && pattern.test(bufferOf(value).toString('utf8'))
}

function compile(grep: string): RegExp {
  try {
    return new RegExp(grep)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`--grep: ${quoted(grep)} is no regular expression: ${reason}`, {
      hint: "for example --grep 'timeout|refused'",
    })
  }
}

/** The bytes of a pattern that only stands for itself. */
function literalBytes(pattern: string): Buffer | undefined {
  return /[\\^$.*+?()[\]{}|]/.test(pattern) || !pattern.isWellFormed() ? undefined : Buffer.from(pattern)
}

/** Bytes that occur nowhere in a batch occur in none of its values. A compressed one may hold anything. */
function mayHold(batch: LogBatch, needle: Buffer): boolean {
  return batch.codec !== 'none' || bufferOf(batch.bytes).includes(needle)
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
