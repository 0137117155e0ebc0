import type { TimestampMs } from '../../base/brands.ts'
import { badValue } from './bad-value.ts'
import { LOCAL_ZONE } from './local-zone.ts'
import type { LocalZone } from './local-zone.ts'

/** What a time is relative to. */
export interface TimeContext {
  /** The flag to name in errors. */
  readonly flag: string
  readonly now: TimestampMs
  /** What stands before the time in the value of the flag, such as `s@`. */
  readonly prefix?: string
  /** What "local" means; the machine's time zone when left out. */
  readonly zone?: LocalZone
}

const WANTED = 'a time'
const EXAMPLE = "10m, '2 hours ago', yesterday, 02:15, 2026-03-01, 2026-03-01T02:15:00Z or 1772331300000 (ms)"

/**
 * A point in time, in ms since 1970, as people and logs write it:
 *
 * | text | meaning |
 * |---|---|
 * | `1772331300000` | whole digits are always epoch milliseconds, however few: `2026` is two seconds after midnight of 1970 |
 * | `10m` `2h` `1h30m` `2 hours ago` | that long before now, with `ago` or without; units as in `spanMs`, so `m` is minutes |
 * | `now` `today` `yesterday` | now; the local midnights that began today and yesterday |
 * | `02:15` `02:15:30` `yesterday 02:15` | that time of day, local; of today, also when it is still to come |
 * | `2026-03-01` | local midnight |
 * | `2026-03-01T02:15[:30[.5]]` | ISO 8601, a space for the `T` allowed; local unless it ends in `Z`, `UTC`, `+01`, `+0100`, `+01:00` |
 *
 * A local time that a change of the clock left out counts as the moment of the change plus the rest; one that came twice is
 * the first. Digits below the millisecond are dropped. Throws `UsageError` for anything else, and for times before 1970.
 */
export function parseTime(text: string, context: TimeContext): TimestampMs {
  const { flag, now, prefix = '', zone = LOCAL_ZONE } = context
  const time = readTime(text.trim(), now, zone)
  if (time === undefined) throw badValue(flag, prefix + text, WANTED, prefix + EXAMPLE)
  if (time < 0 || time > TIME_MAX) throw badValue(flag, prefix + text, `${WANTED} from 1970 on`, prefix + EXAMPLE)
  return time
}

/** The last millisecond that a `Date` can hold. */
const TIME_MAX = 8.64e15

function readTime(text: string, now: TimestampMs, zone: LocalZone): number | undefined {
  if (/^\d{1,16}$/.test(text)) return Number(text)
  if (text === 'now') return now
  return readDayWord(text, now, zone) ?? readIso(text, zone) ?? readAgo(text, now)
}

/** `today`, `yesterday 02:15`, `02:15`. */
function readDayWord(text: string, now: TimestampMs, zone: LocalZone): number | undefined {
  const match = /^(?:(today|yesterday)(?:\s+|$))?(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?$/.exec(text)
  if (match === null || text === '') return undefined
  const [, word, timeOfDay] = match
  const dayMs = timeOfDay === undefined ? 0 : readTimeOfDay(timeOfDay)
  const { year, month, day } = zone.dateOf(now)
  if (dayMs === undefined) return undefined
  return zone.toUtc({ year, month, day: word === 'yesterday' ? day - 1 : day, dayMs })
}

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i

function readIso(text: string, zone: LocalZone): number | undefined {
  const match = isoTime.exec(text)
  if (match === null) return undefined
  const [, years, months, days, timeOfDay, offset] = match
  const [year, month, day] = [Number(years), Number(months), Number(days)]
  const dayMs = timeOfDay === undefined ? 0 : readTimeOfDay(timeOfDay)
  if (dayMs === undefined || !isDate(year, month, day)) return undefined
  if (offset === undefined) return zone.toUtc({ year, month, day, dayMs })
  const offsetMs = readOffset(offset)
  return offsetMs === undefined ? undefined : Date.UTC(year, month - 1, day) + dayMs - offsetMs
}

/** Ms since midnight. */
function readTimeOfDay(text: string): number | undefined {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(',', '.').split(':').map(Number)
  if (hours > 23 || minutes > 59 || seconds >= 60) return undefined
  return hours * 3_600_000 + minutes * 60_000 + Math.floor(Number((seconds * 1000).toFixed(6)))
}

function readOffset(text: string): number | undefined {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text)
  if (match === null) return 0
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)]
  if (hours > 23 || minutes > 59) return undefined
  return (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** Whether the calendar has this day (`Date` takes February 30 for March 2). Years below 100 are none of a log's. */
function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return year >= 1970 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

function readAgo(text: string, now: TimestampMs): number | undefined {
  const ms = spanMs(text.replace(/^-|\s+ago$/gi, ''))
  return ms === undefined ? undefined : now - ms
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** The long names and the letter each stands for. */
const unitNames: readonly (readonly [RegExp, string])[] = [
  [/^(ms|msecs?|milliseconds?)$/i, 'ms'],
  [/^(s|secs?|seconds?)$/i, 's'],
  [/^(m|mins?|minutes?)$/, 'm'],
  [/^(h|hrs?|hours?)$/i, 'h'],
  [/^(d|days?)$/i, 'd'],
  [/^(w|weeks?)$/i, 'w'],
]

const span = /^(?:\d{1,12}(?:\.\d{1,9})?\s*[a-z]{1,12}[\s,]*)+$/i

/** Ms in `90s`, `1h30m`, `2 hours`, `1 week 2 days`; undefined when it is none. Months and years are not a fixed time. */
function spanMs(text: string): number | undefined {
  if (text.length > 100 || !span.test(text)) return undefined
  let total = 0
  for (const [, count, name] of text.matchAll(/([\d.]+)\s*([a-z]+)/gi)) {
    const letter = unitNames.find(([names]) => names.test(name ?? ''))?.[1]
    if (letter === undefined) return undefined
    total += Number(count) * (unitMs[letter] ?? 0)
  }
  return Math.round(total)
}
