import { NotFoundError } from '../base/errors.ts'

/** What is thrown when a topic has no such partition. */
export function missingPartition(topic: string, partition: number, partitionCount: number): NotFoundError {
  return new NotFoundError(`topic ${topic} has no partition ${partition}`, {
    hint: partitionCount === 1 ? 'it has partition 0 only' : `it has partitions 0 to ${partitionCount - 1}`,
  })
}
