import { readControlRecord } from '../../record/control-record.ts'
import { decompress } from '../../record/compression/compression.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import { forEachRecord } from '../../record/records.ts'
import { malformedReason } from './producer-check.ts'

/**
 * Why the records of a batch cannot be right although its CRC is, or `undefined`. A control record is always looked at; the records of other
 * batches with `isDeep` only, since they must be decompressed.
 */
export function recordsProblem(batch: LogBatch, isDeep: boolean): string | undefined {
  const isMarker = batch instanceof RecordBatch && batch.isControl && batch.recordCount > 0
  if (isMarker) return malformedReason(() => void readControlRecord(batch))
  return isDeep ? walkRecords(batch) : undefined
}

function walkRecords(batch: LogBatch): string | undefined {
  const { lastOffset } = batch
  let before = batch.baseOffset - 1n
  let problem: string | undefined
  const malformed = malformedReason(() => {
    forEachRecord(
      batch,
      ({ offset }) => {
        if (offset <= before || offset > lastOffset) problem ??= `a record has offset ${offset} after ${before}`
        before = offset
      },
      { decompress },
    )
  })
  return malformed ?? problem
}
