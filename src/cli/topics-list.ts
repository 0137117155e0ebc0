import type { Topic } from '../storage/log-directory.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { isInternalTopic } from '../storage/file-names.ts'
import { humanBytes, humanCount } from './format/human-units.ts'
import { openStore } from './open-store.ts'
import { printJson, printTable, resultStyle } from './results.ts'
import type { topicsListSpec } from './specs/topics-list.ts'
import { writeText } from './standard-streams.ts'

export type TopicsListOptions = OptionsOf<typeof topicsListSpec>

/** Lists the topics: names alone in a pipe, for which no partition is opened; on a terminal with what is in them. */
export async function topicsList(options: TopicsListOptions, context: CliContext): Promise<number> {
  const store = await openStore(options, context)
  try {
    if (options.json) printJson({ topics: (await shownTopics(store, options)).map(jsonOf) }, context)
    else if (resultStyle(options, context).isTerminal) await printSizes(store, options, context)
    else await printNames(store, options, context)
    return 0
  } finally {
    store.close()
  }
}

async function printNames(store: LogStore, options: TopicsListOptions, context: CliContext): Promise<void> {
  const names = await store.topicNames()
  const shown = options.excludeInternal ? names.filter((name) => !isInternalTopic(name)) : names
  writeText(context.stdout, shown.map((name) => `${name}\n`).join(''))
}

async function printSizes(store: LogStore, options: TopicsListOptions, context: CliContext): Promise<void> {
  const rows = []
  for (const topic of await shownTopics(store, options)) {
    const { records, bytes } = await totalsOf(store, topic)
    rows.push([topic.name, topic.partitionCount, humanCount(records), humanBytes(bytes)])
  }
  const columns = [
    { title: 'Topic' },
    { title: 'Partitions', align: 'right' as const },
    { title: 'Records', align: 'right' as const },
    { title: 'Bytes', align: 'right' as const },
  ]
  await printTable({ columns, rows }, options, context)
}

async function shownTopics(store: LogStore, { excludeInternal }: TopicsListOptions): Promise<Topic[]> {
  return (await store.topics()).filter(({ isInternal }) => !excludeInternal || !isInternal)
}

/** Offsets are counted, so that after a compaction there are fewer records than that. */
async function totalsOf(store: LogStore, topic: Topic): Promise<{ records: bigint; bytes: number }> {
  let records = 0n
  let bytes = 0
  for (let partition = 0; partition < topic.partitionCount; partition++) {
    const { logStartOffset, highWatermark } = await store.offsets({ topic: topic.name, partition })
    records += highWatermark - logStartOffset
    bytes += (await store.partitionSize({ topic: topic.name, partition })).bytes
  }
  return { records, bytes }
}

function jsonOf({ name, id, partitionCount, isInternal }: Topic): Record<string, string | number | boolean | null> {
  return { name, id: id ?? null, partitions: partitionCount, internal: isInternal }
}
