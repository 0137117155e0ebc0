import type { Offset, TimestampMs } from '../../base/brands.ts'
import type { BatchWalk } from './batch-walk.ts'
import { type CountedRange, startOfLast, timestampsOf } from './record-counting.ts'

/** One partition of a topic, to be looked at from its end. */
export interface WalkedPartition {
  readonly walk: BatchWalk
  readonly range: CountedRange
}

/**
 * Where each partition starts so that together they give the last `count` records of the topic by time. A record counts as later than all
 * records before it in its partition, so that each partition gives an unbroken end of its own; of equal times the later partition's is later.
 */
export async function startsOfLast(partitions: readonly WalkedPartition[], count: number): Promise<Offset[]> {
  const starts: Offset[] = []
  for (const { walk, range } of partitions) starts.push(await startOfLast(walk, range, count))
  if (partitions.length < 2) return starts
  const ends: TimestampMs[][] = []
  for (const [index, { walk, range }] of partitions.entries()) {
    ends.push(await timestampsOf(walk, { ...range, start: starts[index] ?? range.start }))
  }
  const taken = takeLast(ends, count)
  const result: Offset[] = []
  for (const [index, { walk, range }] of partitions.entries()) {
    result.push(await startOfLast(walk, range, taken[index] ?? 0))
  }
  return result
}

/** How many of the last elements of each list are among the last `count` of all. */
export function takeLast(lists: readonly (readonly TimestampMs[])[], count: number): number[] {
  const taken = lists.map(() => 0)
  for (let left = count; left > 0; left--) {
    let latest = -1
    let latestTime = -Infinity
    for (const [index, list] of lists.entries()) {
      const time = list.at(-1 - (taken[index] ?? 0))
      if (time === undefined || time < latestTime) continue
      latest = index
      latestTime = time
    }
    if (latest === -1) return taken
    taken[latest] = (taken[latest] ?? 0) + 1
  }
  return taken
}
