import type { TimestampMs } from '../../base/brands.ts'
import { UsageError } from '../../base/errors.ts'
import type { Isolation } from '../../store/log-store.ts'
import type { OptionsOf } from '../command-spec.ts'
import { parseDuration } from '../flag-value.ts'
import type { consumeSpec } from '../specs/consume.ts'
import type { tailSpec } from '../specs/tail.ts'
import { type OffsetRange, parseOffsets, type StartExpression } from '../values/offset-expression.ts'
import { type PartitionList, parsePartitionList } from '../values/partition-list.ts'
import { parseTailCount } from '../values/tail-count.ts'
import { parseTime } from '../values/time-expression.ts'
import { recordFilter, type RecordFilter } from './record-filter.ts'
import { recordStyle, type RecordStyle } from './record-style.ts'

export type ConsumeOptions = OptionsOf<typeof consumeSpec>
export type TailOptions = OptionsOf<typeof tailSpec>

/** What the flags of `consume` and of `tail` both mean. */
type ReadingOptions = Omit<ConsumeOptions | TailOptions, 'last' | 'exit'>

/** Where reading starts: in each partition, or so that a topic gives its last records. */
export type StartRule =
  | Exclude<StartExpression, { kind: 'stored' }>
  /** The last so many records of a topic, by time over its partitions. */
  | { readonly kind: 'last-of-topic'; readonly count: number }
  /** From this record of the topic on; 1 is the first. */
  | { readonly kind: 'from'; readonly nth: number }

export interface GroupSettings {
  readonly groupId: string
  /** How often offsets are committed on the way, in ms; undefined for at the end only. */
  readonly commitEveryMs: number | undefined
}

/** What the flags of `consume` or `tail` mean, checked and in the units of the engine. */
export interface ReadingSettings {
  readonly topics: readonly string[]
  /** All when undefined. */
  readonly partitions: PartitionList | undefined
  readonly start: StartRule
  /** Whether what the group has committed goes before `start`. */
  readonly resumes: boolean
  /** `-o e@TIME`: each partition ends before its first record of this time or a later one. */
  readonly endTimestamp: TimestampMs | undefined
  readonly since: TimestampMs | undefined
  readonly until: TimestampMs | undefined
  /** Infinity for all. */
  readonly recordsMax: number
  readonly follows: boolean
  readonly timeoutMs: number | undefined
  readonly filter: RecordFilter | undefined
  readonly isolation: Isolation
  readonly mergesByTime: boolean
  readonly group: GroupSettings | undefined
  readonly style: RecordStyle
  readonly isUnbuffered: boolean
  /** No escapes on a terminal. */
  readonly isRaw: boolean
  /** `--exit-code`: 4 when nothing came. */
  readonly failsOnNothing: boolean
  readonly isQuiet: boolean
  /** Damage is told as JSON. */
  readonly isJson: boolean
  readonly isVerbose: boolean
}

/** Reads the options of `consume`; throws `UsageError` that names the flag. */
export function consumeSettings(options: ConsumeOptions, now: TimestampMs): ReadingSettings {
  const last: StartRule | undefined =
    options.last === undefined ? undefined : { kind: 'last-of-topic', count: options.last }
  return readingSettings(options, { now, given: last, otherwise: { kind: 'beginning' }, formatFlag: '-f' })
}

const tailCountDefault: StartRule = { kind: 'last-of-topic', count: 10 }

/** Reads the options of `tail`; throws `UsageError` that names the flag. */
export function tailSettings(options: TailOptions, now: TimestampMs): ReadingSettings {
  const given = options.last === undefined ? undefined : tailStart(options.last)
  return readingSettings(options, { now, given, otherwise: tailCountDefault, formatFlag: '--format' })
}

function tailStart(text: string): StartRule {
  const count = parseTailCount(text, '-n')
  return count.kind === 'last' ? { kind: 'last-of-topic', count: count.count } : count
}

interface CommandFacts {
  readonly now: TimestampMs
  /** What `-n` says. */
  readonly given: StartRule | undefined
  /** Where the command starts when nothing is said. */
  readonly otherwise: StartRule
  readonly formatFlag: string
}

function readingSettings(options: ReadingOptions, facts: CommandFacts): ReadingSettings {
  const { now } = facts
  const range = parseOffsets(options.offset, { flag: '-o', now })
  const since = options.since === undefined ? undefined : parseTime(options.since, { flag: '--since', now })
  const until = options.until === undefined ? undefined : parseTime(options.until, { flag: '--until', now })
  const group = groupSettings(options)
  const start = startRule(range, since, facts)
  return {
    topics: [...new Set(options.topics)],
    partitions: options.partition.length === 0 ? undefined : parsePartitionList(options.partition, '-p'),
    start,
    resumes: resumes(range, { group, isGiven: facts.given !== undefined }),
    endTimestamp: range.end?.timestampMs,
    since,
    until,
    recordsMax: options.count ?? Infinity,
    // `e@TIME` is an end by itself.
    follows: options.follow && range.end === undefined,
    timeoutMs: options.timeout,
    filter: recordFilter({ ...options, since, until }),
    isolation: options.isolation,
    // What is chosen by time over several partitions is also shown so.
    mergesByTime: options.merge === undefined ? start.kind === 'last-of-topic' : options.merge === 'time',
    group,
    style: recordStyle(options, facts.formatFlag),
    isUnbuffered: options.unbuffered,
    isRaw: options.raw,
    failsOnNothing: options.exitCode,
    isQuiet: options.quiet,
    isJson: options.json,
    isVerbose: options.verbose,
  }
}

function startRule({ start }: OffsetRange, since: TimestampMs | undefined, facts: CommandFacts): StartRule {
  if (start !== undefined && start.kind !== 'stored') return start
  if (facts.given !== undefined) return facts.given
  return since === undefined ? facts.otherwise : { kind: 'time', timestampMs: since }
}

/** `-o stored` goes on where the group stopped, and so does `-g` when no other start is asked for. */
function resumes(
  { start }: OffsetRange,
  { group, isGiven }: { readonly group: GroupSettings | undefined; readonly isGiven: boolean },
): boolean {
  if (start?.kind !== 'stored') return group !== undefined && start === undefined && !isGiven
  if (group !== undefined) return true
  throw new UsageError('-o stored is what a group has committed: it needs -g', {
    hint: 'for example -g nightly -o stored',
  })
}

function groupSettings({ group, commit }: ReadingOptions): GroupSettings | undefined {
  if (group === '') throw new UsageError('-g: the name of the group is empty', { hint: 'for example -g nightly' })
  if (group !== undefined) return { groupId: group, commitEveryMs: commit === undefined ? undefined : everyMs(commit) }
  if (commit === undefined) return undefined
  throw new UsageError('--commit needs a group', { hint: 'for example -g nightly --commit every:5s' })
}

function everyMs(commit: string): number {
  return parseDuration(commit.slice('every:'.length), 's') ?? 0
}
