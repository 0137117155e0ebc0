import type { Partition, PartitionGrowth } from './partition.ts'

/** How far a partition was when a fetch read it. */
interface Seen {
  readonly partition: Partition
  readonly growth: PartitionGrowth
}

/** What a fetch waits for that has found too little: until so much may have come, reading it all again would only find the same. */
export class AwaitedBytes {
  readonly #seen: readonly Seen[]
  readonly #missingBytes: number

  /** `partitions` as they are now; the fetch lacks so many bytes, 0 when that cannot be told. */
  constructor(partitions: readonly Partition[], missingBytes: number) {
    this.#seen = partitions.map((partition) => ({ partition, growth: partition.growth }))
    this.#missingBytes = missingBytes
  }

  /** Whether as much as is missing has come since, or something else has changed than that clients have appended. */
  get mayBeThere(): boolean {
    let bytes = 0
    for (const { partition, growth } of this.#seen) {
      if (partition.growth.otherChanges !== growth.otherChanges) return true
      bytes += partition.growth.bytes - growth.bytes
    }
    return bytes >= this.#missingBytes
  }
}
