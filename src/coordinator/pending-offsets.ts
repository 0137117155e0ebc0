import type { ProducerId } from '../base/brands.ts'
import type { OffsetCommitKey } from './offset-commit-record.ts'
import { type StoredOffset, StoredOffsets } from './stored-offsets.ts'

/** Positions committed inside transactions that have not ended, by the producer whose transaction it is. */
export class PendingOffsets {
  readonly #ofProducer = new Map<ProducerId, StoredOffsets>()
  readonly #producersOf = new Map<string, Set<ProducerId>>()

  set(producerId: ProducerId, key: OffsetCommitKey, stored: StoredOffset): void {
    const offsets = this.#ofProducer.get(producerId) ?? new StoredOffsets()
    this.#ofProducer.set(producerId, offsets)
    offsets.set(key, stored)
    const producers = this.#producersOf.get(key.group) ?? new Set()
    this.#producersOf.set(key.group, producers.add(producerId))
  }

  /** Whether any open transaction holds a position of this partition. */
  has(key: OffsetCommitKey): boolean {
    for (const producerId of this.#producersOf.get(key.group) ?? []) {
      if (this.#ofProducer.get(producerId)?.get(key) !== undefined) return true
    }
    return false
  }

  /** Whether any open transaction holds a position of this group. */
  hasGroup(group: string): boolean {
    return this.#producersOf.has(group)
  }

  /** The position is taken back, whichever transaction it came in. */
  delete(key: OffsetCommitKey): void {
    for (const producerId of this.#producersOf.get(key.group) ?? []) {
      const offsets = this.#ofProducer.get(producerId)
      offsets?.delete(key)
      if (offsets?.of(key.group) === undefined) this.#unlink(key.group, producerId)
    }
  }

  /** What the producer's transaction held; it holds nothing from now on. */
  take(producerId: ProducerId): StoredOffsets | undefined {
    const offsets = this.#ofProducer.get(producerId)
    this.#ofProducer.delete(producerId)
    for (const group of offsets?.groupIds() ?? []) this.#unlink(group, producerId)
    return offsets
  }

  /** The partitions of a group that any open transaction holds a position of; some may come more than once. */
  *ofGroup(group: string): Iterable<{ readonly topic: string; readonly partition: number }> {
    for (const producerId of this.#producersOf.get(group) ?? []) {
      for (const [topic, partitions] of this.#ofProducer.get(producerId)?.of(group) ?? []) {
        for (const partition of partitions.keys()) yield { topic, partition }
      }
    }
  }

  #unlink(group: string, producerId: ProducerId): void {
    const producers = this.#producersOf.get(group)
    producers?.delete(producerId)
    if (producers?.size === 0) this.#producersOf.delete(group)
  }
}
