import type { Offset } from '../base/brands.ts'
import type { OffsetCommitKey, OffsetCommitValue } from './offset-commit-record.ts'

/** A committed position and where in `__consumer_offsets` its record stands. */
export interface StoredOffset extends OffsetCommitValue {
  readonly recordOffset: Offset
}

/** The positions of one group, by topic and then partition. */
export type OffsetsOfGroup = ReadonlyMap<string, ReadonlyMap<number, StoredOffset>>

/** Committed positions by group, topic and partition; names may hold any character, so no keys are glued together. */
export class StoredOffsets {
  readonly #groups = new Map<string, Map<string, Map<number, StoredOffset>>>()

  get(key: OffsetCommitKey): StoredOffset | undefined {
    return this.#groups.get(key.group)?.get(key.topic)?.get(key.partition)
  }

  set({ group, topic, partition }: OffsetCommitKey, stored: StoredOffset): void {
    childOf(childOf(this.#groups, group), topic).set(partition, stored)
  }

  /** Leaves no empty maps behind: a group without positions is not in here. */
  delete({ group, topic, partition }: OffsetCommitKey): void {
    const topics = this.#groups.get(group)
    const partitions = topics?.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) topics?.delete(topic)
    if (topics?.size === 0) this.#groups.delete(group)
  }

  get groupCount(): number {
    return this.#groups.size
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  /** As it is now and will be: not a copy. `undefined` for a group without positions. */
  of(group: string): OffsetsOfGroup | undefined {
    return this.#groups.get(group)
  }

  /** A copy, in the order of topic names and partition numbers. */
  ofGroup(group: string): OffsetsOfGroup {
    const topics = [...(this.#groups.get(group) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return new Map(topics.map(([topic, partitions]) => [topic, new Map([...partitions].toSorted(([a], [b]) => a - b))]))
  }

  *entries(): Iterable<[OffsetCommitKey, StoredOffset]> {
    for (const [group, topics] of this.#groups) {
      for (const [topic, partitions] of topics) {
        for (const [partition, stored] of partitions) yield [{ group, topic, partition }, stored]
      }
    }
  }
}

function childOf<K, L, V>(parent: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const existing = parent.get(key)
  if (existing !== undefined) return existing
  const made = new Map<L, V>()
  parent.set(key, made)
  return made
}
