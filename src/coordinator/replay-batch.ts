import { MalformedMessageError } from '../base/errors.ts'
import { decompress } from '../record/compression/compression.ts'
import { readControlRecord } from '../record/control-record.ts'
import type { LogBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { forEachRecord } from '../record/records.ts'
import type { GroupTable } from './group-table.ts'

/**
 * Takes a batch of `__consumer_offsets` into the table. A batch with a right CRC whose records make no sense all the same
 * changes nothing from the bad place on; `warn` is told.
 */
export function replayBatch(batch: LogBatch, table: GroupTable, warn: (text: string) => void): void {
  try {
    if (batch instanceof RecordBatch && batch.isControl) replayMarker(batch, table)
    else replayRecords(batch, table)
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    warn(`the batch that ends at offset ${batch.lastOffset} cannot be read: ${error.message}`)
  }
}

function replayMarker(batch: RecordBatch, table: GroupTable): void {
  if (batch.recordCount === 0) return
  const { type } = readControlRecord(batch)
  if (type === 'COMMIT' || type === 'ABORT') table.endTransaction(batch.producerId, type)
}

function replayRecords(batch: LogBatch, table: GroupTable): void {
  const { isTransactional, producerId } = batch
  forEachRecord(
    batch,
    (record) => {
      table.replay(
        { offset: record.offset, key: record.keyBytes(), value: record.valueBytes() },
        { isTransactional, producerId },
      )
    },
    { decompress },
  )
}
