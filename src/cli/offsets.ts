import type { TimestampMs } from '../base/brands.ts'
import type { TimedOffset } from '../storage/offset-for-time.ts'
import type { LogStore, TopicPartition } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { ExitCode } from './exit-code.ts'
import { isoTime } from './format/human-units.ts'
import type { Cell } from './format/table.ts'
import { openStore } from './open-store.ts'
import { printJson, printTable, resultStyle } from './results.ts'
import { partitionList, selectedPartitions } from './selected-partitions.ts'
import { endStartUp, fewPartitionsMax } from './start-up.ts'
import type { offsetsSpec } from './specs/offsets.ts'
import { parseTime } from './values/time-expression.ts'

export type OffsetsOptions = OptionsOf<typeof offsetsSpec>

/** Prints where partitions begin and end, or which offset a time has. */
export async function offsets(options: OffsetsOptions, context: CliContext): Promise<number> {
  const moment = options.time === undefined ? undefined : momentOf(options.time, context)
  const list = partitionList(options.partition)
  const store = await openStore(options, context)
  try {
    const partitions: TopicPartition[] = []
    for (const name of new Set(options.topics)) {
      const topic = await store.topic(name)
      for (const partition of selectedPartitions(topic, list)) partitions.push({ topic: name, partition })
    }
    if (partitions.length > fewPartitionsMax) endStartUp()
    return moment === undefined
      ? await printBounds(store, partitions, { options, context })
      : await printMoments(store, partitions, { options, context, moment })
  } finally {
    store.close()
  }
}

/** Kafka's words for places: -1 or latest is the end, -2 or earliest the start, -3 or max-timestamp the record with the latest time. */
type Moment = 'latest' | 'earliest' | 'max-timestamp' | { readonly timestampMs: TimestampMs }

const words: Readonly<Record<string, Moment>> = {
  latest: 'latest',
  end: 'latest',
  '-1': 'latest',
  earliest: 'earliest',
  beginning: 'earliest',
  '-2': 'earliest',
  'max-timestamp': 'max-timestamp',
  '-3': 'max-timestamp',
}

function momentOf(text: string, { clock }: CliContext): Moment {
  const word = Object.hasOwn(words, text) ? words[text] : undefined
  return word ?? { timestampMs: parseTime(text, { flag: '--time', now: clock.now() }) }
}

interface Output {
  readonly options: OffsetsOptions
  readonly context: CliContext
}

async function printBounds(
  store: LogStore,
  partitions: readonly TopicPartition[],
  { options, context }: Output,
): Promise<number> {
  const bounds = []
  for (const where of partitions) {
    const { logStartOffset, highWatermark } = await store.offsets(where)
    bounds.push({ ...where, logStartOffset, logEndOffset: highWatermark })
  }
  if (options.json) {
    printJson({ partitions: bounds }, context)
    return ExitCode.done
  }
  const columns = [{ title: 'Topic' }, ...numbers('Partition', 'Start', 'End')]
  const rows = bounds.map(({ topic, partition, logStartOffset, logEndOffset }) => [
    topic,
    partition,
    logStartOffset,
    logEndOffset,
  ])
  await printTable({ columns, rows }, options, context)
  return ExitCode.done
}

async function printMoments(
  store: LogStore,
  partitions: readonly TopicPartition[],
  { options, context, moment }: Output & { readonly moment: Moment },
): Promise<number> {
  const found = []
  for (const where of partitions) {
    const at = await offsetAt(store, where, moment)
    found.push({ ...where, offset: at?.offset ?? null, timestamp: at?.timestamp ?? null })
  }
  if (options.json) printJson({ partitions: found }, context)
  else await printFound(found, { options, context })
  return options.exitCode && found.every(({ offset }) => offset === null) ? ExitCode.nothing : ExitCode.done
}

interface FoundOffset extends TopicPartition {
  readonly offset: bigint | null
  readonly timestamp: TimestampMs | null
}

async function printFound(found: readonly FoundOffset[], { options, context }: Output): Promise<void> {
  const { isTerminal } = resultStyle(options, context)
  const time = (timestamp: TimestampMs | null): Cell =>
    timestamp !== null && isTerminal ? isoTime(timestamp) : timestamp
  const columns = [{ title: 'Topic' }, ...numbers('Partition', 'Offset', 'Time')]
  const rows = found.map(({ topic, partition, offset, timestamp }) => [topic, partition, offset, time(timestamp)])
  await printTable({ columns, rows }, options, context)
}

async function offsetAt(
  store: LogStore,
  where: TopicPartition,
  moment: Moment,
): Promise<(Pick<TimedOffset, 'offset'> & { timestamp?: TimestampMs }) | undefined> {
  switch (moment) {
    case 'latest':
      return { offset: (await store.offsets(where)).highWatermark }
    case 'earliest':
      return { offset: (await store.offsets(where)).logStartOffset }
    case 'max-timestamp':
      return store.offsetOfLargestTime(where)
    default:
      return store.offsetForTime(where, moment.timestampMs)
  }
}

function numbers(...titles: readonly string[]): { title: string; align: 'right' }[] {
  return titles.map((title) => ({ title, align: 'right' as const }))
}
