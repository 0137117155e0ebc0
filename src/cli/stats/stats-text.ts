import { palette } from '../format/colour.ts'
import { humanBytes, humanCount, humanDuration, isoTime } from '../format/human-units.ts'
import { sparkline, type SparklineStyle } from '../format/sparkline.ts'
import { type Cell, type Column, renderTable, type TableStyle } from '../format/table.ts'
import { utf8Text } from '../format/utf8.ts'
import { counted } from '../results.ts'
import type { CountedKey } from './key-counter.ts'
import type { TimeSlots } from './time-histogram.ts'
import type { CountedPartition, TopicStats } from './topic-stats.ts'

export interface StatsTextOptions {
  readonly style: TableStyle
  readonly bars: SparklineStyle
  /** How many keys to name. */
  readonly top: number
}

/**
 * The lines of one topic in a pipe, their kind first; times are ms, `-` is what was not looked at:
 * `topic NAME RECORDS BATCHES BYTES DISK-BYTES PAYLOAD-BYTES FIRST LAST KEYS KEYLESS`, `partition NAME N START END RECORDS BATCHES BYTES DISK-BYTES FIRST
 * LAST CODECS`, `codec NAME CODEC RECORDS BATCHES BYTES`, `sparkline NAME FROM SLOT-MS BARS`, `key NAME COUNT KEY`. KEYS begins with `>=` when there
 * are more than were told apart.
 */
export function statsLines(stats: TopicStats, slots: TimeSlots | undefined, { bars, top }: StatsTextOptions): Cell[][] {
  const { topic, hasKeys } = stats
  return [
    [
      'topic',
      topic,
      stats.total('records'),
      stats.total('batches'),
      stats.total('bytes'),
      stats.diskBytes,
      hasKeys ? stats.total('payloadBytes') : null,
      timeCell(stats.firstTimestamp),
      timeCell(stats.lastTimestamp),
      hasKeys ? `${stats.keys.isComplete ? '' : '>='}${stats.keys.distinct}` : null,
      hasKeys ? stats.total('keylessRecords') : null,
    ],
    ...stats.partitions.map((one): Cell[] => ['partition', topic, ...partitionLine(one)]),
    ...[...stats.codecs()].map(([codec, { records, batches, bytes }]) => [
      'codec',
      topic,
      codec,
      records,
      batches,
      bytes,
    ]),
    ...(slots === undefined ? [] : [['sparkline', topic, slots.fromMs, slots.slotMs, sparkline(slots.counts, bars)]]),
    ...(hasKeys ? stats.keys.top(top).map((one): Cell[] => ['key', topic, one.count, keyText(one)]) : []),
  ]
}

/** One topic as a terminal shows it. */
export async function statsText(
  stats: TopicStats,
  slots: TimeSlots | undefined,
  options: StatsTextOptions,
): Promise<string> {
  const { style } = options
  const { bold, dim } = palette(style.isColoured)
  const facts = [
    counted(stats.total('records'), 'record'),
    ...(stats.hasKeys ? [`${humanBytes(stats.total('payloadBytes'))} of keys and values`] : []),
    `${humanBytes(stats.diskBytes)} on the disk`,
  ]
  return [
    `${bold(stats.topic)}  ${facts.join(', ')}\n`,
    slots === undefined
      ? ''
      : `${sparkline(slots.counts, options.bars)}\n${axis(stats, slots, style.width).map(dim).join('\n')}\n`,
    await renderTable({ columns: partitionColumns, rows: stats.partitions.map(partitionRow) }, style),
    codecSentence(stats),
    await keySection(stats, options),
    '\n',
  ].join('')
}

/** What the bars mean: on one line, or on two where that is wider than the terminal. */
function axis(stats: TopicStats, { slotMs, counts }: TimeSlots, width = Infinity): string[] {
  const most = counts.reduce((max, count) => Math.max(max, count), 0)
  const span = `${isoTime(stats.firstTimestamp)} to ${isoTime(stats.lastTimestamp)}`
  const bars = `${humanDuration(slotMs)} a slot, at most ${humanCount(most)} ${most === 1 ? 'record' : 'records'} in one`
  const line = `${span}; ${bars}`
  return line.length <= width ? [line] : [span, bars]
}

function codecSentence(stats: TopicStats): string {
  const parts = [...stats.codecs()].map(
    ([codec, { batches, bytes }]) =>
      `${codec} in ${batches} ${batches === 1 ? 'batch' : 'batches'} (${humanBytes(bytes)})`,
  )
  return parts.length === 0 ? '' : `codecs: ${parts.join(', ')}\n`
}

async function keySection(stats: TopicStats, { style, top }: StatsTextOptions): Promise<string> {
  if (!stats.hasKeys) return ''
  const { keys } = stats
  const keyless = stats.total('keylessRecords')
  if (keys.distinct === 0) return keyless === 0 ? '' : 'keys: none\n'
  const distinct = `${keys.isComplete ? '' : 'at least '}${counted(keys.distinct, 'different key')}`
  const without = keyless === 0 ? '' : `, ${counted(keyless, 'record')} without`
  const records = stats.total('records')
  const rows = keys.top(top).map((one) => [keyText(one), one.count, `${((one.count / records) * 100).toFixed(1)} %`])
  const columns = [
    { title: 'Key' },
    { title: 'Records', align: 'right' as const },
    { title: 'Share', align: 'right' as const },
  ]
  return `keys: ${distinct}${without}\n${await renderTable({ columns, rows }, style)}`
}

const partitionColumns: readonly Column[] = [
  { title: 'Partition', align: 'right' },
  { title: 'Start', align: 'right', rank: 3 },
  { title: 'End', align: 'right' },
  { title: 'Records', align: 'right' },
  { title: 'Batches', align: 'right', rank: 4 },
  { title: 'On the disk', align: 'right', rank: 1 },
  { title: 'First', rank: 5 },
  { title: 'Last', rank: 2 },
  // The sentence below the table has them too.
  { title: 'Codecs', rank: 6 },
]

function partitionRow({ partition, logStartOffset, logEndOffset, diskBytes, counts }: CountedPartition): Cell[] {
  const { records, batches, codecs, firstTimestamp, lastTimestamp } = counts
  const times = [isoTime(firstTimestamp), isoTime(lastTimestamp)]
  const names = [...codecs.keys()].join(',') || null
  return [partition, logStartOffset, logEndOffset, records, batches, humanBytes(diskBytes), ...times, names]
}

function partitionLine({ partition, logStartOffset, logEndOffset, diskBytes, counts }: CountedPartition): Cell[] {
  const { records, batches, bytes, codecs, firstTimestamp, lastTimestamp } = counts
  const times = [timeCell(firstTimestamp), timeCell(lastTimestamp)]
  const names = [...codecs.keys()].join(',') || null
  return [partition, logStartOffset, logEndOffset, records, batches, bytes, diskBytes, ...times, names]
}

function timeCell(timestamp: number): Cell {
  return timestamp < 0 ? null : timestamp
}

/** The table escapes what cannot be shown; bytes that are not UTF-8 show as latin-1. */
function keyText({ key }: CountedKey): string {
  const text = utf8Text(key) ?? Buffer.from(key).toString('latin1')
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}
