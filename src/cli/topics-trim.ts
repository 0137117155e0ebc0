import { offset, type Offset } from '../base/brands.ts'
import { NotFoundError } from '../base/errors.ts'
import type { LogStore, TopicPartition } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import { isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import type { JsonValue } from './format/json-document.ts'
import { openStore } from './open-store.ts'
import { counted, printJson, printTable, say } from './results.ts'
import { partitionList, selectedPartitions } from './selected-partitions.ts'
import type { topicsTrimSpec } from './specs/topics-trim.ts'
import { parseTime } from './values/time-expression.ts'

export type TopicsTrimOptions = OptionsOf<typeof topicsTrimSpec>

/** Moves log start offsets forward. Every partition is looked at before the first one is changed. */
export async function topicsTrim(options: TopicsTrimOptions, context: CliContext): Promise<number> {
  const target = targetOf(options, context)
  const list = partitionList(options.partition)
  const store = await openStore(options, context)
  try {
    const topic = await store.topic(options.topic)
    const plan: Trim[] = []
    for (const partition of selectedPartitions(topic, list)) {
      plan.push(await planTrim(store, { topic: topic.name, partition }, target))
    }
    if (options.dryRun) return await print(plan, options, context)
    const records = plan.reduce((sum, { from, to }) => sum + (to - from), 0n)
    const text = `Delete the oldest ${counted(records, 'record')} of ${topic.name}?`
    const example = `tslog topics trim ${topic.name} ${spelling(options)} --yes`
    if (records > 0n && !(await isConfirmed({ text, example, yes: options.yes }, context))) {
      say('nothing was deleted', options, context)
      return 1
    }
    for (const { to, ...where } of plan.filter((one) => one.to > one.from)) await store.trim(where, to)
    if (options.json) return await print(plan, options, context)
    say(`deleted ${counted(records, 'record')} of ${topic.name}`, options, context)
    return 0
  } finally {
    store.close()
  }
}

/** Up to where records go. */
type TrimTarget =
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: Offset }
  | { readonly kind: 'keep'; readonly count: bigint }
  | { readonly kind: 'time'; readonly timestampMs: number }

interface Trim extends TopicPartition {
  readonly from: Offset
  readonly to: Offset
}

function targetOf({ offset: text, before }: TopicsTrimOptions, { clock }: CliContext): TrimTarget {
  if (before !== undefined) {
    return { kind: 'time', timestampMs: parseTime(before, { flag: '--before', now: clock.now() }) }
  }
  if (text === undefined || text === 'end' || text === 'latest') return { kind: 'end' }
  if (text.startsWith('-')) return { kind: 'keep', count: BigInt(text.slice(1)) }
  return { kind: 'offset', offset: offset(BigInt(text)) }
}

async function planTrim(store: LogStore, where: TopicPartition, target: TrimTarget): Promise<Trim> {
  const { logStartOffset: from, highWatermark: end } = await store.offsets(where)
  const wanted = await wantedStart(store, where, { target, end })
  if (wanted > end) {
    throw new NotFoundError(`offset ${wanted} is outside of ${where.topic}:${where.partition} [${from}, ${end}]`, {
      hint: `-o end deletes all records; -p chooses partitions`,
    })
  }
  return { ...where, from, to: wanted > from ? wanted : from }
}

async function wantedStart(
  store: LogStore,
  where: TopicPartition,
  { target, end }: { readonly target: TrimTarget; readonly end: Offset },
): Promise<Offset> {
  switch (target.kind) {
    case 'end':
      return end
    case 'offset':
      return target.offset
    case 'keep':
      return offset(end > target.count ? end - target.count : 0n)
    case 'time':
      return (await store.offsetForTime(where, target.timestampMs))?.offset ?? end
  }
}

async function print(plan: readonly Trim[], options: TopicsTrimOptions, context: CliContext): Promise<number> {
  const partitions = plan.map(({ partition, from, to }): JsonValue => ({ partition, from, to, records: to - from }))
  if (options.json) {
    printJson({ topic: options.topic, dryRun: options.dryRun, partitions }, context)
    return 0
  }
  const columns = ['Partition', 'Start now', 'Start then', 'Records deleted'].map((title) => ({
    title,
    align: 'right' as const,
  }))
  const rows = plan.map(({ partition, from, to }) => [partition, from, to, to - from])
  await printTable({ columns, rows }, options, context)
  return 0
}

function spelling({ offset: text, before, partition }: TopicsTrimOptions): string {
  const where = partition.map((one) => `-p ${one} `).join('')
  return `${where}${before === undefined ? `-o ${text}` : `--before ${JSON.stringify(before)}`}`
}
