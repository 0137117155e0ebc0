import type { Offset } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { BatchWindows } from '../record/batch-windows.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { segmentFileName } from '../storage/file-names.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import type { PlacedBatch } from '../storage/placed-batches.ts'
import { RewrittenSegment } from '../storage/rewritten-segment.ts'
import { type ReplacedSegment, swapSegments } from '../storage/segment-swap.ts'
import { Segment } from '../storage/segment.ts'
import { checkedRuns } from './checked-batches.ts'
import type { RewrittenSpan } from './rewritten-spans.ts'

export interface SpanRefetchOptions {
  readonly fileSystem: FileSystem
  readonly log: PartitionLog
  readonly indexIntervalBytes: number
  /** For checksums. */
  readonly windows: BatchWindows
  /** As a leader does it. */
  readonly fetch: (from: Offset) => Promise<Uint8Array>
  readonly giveBack: (batches: Uint8Array) => void
  /** Told of what was written; resolves when more may come. */
  readonly onCopied: (bytes: number, records: number) => Promise<void>
  /** Told where the last offsets end that the leader has no more, before any of it takes its place. */
  readonly onGap: (end: Offset) => void
}

/**
 * Takes over closed segments that the leader has rewritten: fetches them anew beside the log and swaps them in as a whole. Where less or more comes than
 * the leader said, it has been trimmed or compacted since: then all stays as it is, for the next time. The caller holds the partition's
 * `PartitionMaintenance`. Throws `TemporaryError` when the own segments were changed meanwhile.
 */
export async function refetchSpan(span: RewrittenSpan, options: SpanRefetchOptions): Promise<void> {
  const replaced = span.own.map((base) => replacedSegment(base, options))
  const fetched: RewrittenSegment[] = []
  let gapEnd: Offset | undefined
  const noting = { ...options, onGap: (end: Offset): void => void (gapEnd = end) }
  const discard = (): void => {
    for (const segment of fetched) segment.discard()
  }
  try {
    for (const [at, base] of span.leader.entries()) {
      fetched.push(await fetchSegment(base, span.leader[at + 1] ?? span.end, noting))
    }
    noteAborted(span, fetched, options)
  } catch (error) {
    discard()
    throw error
  }
  if (fetched.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0) !== span.leaderBytes) return discard()
  if (gapEnd !== undefined) options.onGap(gapEnd)
  for (const segment of fetched) segment.finish(modifiedMs(span, options))
  swapSegments(options.log, options.fileSystem, { replaced, replacements: span.leader })
}

function replacedSegment(baseOffset: Offset, { fileSystem, log }: SpanRefetchOptions): ReplacedSegment {
  const facts = fileSystem.stat(`${log.directory}/${segmentFileName(baseOffset, 'log')}`)
  return { baseOffset, identity: facts?.identity ?? '', sizeInBytes: facts?.size ?? 0 }
}

function modifiedMs(span: RewrittenSpan, { fileSystem, log }: SpanRefetchOptions): number {
  const last = span.own.at(-1)
  return last === undefined ? 0 : (fileSystem.stat(`${log.directory}/${segmentFileName(last, 'log')}`)?.modifiedMs ?? 0)
}

async function fetchSegment(baseOffset: Offset, end: Offset, options: SpanRefetchOptions): Promise<RewrittenSegment> {
  const { fileSystem, log, indexIntervalBytes, windows, fetch, onCopied, onGap } = options
  const segment = new RewrittenSegment({ fileSystem, directory: log.directory, baseOffset, indexIntervalBytes })
  try {
    let from = baseOffset
    while (from < end) {
      const bytes = await fetch(from)
      if (bytes.length === 0) break
      checkedRuns(bytes, from, { activeBaseOffset: baseOffset, logEndOffset: from, leaderBases: [] }, windows)
      const { batches, bytes: taken, records, nextOffset, gapEnd } = below(bytes, from, end)
      if (gapEnd !== undefined) onGap(gapEnd)
      if (taken.length > 0) segment.append(taken, batches)
      options.giveBack(bytes)
      if (taken.length === 0) break
      await onCopied(taken.length, records)
      from = nextOffset
    }
    if (from < end) onGap(end)
    return segment
  } catch (error) {
    segment.discard()
    throw error
  }
}

/** Checked batches that begin before `end`. Throws `MalformedMessageError` when their offsets are not those from `from` to `end`, each once. */
function below(
  bytes: Uint8Array,
  from: Offset,
  end: Offset,
): { batches: PlacedBatch[]; bytes: Uint8Array; records: number; nextOffset: Offset; gapEnd: Offset | undefined } {
  const batches: PlacedBatch[] = []
  let nextOffset = from
  let gapEnd: Offset | undefined
  let records = 0
  let position = 0
  while (position < bytes.length) {
    const batch = new RecordBatch(bytes, position)
    if (batch.baseOffset > nextOffset) gapEnd = batch.baseOffset < end ? batch.baseOffset : end
    if (batch.baseOffset >= end) {
      nextOffset = end
      break
    }
    if (batch.baseOffset < nextOffset || batch.lastOffsetDelta < 0 || batch.nextOffset > end) {
      throw new MalformedMessageError(
        `a batch of offsets ${batch.baseOffset} to ${batch.lastOffset}, asked for was ${nextOffset} to ${end - 1n}`,
        position,
      )
    }
    const { sizeInBytes, lastOffset, maxTimestamp } = batch
    batches.push({ position, sizeInBytes, lastOffset, maxTimestamp })
    nextOffset = batch.nextOffset
    records += batch.recordCount
    position += sizeInBytes
  }
  return { batches, bytes: bytes.subarray(0, position), records, nextOffset, gapEnd }
}

/** A transaction that was aborted stays so, in the segment that holds its marker now. */
function noteAborted(
  span: RewrittenSpan,
  fetched: readonly RewrittenSegment[],
  { fileSystem, log }: SpanRefetchOptions,
): void {
  for (const base of span.own) {
    const segment = Segment.open(fileSystem, log.directory, base)
    try {
      segment.transactionIndex()?.forEach((aborted) => {
        fetched.findLast(({ baseOffset }) => baseOffset <= aborted.lastOffset)?.noteAborted(aborted)
      })
    } finally {
      segment.close()
    }
  }
}
