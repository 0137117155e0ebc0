import type { TimestampMs } from '../../base/brands.ts'
import type { Group } from '../../coordinator/group.ts'
import type { PartitionToReset } from '../../coordinator/offset-reset.ts'
import type { LogStore, TopicPartition } from '../../store/log-store.ts'
import type { CliContext } from '../context.ts'
import { warn } from '../results.ts'
import { partitionList, selectedPartitions } from '../selected-partitions.ts'
import { includesPartition } from '../values/partition-list.ts'

export interface ResetSelection {
  readonly group: Group
  readonly options: {
    readonly topic: readonly string[]
    readonly partition: readonly string[]
    readonly quiet: boolean
  }
  /** The time whose offsets are wanted too. */
  readonly time: TimestampMs | undefined
  readonly context: CliContext
}

/**
 * What the log says of the partitions that a reset is about: those of the topics that are named, else all that the group has committed
 * an offset of. Throws `NotFoundError` for a topic or partition that is named and not there; one that only the group knows is left out with a
 * warning.
 */
export async function partitionsToReset(store: LogStore, selection: ResetSelection): Promise<PartitionToReset[]> {
  const { options } = selection
  const chosen =
    options.topic.length === 0 ? await committedPartitions(store, selection) : await namedPartitions(store, options)
  const logs: PartitionToReset[] = []
  for (const where of chosen) {
    const { logStartOffset, highWatermark } = await store.offsets(where)
    const found = selection.time === undefined ? undefined : await store.offsetForTime(where, selection.time)
    logs.push({ ...where, logStartOffset, logEndOffset: highWatermark, offsetForTime: found?.offset })
  }
  return logs
}

async function namedPartitions(
  store: LogStore,
  { topic, partition }: ResetSelection['options'],
): Promise<TopicPartition[]> {
  const list = partitionList(partition)
  const chosen: TopicPartition[] = []
  for (const name of new Set(topic)) {
    const found = await store.topic(name)
    for (const number of selectedPartitions(found, list)) chosen.push({ topic: name, partition: number })
  }
  return chosen
}

async function committedPartitions(
  store: LogStore,
  { group, options, context }: ResetSelection,
): Promise<TopicPartition[]> {
  const list = partitionList(options.partition)
  const chosen: TopicPartition[] = []
  for (const [topic, partitions] of group.offsets) {
    const partitionCount = (await store.findTopic(topic))?.partitionCount ?? 0
    for (const partition of partitions.keys()) {
      if (list !== undefined && !includesPartition(list, partition)) continue
      if (partition < partitionCount) chosen.push({ topic, partition })
      else warn(`${topic}:${partition} is no longer there and is left out`, options, context)
    }
  }
  return chosen
}
