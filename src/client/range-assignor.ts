/** A member, and the topics that it wants. */
export interface Subscriber {
  readonly memberId: string
  /** A static member keeps its place in the order over restarts. */
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
}

/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>

/**
 * Shares out each topic's partitions in ranges among the members that want it, the first ones getting one more where it does not come out
 * even: the assignor that every client has (Kafka's `RangeAssignor`), so that any of them may lead.
 */
export function assignRanges(
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, Assignment> {
  const assigned = new Map(subscribers.map(({ memberId }) => [memberId, new Map<string, number[]>()]))
  for (const [topic, count] of partitionCounts) {
    const takers = subscribers.filter(({ topics }) => topics.includes(topic)).toSorted(inOrder)
    const least = Math.floor(count / takers.length)
    const withOneMore = count % takers.length
    let next = 0
    for (const [index, { memberId }] of takers.entries()) {
      const share = least + (index < withOneMore ? 1 : 0)
      if (share > 0)
        assigned.get(memberId)?.set(
          topic,
          Array.from({ length: share }, (_, nth) => next + nth),
        )
      next += share
    }
  }
  return assigned
}

/** Static members first, by their own names; Kafka compares so. */
function inOrder(one: Subscriber, other: Subscriber): number {
  const { groupInstanceId: a } = one
  const { groupInstanceId: b } = other
  if (a !== null && b !== null) return byText(a, b)
  if (a !== null) return -1
  return b !== null ? 1 : byText(one.memberId, other.memberId)
}

function byText(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
