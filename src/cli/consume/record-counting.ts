import { type Offset, offset, type TimestampMs } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import { decompress } from '../../record/compression/compression.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { forEachRecord } from '../../record/records.ts'
import type { BatchWalk, OffsetRange } from './batch-walk.ts'

/** Whether a record of this time counts. */
export type TimeTest = (timestamp: TimestampMs) => boolean

/** Records with consecutive offsets. */
interface OffsetRun {
  readonly first: bigint
  /** Exclusive. */
  end: bigint
}

/** What is counted, in which offsets. */
export interface CountedRange extends OffsetRange {
  /** Every record counts when absent. */
  readonly counts?: TimeTest | undefined
}

/** Offsets looked at in the first step back. */
const firstStep = 1024n

/**
 * The offset of the first of the last `count` records of a range; its start when there are not so many. Exact where compaction or transaction
 * markers left gaps: goes back in growing steps until enough records were met. Without gaps that is one step, and no record is decoded.
 */
export async function startOfLast(walk: BatchWalk, range: CountedRange, count: number): Promise<Offset> {
  let missing = BigInt(count)
  let step = missing > firstStep ? missing : firstStep
  let end = range.end
  while (missing > 0n && end > range.start) {
    const start = offset(end - step > range.start ? end - step : range.start)
    const runs = await runsOf(walk, { ...range, start, end })
    const found = sizeOf(runs)
    if (found >= missing) return offsetAt(runs, found - missing)
    missing -= found
    step *= 2n
    end = start
  }
  return end
}

/** The offset of the `nth` record of a range, 1 being the first; its end when there are not so many. */
export async function startOfNth(walk: BatchWalk, range: CountedRange, nth: number): Promise<NthRecord> {
  const skipped = BigInt(nth - 1)
  const runs: OffsetRun[] = []
  let passed = 0n
  await walk.each(range, (batch) => {
    passed += sizeOf(runs.splice(0))
    addBatch(runs, batch, range)
    return passed + sizeOf(runs) <= skipped
  })
  const found = sizeOf(runs)
  return passed + found <= skipped
    ? { start: range.end, passed: Number(passed + found) }
    : { start: offsetAt(runs, skipped - passed), passed: nth - 1 }
}

export interface NthRecord {
  readonly start: Offset
  /** Records before it. */
  readonly passed: number
}

/** The timestamps of the records of a range that count, in their order. */
export async function timestampsOf(walk: BatchWalk, range: CountedRange): Promise<TimestampMs[]> {
  const timestamps: TimestampMs[] = []
  await walk.each(range, (batch) => eachCounted(batch, range, (_at, timestamp) => void timestamps.push(timestamp)))
  return timestamps
}

async function runsOf(walk: BatchWalk, range: CountedRange): Promise<OffsetRun[]> {
  const runs: OffsetRun[] = []
  await walk.each(range, (batch) => addBatch(runs, batch, range))
  return runs
}

function addBatch(runs: OffsetRun[], batch: LogBatch, range: CountedRange): void {
  if (batch.magic === 2 && batch.hasNoGaps && range.counts === undefined) {
    addRun(runs, later(batch.baseOffset, range.start), earlier(batch.nextOffset, range.end))
  } else {
    eachCounted(batch, range, (at) => addRun(runs, at, at + 1n))
  }
}

function addRun(runs: OffsetRun[], first: bigint, end: bigint): void {
  if (first >= end) return
  const last = runs.at(-1)
  if (last?.end === first) last.end = end
  else runs.push({ first, end })
}

function eachCounted(
  batch: LogBatch,
  { start, end, counts }: CountedRange,
  visit: (at: Offset, timestamp: TimestampMs) => void,
): void {
  try {
    forEachRecord(
      batch,
      (record) => {
        const at = record.offset
        if (at >= start && at < end && counts?.(record.timestamp) !== false) visit(at, record.timestamp)
      },
      { decompress },
    )
  } catch (error) {
    // Reading will say so; the records before the bad place count.
    if (!(error instanceof MalformedMessageError)) throw error
  }
}

function sizeOf(runs: readonly OffsetRun[]): bigint {
  return runs.reduce((sum, { first, end }) => sum + end - first, 0n)
}

/** The offset of the record with `index`, counted from 0. */
function offsetAt(runs: readonly OffsetRun[], index: bigint): Offset {
  let before = 0n
  for (const { first, end } of runs) {
    if (index < before + end - first) return offset(first + index - before)
    before += end - first
  }
  return offset(runs.at(-1)?.end ?? 0n)
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
