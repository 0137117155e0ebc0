import type { TimestampMs } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import { readVarint, readVarlong, type VarintCursor } from '../../wire/varint.ts'

/** Half open. */
export interface TimeRange {
  readonly since: TimestampMs
  readonly until: TimestampMs
}

/**
 * Whether every record of a batch is known to be of this time, so that none must be looked at by itself. False also when that would cost too
 * much to tell. The header says the latest time only: for the earliest, lengths and timestamps of the records are walked.
 */
export function isWithin(batch: LogBatch, { since, until }: TimeRange): boolean {
  if (!(batch instanceof RecordBatch)) return false
  if (batch.maxTimestamp < since || batch.maxTimestamp >= until) return false
  if (since === -Infinity || batch.timestampType === 'LogAppendTime') return true
  return batch.codec === 'none' && batch.baseTimestamp + leastDelta(batch) >= since
}

/** The least timestamp delta of an uncompressed batch; -Infinity when its records do not follow the format. */
function leastDelta(batch: RecordBatch): number {
  const { bytes, recordCount } = batch
  const cursor: VarintCursor = { bytes, position: RecordBatch.overhead, end: bytes.length }
  let least = Infinity
  try {
    for (let i = 0; i < recordCount; i++) {
      const length = readVarint(cursor)
      const next = cursor.position + length
      if (length < 1 || next > bytes.length) return -Infinity
      cursor.position++
      least = Math.min(least, readVarlong(cursor))
      cursor.position = next
    }
  } catch (error) {
    if (error instanceof MalformedMessageError) return -Infinity
    throw error
  }
  return least
}
