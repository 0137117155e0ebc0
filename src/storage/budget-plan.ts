import type { TimestampMs } from '../base/brands.ts'

/** A closed segment that a budget may take. */
export interface BudgetSegment {
  /** Of all its files. */
  readonly bytes: number
  /** Its largest timestamp. */
  readonly timestamp: TimestampMs
}

/** What a budget may take of one partition. */
export interface BudgetPartition {
  /** Oldest first. */
  readonly segments: readonly BudgetSegment[]
  /** How many times as long as with weight 1 its segments stay; above 0. */
  readonly weight: number
}

/**
 * How many segments of each partition go, from the oldest on, so that `excessBytes` are freed: over all partitions those go first that are oldest
 * for their weight. A segment is at least as old as the oldest one behind it in its partition, so that a timestamp of the future at
 * the front of one log does not cost the others theirs. All go where that is not enough.
 */
export function planBudget(
  partitions: readonly BudgetPartition[],
  excessBytes: number,
  now: TimestampMs,
): readonly number[] {
  const candidates = partitions.flatMap(candidatesOf(now)).toSorted((one, other) => other.age - one.age)
  const counts = partitions.map(() => 0)
  let excess = excessBytes
  for (const { partition, bytes } of candidates) {
    if (excess <= 0) break
    excess -= bytes
    counts[partition] = (counts[partition] ?? 0) + 1
  }
  return counts
}

interface Candidate {
  readonly partition: number
  readonly bytes: number
  /** Ms, over the weight of its partition. Never grows from one segment to the next. */
  readonly age: number
}

function candidatesOf(now: TimestampMs): (one: BudgetPartition, partition: number) => Candidate[] {
  return ({ segments, weight }, partition) => {
    const candidates: Candidate[] = []
    let age = 0
    for (const { bytes, timestamp } of segments.toReversed()) {
      age = Math.max(age, (now - timestamp) / weight)
      candidates.push({ partition, bytes, age })
    }
    return candidates.reverse()
  }
}
