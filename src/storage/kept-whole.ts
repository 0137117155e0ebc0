import type { TopicConfigTexts } from './topic-configs.ts'

/** The configuration of a topic without word of what its owner wants: nothing is dropped; groups and transactions are compacted everywhere. */
export function keptWhole(topic: string): TopicConfigTexts {
  const isCompacted = topic === '__consumer_offsets' || topic === '__transaction_state'
  return new Map([['retention.ms', '-1'], ...(isCompacted ? [['cleanup.policy', 'compact'] as const] : [])])
}

/** More than any topic has: a directory may claim any number. */
const partitionsMax = 1_000_000

/** Those of the partitions 0 to `count` (exclusive) that are not in `present`; none when the count is beyond belief. */
export function missingPartitions(present: Iterable<number>, count: number): number[] {
  const here = new Set(present)
  if (here.size >= count || count > partitionsMax) return []
  return Array.from({ length: count }, (_, one) => one).filter((one) => !here.has(one))
}
