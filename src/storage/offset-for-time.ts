import type { Offset, TimestampMs } from '../base/brands.ts'
import { type BatchWindow, frontOf, plainBatchWindow } from '../record/batch-window.ts'
import { decompress } from '../record/compression/compression.ts'
import { type LogBatch, scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { forEachRecord } from '../record/records.ts'
import type { PartitionReader } from './partition-reader.ts'
import { startForTime } from './time-lookup.ts'

/** A record, by where it is and when it says it was written. */
export interface TimedOffset {
  readonly offset: Offset
  readonly timestamp: TimestampMs
}

/** Gives memory, at best of so many bytes. */
export type MakeWindow = (bytes: number) => BatchWindow

/**
 * The first record of a partition at or after `timestamp` by offset, or `undefined` when all are older. The time indexes say where to begin; the
 * records themselves decide. `makeWindow`: memory for batches that are not small, as large as the bytes say if it can be. Kafka: UnifiedLog.fetchOffsetByTimestamp.
 */
export function findOffsetForTime(
  reader: PartitionReader,
  timestamp: TimestampMs,
  makeWindow?: MakeWindow,
): TimedOffset | undefined {
  const { logStartOffset } = reader.refresh()
  const start = startForTime(reader, timestamp)
  reader.seek(start > logStartOffset ? start : logStartOffset)
  let found: TimedOffset | undefined
  const visit = (batch: LogBatch): boolean => {
    if (batch.maxTimestamp < timestamp) return true
    found = firstRecord(batch, (at, time) => at >= logStartOffset && time >= timestamp)
    return found === undefined
  }
  eachBatch(reader, visit, makeWindow)
  return found
}

/** The record with the largest timestamp; of several the first. */
export function findOffsetOfLargestTime(reader: PartitionReader): TimedOffset | undefined {
  const { logStartOffset } = reader.refresh()
  let largest: TimedOffset | undefined
  for (const start of startsOfLargest(reader, logStartOffset)) {
    reader.seek(start.offset)
    eachBatch(reader, (batch) => {
      const known = largest?.timestamp ?? -1
      if (batch.maxTimestamp <= known) return start.isScan
      const found = firstRecord(batch, (at, time) => at >= logStartOffset && time > known && time >= batch.maxTimestamp)
      largest = found ?? largest
      return start.isScan
    })
  }
  return largest
}

/** Where to look for the largest timestamp of a stretch of the log: in one batch, or in all from there on. */
interface LargestStart {
  readonly offset: Offset
  readonly isScan: boolean
}

/** The last time index entry of a closed segment names its latest batch; behind that of the last segment more may have come. */
function startsOfLargest(reader: PartitionReader, logStartOffset: Offset): LargestStart[] {
  const starts: LargestStart[] = []
  for (const base of reader.view.basesFrom(logStartOffset)) {
    const isLast = reader.view.segmentEnd(base) > reader.view.visibleEnd
    const index = reader.openTimeIndex(base)
    const entry = index === undefined || index.entryCount === 0 ? undefined : index.last
    index?.file.close()
    if (entry === undefined || entry.offset < logStartOffset) {
      // Without an index there is no way around reading on to the end.
      return [...starts, { offset: base > logStartOffset ? base : logStartOffset, isScan: true }]
    }
    starts.push({ offset: entry.offset, isScan: isLast })
  }
  return starts
}

function firstRecord(batch: LogBatch, isWanted: (at: Offset, time: TimestampMs) => boolean): TimedOffset | undefined {
  let found: TimedOffset | undefined
  const visit = ({ offset, timestamp }: TimedOffset): boolean => {
    if (isWanted(offset, timestamp)) found = { offset, timestamp }
    return found === undefined
  }
  forEachRecord(batch, visit, { decompress })
  return found
}

/** The first window: a few small batches. */
const windowBytes = 16 * 1024

/** Gives the batches from where the reader stands to `visit`, without those that hold no records of anybody, until it returns false. */
function eachBatch(reader: PartitionReader, visit: (batch: LogBatch) => boolean, makeWindow?: MakeWindow): void {
  let window = plainBatchWindow(windowBytes)
  for (;;) {
    const read = reader.read(window)
    if (read.kind === 'end') return
    if (read.kind === 'large') window = windowFor(read.sizeInBytes, window, makeWindow)
    if (read.kind !== 'batches') continue
    for (let at = 0; at < read.end;) {
      const scanned = scanBatch(window.bytes, at, read.end)
      if (scanned.kind !== 'batch') break
      at += scanned.batch.sizeInBytes
      if (scanned.batch instanceof RecordBatch && scanned.batch.isControl) continue
      if (!visit(scanned.batch)) return
    }
  }
}

/** As large as the first batch that is not small, so that no more is read than is looked at; after that it grows by half or more. */
function windowFor(batchBytes: number, before: BatchWindow, makeWindow: MakeWindow | undefined): BatchWindow {
  const isFirst = before.bytes.length === windowBytes
  const bytes = isFirst ? batchBytes : Math.max(batchBytes, Math.ceil(1.5 * before.bytes.length))
  const window = makeWindow?.(bytes)
  const fits = window !== undefined && bytes <= window.bytes.length
  return fits ? frontOf(window, bytes) : plainBatchWindow(bytes)
}
