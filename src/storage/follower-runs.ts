import { type Offset, offset } from '../base/brands.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { RELATIVE_OFFSET_MAX } from './offset-index.ts'
import type { PlacedBatches } from './placed-batches.ts'

/** Batches of a leader that stand in one segment. */
export interface FollowerRun extends PlacedBatches {
  readonly bytes: Uint8Array
  /** Where the segment begins that is to be made for them; `undefined`: they go on where the log is. */
  readonly segmentBaseOffset: Offset | undefined
}

/** Where the first of them belong. */
export interface RunStart {
  /** Of the segment that is active now. */
  readonly activeBaseOffset: Offset
  readonly segmentBaseOffset?: Offset | undefined
}

/**
 * Cuts an append where offsets are out of reach of the segment that they would stand in: a log with gaps may leave any number of them out, and the indexes
 * of a segment speak of the 2^31 offsets from its base on. Kafka: UnifiedLog.maybeRoll.
 */
export function runsInReach(bytes: Uint8Array, placed: PlacedBatches, from: RunStart): FollowerRun[] {
  let { segmentBaseOffset } = from
  let base = segmentBaseOffset ?? from.activeBaseOffset
  if (isInReach(base, placed.nextOffset)) return [{ ...placed, bytes, segmentBaseOffset }]
  const runs: FollowerRun[] = []
  let start = 0
  for (const [at, { position, lastOffset }] of placed.batches.entries()) {
    if (isInReach(base, offset(lastOffset + 1n))) continue
    if (at > start) runs.push(runOf(bytes, placed, { start, end: at, segmentBaseOffset }))
    start = at
    base = new RecordBatch(bytes, position).baseOffset
    segmentBaseOffset = base
  }
  runs.push(runOf(bytes, placed, { start, end: placed.batches.length, segmentBaseOffset }))
  return runs
}

function isInReach(base: Offset, nextOffset: Offset): boolean {
  return nextOffset - base <= RELATIVE_OFFSET_MAX + 1n
}

function runOf(
  bytes: Uint8Array,
  placed: PlacedBatches,
  run: { readonly start: number; readonly end: number; readonly segmentBaseOffset: Offset | undefined },
): FollowerRun {
  const { segmentBaseOffset } = run
  const taken = placed.batches.slice(run.start, run.end)
  const from = taken[0]?.position ?? 0
  const batches = taken.map((one) => ({ ...one, position: one.position - from }))
  const last = batches.at(-1)
  const nextOffset = last === undefined ? placed.nextOffset : offset(last.lastOffset + 1n)
  const end = last === undefined ? from : from + last.position + last.sizeInBytes
  return { ...placed, batches, nextOffset, bytes: bytes.subarray(from, end), segmentBaseOffset }
}
