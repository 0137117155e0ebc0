import { type Offset, offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { BatchWalker } from './batch-walker.ts'
import type { ProducerState } from './producer-state.ts'
import { floorSegment } from './segment-list.ts'
import { fileStateOf, listReadableSegments } from './segment-listing.ts'
import { Segment } from './segment.ts'

/** More than clients have under way at once: what a retry may be of lies in the last so many bytes before a snapshot. */
const recalledBytesMax = 16 * 1024 * 1024

/** A part of a segment, in bytes of its log; `start` is where a batch begins. */
interface Span {
  readonly base: Offset
  readonly start: number
  readonly end: number
}

/**
 * Reads from the log what the snapshot that `state` was made of leaves out: the batches before the last one of each producer, which a client that was
 * not answered sends again just as well. Kafka does without, so that such a retry is out of order there once a broker has started anew.
 */
export function recallBatches(
  state: ProducerState,
  log: { readonly fileSystem: FileSystem; readonly directory: string },
): void {
  const below = state.briefBelow
  state.endRecall()
  if (below === undefined) return
  const { fileSystem, directory } = log
  const listing = listReadableSegments(fileSystem, directory, false)
  const open = (base: Offset): Segment => Segment.open(fileSystem, directory, base, fileStateOf(listing, base))
  for (const { base, start, end } of spansBelow(below, listing.bases, open)) {
    const segment = open(base)
    try {
      recallFrom(state, new BatchWalker(segment.log, { position: start, end }), below)
    } finally {
      segment.close()
    }
  }
}

function recallFrom(state: ProducerState, walker: BatchWalker, below: Offset): void {
  for (let walked = walker.next(); walked.kind === 'batch' && walked.isCrcValid; walked = walker.next()) {
    const { batch } = walked
    if (batch.lastOffset >= below) return
    if (batch instanceof RecordBatch && batch.hasProducer) state.recall(batch)
  }
}

/** What lies before `below`, some batches more or less, oldest first. */
function spansBelow(below: Offset, bases: readonly Offset[], open: (base: Offset) => Segment): Span[] {
  const spans: Span[] = []
  let left = recalledBytesMax
  for (let at = floorSegment(bases, offset(below - 1n)); at >= 0 && left > 0; at--) {
    const base = bases[at]
    if (base === undefined) break
    const segment = open(base)
    try {
      const end: number = segment.positionOf(below)
      // The index is not checksummed: what it says may lie anywhere.
      const start = Math.min(Math.max(startWithin(segment, end - left), 0), end)
      spans.unshift({ base, start, end })
      left -= end - start
    } finally {
      segment.close()
    }
  }
  return spans
}

/** Where the first batch at or behind `position` begins of which the index knows. */
function startWithin(segment: Segment, position: number): number {
  const index = segment.offsetIndex()
  if (position <= 0 || index === undefined) return 0
  let low = 0
  let high = index.entryCount
  while (low < high) {
    const middle = (low + high) >>> 1
    if (index.entry(middle).position < position) low = middle + 1
    else high = middle
  }
  return low < index.entryCount ? index.entry(low).position : 0
}
