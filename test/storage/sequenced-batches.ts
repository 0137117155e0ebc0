import { RecordBatch } from '../../src/record/record-batch.ts'
import type { OfferOutcome } from '../../src/storage/batch-offer.ts'
import type { PartitionLog } from '../../src/storage/partition-log.ts'
import { batch } from '../support/batches.ts'

/** Who sent a batch, and as the how many-th record of its own. */
export interface BatchProducer {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
}

/** Makes a batch one of an idempotent producer. */
export function withProducer(
  bytes: Uint8Array,
  { producerId, producerEpoch, baseSequence }: BatchProducer,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setBigInt64(43, producerId)
  view.setInt16(51, producerEpoch)
  view.setInt32(53, baseSequence)
  new RecordBatch(bytes).sealCrc()
  return bytes
}

/** A batch of one record of an idempotent producer. */
export function sequenced(baseSequence: number, { producerId = 7n, producerEpoch = 0 } = {}): Uint8Array {
  return withProducer(batch({ values: [`of ${baseSequence}`] }), { producerId, producerEpoch, baseSequence })
}

/** Offers one batch; what became of it. */
export function offerOne(log: PartitionLog, batch: Uint8Array): OfferOutcome | undefined {
  return log.offer([batch], 'never')[0]
}
