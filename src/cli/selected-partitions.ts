import type { Topic } from '../storage/log-directory.ts'
import { missingPartition } from '../storage/missing-partition.ts'
import { includesPartition, parsePartitionList, type PartitionList } from './values/partition-list.ts'

/** What `-p` says; `undefined` means every partition. Throws `UsageError`. */
export function partitionList(texts: readonly string[]): PartitionList | undefined {
  return texts.length === 0 ? undefined : parsePartitionList(texts, '-p')
}

/** The partitions of a topic that a list names. Throws `NotFoundError` for one that the topic does not have. */
export function selectedPartitions(
  { name, partitionCount }: Pick<Topic, 'name' | 'partitionCount'>,
  list: PartitionList | undefined,
): number[] {
  for (const { first, last } of list ?? []) {
    const missing = first >= partitionCount ? first : last
    if (missing < partitionCount || (isOpenEnded(last) && first < partitionCount)) continue
    throw missingPartition(name, missing, partitionCount)
  }
  const selected: number[] = []
  for (let partition = 0; partition < partitionCount; partition++) {
    if (list === undefined || includesPartition(list, partition)) selected.push(partition)
  }
  return selected
}

/** `4-` is all from 4 on. */
function isOpenEnded(last: number): boolean {
  return last === 2 ** 31 - 1
}
