import { NotFoundError } from '../base/errors.ts'
import type { LogStore, TopicPartition } from '../store/log-store.ts'
import type { OptionsOf } from './command-spec.ts'
import { isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { humanBytes } from './format/human-units.ts'
import { openStore } from './open-store.ts'
import { counted, printJson, printTable, resultStyle, say } from './results.ts'
import type { topicsDeleteSpec } from './specs/topics-delete.ts'

export type TopicsDeleteOptions = OptionsOf<typeof topicsDeleteSpec>

/** Deletes topics. When one of them is not there, none is touched. */
export async function topicsDelete(options: TopicsDeleteOptions, context: CliContext): Promise<number> {
  const store = await openStore(options, context)
  try {
    const doomed = await doomedTopics(store, options)
    if (options.dryRun) {
      await printPlan(doomed, options, context)
      return 0
    }
    if (doomed.length > 0 && !(await isConfirmed(question(doomed, options), context))) {
      say('nothing was deleted', options, context)
      return 1
    }
    for (const { name } of doomed) {
      await store.deleteTopic(name)
      say(`deleted topic ${name}`, options, context)
    }
    if (options.json) printJson({ deleted: doomed.map((topic) => ({ ...topic })) }, context)
    return 0
  } finally {
    store.close()
  }
}

interface DoomedTopic {
  readonly name: string
  readonly partitions: number
  readonly records: bigint
  readonly bytes: number
}

async function doomedTopics(store: LogStore, options: TopicsDeleteOptions): Promise<DoomedTopic[]> {
  const doomed: DoomedTopic[] = []
  for (const name of new Set(options.topics)) {
    const topic = options.ifExists ? await store.findTopic(name) : await store.topic(name)
    if (topic === undefined) continue
    let records = 0n
    let bytes = 0
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      const holds = await contentOf(store, { topic: name, partition })
      records += holds.records
      bytes += holds.bytes
    }
    doomed.push({ name, partitions: topic.partitionCount, records, bytes })
  }
  return doomed
}

/** What goes with a partition: nothing where a deletion was killed that is now done again. */
async function contentOf(store: LogStore, partition: TopicPartition): Promise<{ records: bigint; bytes: number }> {
  try {
    const { logStartOffset, highWatermark } = await store.offsets(partition)
    return { records: highWatermark - logStartOffset, bytes: (await store.partitionSize(partition)).bytes }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    return { records: 0n, bytes: 0 }
  }
}

function question(
  doomed: readonly DoomedTopic[],
  { topics, yes }: TopicsDeleteOptions,
): Parameters<typeof isConfirmed>[0] {
  const records = doomed.reduce((sum, topic) => sum + topic.records, 0n)
  const bytes = doomed.reduce((sum, topic) => sum + topic.bytes, 0)
  const names = doomed.map(({ name }) => name).join(', ')
  return {
    text: `Delete ${names} with ${counted(records, 'record')} (${humanBytes(bytes)})?`,
    example: `tslog topics delete ${topics.join(' ')} --yes`,
    yes,
  }
}

async function printPlan(
  doomed: readonly DoomedTopic[],
  options: TopicsDeleteOptions,
  context: CliContext,
): Promise<void> {
  if (options.json) return printJson({ dryRun: true, wouldDelete: doomed.map((topic) => ({ ...topic })) }, context)
  const { isTerminal } = resultStyle(options, context)
  const columns = [
    { title: 'Would delete' },
    { title: 'Partitions', align: 'right' as const },
    { title: 'Records', align: 'right' as const },
    { title: 'Bytes', align: 'right' as const },
  ]
  const rows = doomed.map(({ name, partitions, records, bytes }) => [
    name,
    partitions,
    records,
    isTerminal ? humanBytes(bytes) : bytes,
  ])
  await printTable({ columns, rows }, options, context)
}
