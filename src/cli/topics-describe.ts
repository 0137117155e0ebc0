import type { Topic } from '../storage/log-directory.ts'
import { type DescribedConfig, describeTopicConfigs } from '../storage/topic-configs.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { palette } from './format/colour.ts'
import { humanBytes } from './format/human-units.ts'
import type { JsonValue } from './format/json-document.ts'
import { type Cell, renderTable, type Table } from './format/table.ts'
import { openStore } from './open-store.ts'
import { counted, printJson, printTable, resultStyle } from './results.ts'
import type { topicsDescribeSpec } from './specs/topics-describe.ts'
import { writeText } from './standard-streams.ts'

export type TopicsDescribeOptions = OptionsOf<typeof topicsDescribeSpec>

/** Shows topics: partitions with their offsets and sizes, and configurations. */
export async function topicsDescribe(options: TopicsDescribeOptions, context: CliContext): Promise<number> {
  const store = await openStore(options, context)
  try {
    const topics = options.topics.length === 0 ? await store.topics() : await topicsNamed(store, options.topics)
    const described: DescribedTopic[] = []
    for (const topic of topics) described.push(await describe(store, topic))
    if (options.json) printJson({ topics: described.map(jsonOf) }, context)
    else if (resultStyle(options, context).isTerminal) await printForPeople(described, options, context)
    else await printLines(described, options, context)
    return 0
  } finally {
    store.close()
  }
}

/** The topics, in the order of their names on the command line. Throws `NotFoundError` before anything is shown. */
export async function topicsNamed(store: LogStore, names: readonly string[]): Promise<Topic[]> {
  const topics: Topic[] = []
  for (const name of new Set(names)) topics.push(await store.topic(name))
  return topics
}

interface DescribedTopic {
  readonly topic: Topic
  readonly partitions: readonly DescribedPartition[]
  readonly configs: readonly DescribedConfig[]
}

interface DescribedPartition {
  readonly partition: number
  readonly logStartOffset: bigint
  readonly logEndOffset: bigint
  /** Null where brokers do not tell it. */
  readonly segments: number | null
  readonly bytes: number
}

async function describe(store: LogStore, topic: Topic): Promise<DescribedTopic> {
  const partitions: DescribedPartition[] = []
  for (let partition = 0; partition < topic.partitionCount; partition++) {
    const where = { topic: topic.name, partition }
    const { logStartOffset, highWatermark } = await store.offsets(where)
    const { segmentCount, bytes } = await store.partitionSize(where)
    const segments = segmentCount ?? null
    partitions.push({ partition, logStartOffset, logEndOffset: highWatermark, segments, bytes })
  }
  return { topic, partitions, configs: describeTopicConfigs(topic.configs, topic.inherited) }
}

function jsonOf({ topic, partitions, configs }: DescribedTopic): JsonValue {
  return {
    name: topic.name,
    id: topic.id ?? null,
    internal: topic.isInternal,
    partitions: partitions.map((partition) => ({ ...partition })),
    configs: configs.map(({ name, value, defaultValue, isDefault, type, range, doc }) => ({
      name,
      value,
      default: defaultValue,
      isDefault,
      type,
      range,
      doc,
    })),
  }
}

/**
 * One line for each thing, its kind first:
 * `topic NAME ID PARTITIONS`, `partition NAME N START END SEGMENTS BYTES`, `config NAME KEY VALUE default|set TYPE DEFAULT RANGE`.
 */
async function printLines(
  described: readonly DescribedTopic[],
  options: TopicsDescribeOptions,
  context: CliContext,
): Promise<void> {
  const rows: Cell[][] = []
  for (const { topic, partitions, configs } of described) {
    const { name } = topic
    rows.push(['topic', name, topic.id ?? null, topic.partitionCount])
    for (const one of partitions) {
      rows.push(['partition', name, one.partition, one.logStartOffset, one.logEndOffset, one.segments, one.bytes])
    }
    for (const { name: key, value, isDefault, type, defaultValue, range } of shownConfigs(configs, options)) {
      rows.push(['config', name, key, value, isDefault ? 'default' : 'set', type, defaultValue, range])
    }
  }
  await printTable({ columns: [], rows }, options, context)
}

function shownConfigs(configs: readonly DescribedConfig[], { allConfigs }: TopicsDescribeOptions): DescribedConfig[] {
  return configs.filter(({ isDefault }) => allConfigs || !isDefault)
}

async function printForPeople(
  described: readonly DescribedTopic[],
  options: TopicsDescribeOptions,
  context: CliContext,
): Promise<void> {
  const style = resultStyle(options, context)
  const { bold, dim } = palette(style.isColoured)
  for (const { topic, partitions, configs } of described) {
    const bytes = partitions.reduce((sum, one) => sum + one.bytes, 0)
    const facts = [topic.id ?? 'no id', counted(topic.partitionCount, 'partition'), humanBytes(bytes)]
    if (topic.isInternal) facts.push('internal')
    const shown = shownConfigs(configs, options)
    const texts = [
      `${bold(topic.name)}  ${dim(facts.join(', '))}\n`,
      await renderTable({ columns: partitionColumns, rows: partitions.map(partitionCells) }, style),
      shown.length === 0
        ? 'all configurations have their defaults\n'
        : await renderTable(options.allConfigs ? allConfigTable(shown) : configTable(shown), style),
      '\n',
    ]
    writeText(context.stdout, texts.join(''))
  }
}

const partitionColumns = ['Partition', 'Start', 'End', 'Segments', 'Bytes'].map((title) => ({
  title,
  align: 'right' as const,
}))

function partitionCells({ partition, logStartOffset, logEndOffset, segments, bytes }: DescribedPartition): Cell[] {
  return [partition, logStartOffset, logEndOffset, segments, humanBytes(bytes)]
}

function configTable(configs: readonly DescribedConfig[]): Table {
  const columns = [{ title: 'Configuration' }, { title: 'Value' }, { title: 'Default' }]
  return { columns, rows: configs.map(({ name, value, defaultValue }) => [name, value, defaultValue]) }
}

function allConfigTable(configs: readonly DescribedConfig[]): Table {
  const columns = [
    { title: 'Configuration' },
    { title: 'Value' },
    { title: 'Default', rank: 2 },
    { title: 'Type', rank: 1 },
    { title: 'Range' },
  ]
  const rows = configs.map(({ name, value, isDefault, defaultValue, type, range }) => [
    name,
    isDefault ? `${value} (default)` : value,
    defaultValue,
    type,
    range,
  ])
  return { columns, rows }
}
