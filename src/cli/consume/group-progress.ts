import type { Offset } from '../../base/brands.ts'
import { offset } from '../../base/brands.ts'
import { LockedError } from '../../base/errors.ts'
import type { GroupMembership, LogStore, OffsetToStore, TopicPartition, WantedTopics } from '../../store/log-store.ts'
import type { PartitionReading } from './partition-reading.ts'

/** Where a consumer group stands, and this process as one of those that consume with it. */
export class GroupProgress {
  readonly #store: LogStore
  readonly #groupId: string
  readonly #membership: GroupMembership
  readonly #committed = new Map<string, Offset>()

  private constructor(store: LogStore, groupId: string, membership: GroupMembership) {
    this.#store = store
    this.#groupId = groupId
    this.#membership = membership
  }

  /** Throws `LockedError` where one process at a time may consume with a group, and another one does. */
  static async join(store: LogStore, groupId: string, wanted: WantedTopics): Promise<GroupProgress> {
    const progress = new GroupProgress(store, groupId, await store.groups.join(groupId, wanted))
    await progress.#readCommitted()
    return progress
  }

  /** Whether the partition is this process's to read. */
  isOurs({ topic, partition }: TopicPartition): boolean {
    const { assigned } = this.#membership
    return assigned === undefined || assigned.some((one) => one.topic === topic && one.partition === partition)
  }

  /** Whether partitions are shared out among several processes. */
  get isShared(): boolean {
    return this.#membership.assigned !== undefined
  }

  /** Others came or went, so that partitions are shared out again. */
  get isStale(): boolean {
    return this.#membership.isStale
  }

  /** Takes part in sharing out the partitions again; `readings` are committed before. */
  async rejoin(readings: readonly PartitionReading[]): Promise<void> {
    // A member that was given up has nothing to say any more: what it printed is read again by somebody else.
    await this.commit(readings).catch((error: unknown) => {
      if (!(error instanceof LockedError)) throw error
    })
    await this.#membership.rejoin()
    await this.#readCommitted()
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
    await this.#membership.commit(offsets)
    for (const one of offsets) this.#committed.set(keyOf(one), one.offset)
  }

  release(): Promise<void> {
    return this.#membership.release()
  }

  async #readCommitted(): Promise<void> {
    this.#committed.clear()
    const group = await this.#store.groups.find(this.#groupId)
    for (const [topic, partitions] of group?.offsets ?? []) {
      for (const [partition, stored] of partitions) {
        this.#committed.set(keyOf({ topic, partition }), offset(stored.offset))
      }
    }
  }
}

/** A topic's name has no slash. */
function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
