import type { Offset } from '../../base/brands.ts'
import { offset } from '../../base/brands.ts'
import type { GroupHold, LogStore, OffsetToStore, TopicPartition } from '../../store/log-store.ts'
import type { PartitionReading } from './partition-reading.ts'

/** Where a consumer group stands, held for this process alone. */
export class GroupProgress {
  readonly #store: LogStore
  readonly #groupId: string
  readonly #hold: GroupHold
  readonly #committed = new Map<string, Offset>()

  private constructor(store: LogStore, groupId: string, hold: GroupHold) {
    this.#store = store
    this.#groupId = groupId
    this.#hold = hold
  }

  /** Throws `LockedError` when another process consumes with the group. */
  static async join(store: LogStore, groupId: string): Promise<GroupProgress> {
    const progress = new GroupProgress(store, groupId, await store.groups.join(groupId))
    const group = await store.groups.find(groupId)
    for (const [topic, partitions] of group?.offsets ?? []) {
      for (const [partition, stored] of partitions) {
        progress.#committed.set(keyOf({ topic, partition }), offset(stored.offset))
      }
    }
    return progress
  }

  /** What the group has committed, if anything. */
  committedOf(partition: TopicPartition): Offset | undefined {
    return this.#committed.get(keyOf(partition))
  }

  /** Commits the positions that are not committed yet; all that lies below them must have been flushed. */
  async commit(readings: readonly PartitionReading[]): Promise<void> {
    const offsets = readings
      .map(({ source: { topic, partition }, position }): OffsetToStore => ({ topic, partition, offset: position }))
      .filter((one) => this.committedOf(one) !== one.offset)
    await this.#store.groups.commit(this.#groupId, offsets)
    for (const one of offsets) this.#committed.set(keyOf(one), one.offset)
  }

  release(): void {
    this.#hold.release()
  }
}

/** A topic's name has no slash. */
function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
