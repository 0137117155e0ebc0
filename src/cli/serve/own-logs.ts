import type { Offset } from '../../base/brands.ts'
import type { Broker } from '../../broker/broker.ts'
import type { TopicPartition } from '../../storage/file-names.ts'

/** A partition as a server has it. */
export interface OwnLog {
  readonly logEndOffset: Offset
  /** Of its segments. */
  readonly sizeInBytes: number
}

/** How a partition is now, if the server has it open: one that it has not is as it was. */
export function ownLogs({ services: { topics, disk } }: Broker): (partition: TopicPartition) => OwnLog | undefined {
  return ({ topic, partition }) => {
    const found = topics.find(topic)?.partitions[partition]
    if (found?.isOpen !== true) return undefined
    return { logEndOffset: found.offsets().highWatermark, sizeInBytes: disk.sizeOf(found.id) }
  }
}
