import type { Offset, TimestampMs } from '../base/brands.ts'
import { plainBatchWindow } from '../record/batch-window.ts'
import { decompress } from '../record/compression/compression.ts'
import { type LogBatch, scanBatch } from '../record/log-batch.ts'
import { forEachRecord } from '../record/records.ts'
import { startForTime } from '../storage/time-lookup.ts'
import type { DirectorySource } from './directory-source.ts'
import type { TimedOffset } from './log-store.ts'

/**
 * The first record of a partition at or after `timestamp` by offset, or `undefined` when all are older. The time indexes say where to begin; the
 * records themselves decide. Kafka: UnifiedLog.fetchOffsetByTimestamp.
 */
export function findOffsetForTime(source: DirectorySource, timestamp: TimestampMs): TimedOffset | undefined {
  const { logStartOffset } = source.refresh()
  const start = startForTime(source.reader, timestamp)
  source.seek(start > logStartOffset ? start : logStartOffset)
  return firstRecord(
    source,
    (batch) => batch.maxTimestamp >= timestamp,
    (at, time) => at >= logStartOffset && time >= timestamp,
  )
}

/** The record with the largest timestamp; of several the first. */
export function findOffsetOfLargestTime(source: DirectorySource): TimedOffset | undefined {
  const { logStartOffset } = source.refresh()
  source.seek(logStartOffset)
  let largest: TimedOffset | undefined
  eachBatch(source, (batch) => {
    if (batch.maxTimestamp <= (largest?.timestamp ?? -1)) return true
    eachRecord(batch, (at, time) => {
      if (at >= logStartOffset && time > (largest?.timestamp ?? -1)) largest = { offset: at, timestamp: time }
      return true
    })
    return true
  })
  return largest
}

function firstRecord(
  source: DirectorySource,
  isCandidate: (batch: LogBatch) => boolean,
  isWanted: (at: Offset, time: TimestampMs) => boolean,
): TimedOffset | undefined {
  let found: TimedOffset | undefined
  eachBatch(source, (batch) => {
    if (!isCandidate(batch)) return true
    eachRecord(batch, (at, time) => {
      if (isWanted(at, time)) found = { offset: at, timestamp: time }
      return found === undefined
    })
    return found === undefined
  })
  return found
}

function eachRecord(batch: LogBatch, visit: (at: Offset, time: TimestampMs) => boolean): void {
  forEachRecord(batch, (record) => visit(record.offset, record.timestamp), { decompress })
}

/** Holds a batch of the default size, so that it is read once. */
const windowBytes = 144 * 1024

/** Gives the batches from where the source stands to `visit`, until it returns false. */
function eachBatch(source: DirectorySource, visit: (batch: LogBatch) => boolean): void {
  let window = plainBatchWindow(windowBytes)
  for (;;) {
    const read = source.read(window)
    if (read.kind === 'end') return
    if (read.kind === 'large') window = plainBatchWindow(read.sizeInBytes)
    if (read.kind !== 'batches') continue
    for (let at = 0; at < read.end;) {
      const scanned = scanBatch(window.bytes, at, read.end)
      if (scanned.kind !== 'batch') break
      if (source.isShown(scanned.batch) && !visit(scanned.batch)) return
      at += scanned.batch.sizeInBytes
    }
  }
}
