import type { Random } from '../../base/random.ts'
import { murmur2 } from './murmur2.ts'
import type { Partitioner } from './settings.ts'

export interface PartitionChoice {
  /** `-p`: a partition, -1 for a random one a batch, undefined for the partitioner. */
  readonly partition: number | undefined
  readonly partitioner: Partitioner | undefined
  /** Their number may go down until the topic is open. */
  readonly partitions: { readonly partitionCount: number }
  readonly random: Random
}

/** Which partition a record goes to. */
export class PartitionChooser {
  readonly #choice: PartitionChoice
  #sticky: number
  #turn = 0

  constructor(choice: PartitionChoice) {
    this.#choice = choice
    this.#sticky = this.#draw()
  }

  /** Whether a whole batch may go to one partition, whatever its records. */
  get isPerBatch(): boolean {
    const { partition, partitioner, partitions } = this.#choice
    const { partitionCount } = partitions
    return partition !== undefined || partitionCount === 1 || partitioner === undefined || partitioner === 'sticky'
  }

  /** The partition of a batch of records without a key, or all with `key`. */
  forBatch(key: Uint8Array | undefined): number {
    return this.forRecord(key ?? null)
  }

  forRecord(key: Uint8Array | null): number {
    const { partition, partitioner, partitions } = this.#choice
    const { partitionCount } = partitions
    if (partition !== undefined && partition >= 0) return partition
    if (partition === -1) return this.#sticky
    switch (partitioner) {
      case 'round-robin':
        return this.#turn++ % partitionCount
      case 'random':
        return this.#draw()
      case 'sticky':
        return this.#sticky
      case 'murmur2':
      case undefined:
        return key === null ? this.#sticky : (murmur2(key) & 0x7fff_ffff) % partitionCount
    }
  }

  /** A batch has gone: records without a key stick to another partition now (KIP-480). */
  batchDone(): void {
    this.#sticky = this.#draw()
  }

  #draw(): number {
    const { partitions, random } = this.#choice
    const { partitionCount } = partitions
    if (partitionCount === 1) return 0
    const bytes = random.fill(new Uint8Array(4))
    return new DataView(bytes.buffer).getUint32(0) % partitionCount
  }
}
