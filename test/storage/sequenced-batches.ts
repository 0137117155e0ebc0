import { RecordBatch } from '../../src/record/record-batch.ts'
import type { Offered } from '../../src/storage/batch-offer.ts'
import type { PartitionLog } from '../../src/storage/partition-log.ts'
import { batch } from '../support/batches.ts'

/** A batch of one record of an idempotent producer. */
export function sequenced(baseSequence: number, { producerId = 7n, producerEpoch = 0 } = {}): Uint8Array {
  const bytes = batch({ values: [`of ${baseSequence}`] })
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setBigInt64(43, producerId)
  view.setInt16(51, producerEpoch)
  view.setInt32(53, baseSequence)
  new RecordBatch(bytes).sealCrc()
  return bytes
}

/** Offers one batch; what became of it. */
export function offerOne(log: PartitionLog, batch: Uint8Array): Offered | undefined {
  return log.offer([batch], 'never')[0]
}
