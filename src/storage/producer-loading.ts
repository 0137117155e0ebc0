import { type Offset, offset } from '../base/brands.ts'
import { DiskError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { BatchWalker, type Walked } from './batch-walker.ts'
import { snapshotFileName } from './file-names.ts'
import { ProducerState } from './producer-state.ts'
import { floorSegment } from './segment-list.ts'
import { fileStateOf, listReadableSegments } from './segment-listing.ts'
import { findNextBatch } from './segment-search.ts'
import { Segment } from './segment.ts'
import { newestSnapshot, readSnapshot, writeProducerSnapshot } from './snapshot-files.ts'
import { syncFile } from './whole-file.ts'

/**
 * The state of producers up to `end` (exclusive): from the newest snapshot that is whole and not above it, and the batches since.
 * Kafka: ProducerStateManager.truncateAndReload.
 */
export function loadProducerState(fileSystem: FileSystem, directory: string, end: Offset): ProducerState {
  const state = newestSnapshot(fileSystem, directory, end) ?? new ProducerState(offset(0n))
  replayProducers(state, { fileSystem, directory, end })
  return state
}

/** Brings `state` up to `end` (exclusive) with the batches since its own end; what cannot be read there tells nothing. */
export function replayProducers(
  state: ProducerState,
  log: { readonly fileSystem: FileSystem; readonly directory: string; readonly end: Offset },
): void {
  const { fileSystem, directory, end } = log
  const listing = listReadableSegments(fileSystem, directory, false)
  const { bases } = listing
  const first = Math.max(0, floorSegment(bases, state.endOffset))
  for (const base of bases.slice(first)) {
    if (base >= end) break
    replaySegment(state, Segment.open(fileSystem, directory, base, fileStateOf(listing, base)), end)
  }
  // A log may end with offsets that no batch has: of a gap at the leader, or of what was lost.
  state.skipTo(end)
}

/**
 * Makes sure that the snapshot at `at` says, whole and durably, what the log below it says of producers: those segments are about to go. It is written
 * anew: where a sync of it has failed before, another one would find nothing to do, and what is read is not what is on the disk.
 */
export function secureSnapshot(fileSystem: FileSystem, directory: string, at: Offset): void {
  const loaded = loadProducerState(fileSystem, directory, at)
  try {
    // The last batch before may end below it.
    writeProducerSnapshot(fileSystem, directory, ProducerState.fromSnapshot(loaded.toSnapshot(), at), true)
  } catch (error) {
    const path = `${directory}/${snapshotFileName(at)}`
    // Room is what the deletion makes: then the one that is there has to do.
    if (!(error instanceof DiskError && error.isOutOfSpace)) throw error
    if (readSnapshot(fileSystem, path).kind !== 'entries') throw error
    syncFile(fileSystem, path)
  }
}

function replaySegment(state: ProducerState, segment: Segment, end: Offset): void {
  try {
    const walker = new BatchWalker(segment.log, { position: segment.positionOf(state.endOffset) })
    for (let walked = walker.next(); walked.kind !== 'end'; walked = walker.next()) {
      const found = replayWalked(state, walked, end)
      if (found === 'end') return
      if (found === 'damage' && !passDamage(state, walker, { segment, from: walked.position, end })) return
    }
  } finally {
    segment.close()
  }
}

function replayWalked(state: ProducerState, walked: Walked, end: Offset): 'batch' | 'damage' | 'end' {
  if (walked.kind !== 'batch' || !walked.isCrcValid) return 'damage'
  if (walked.batch.baseOffset >= end) return 'end'
  if (walked.batch.baseOffset >= state.endOffset) state.replay(walked.batch)
  return 'batch'
}

/** Goes on at the next batch below `end`, as readers do; false when there is none. */
function passDamage(
  state: ProducerState,
  walker: BatchWalker,
  { segment, from, end }: { readonly segment: Segment; readonly from: number; readonly end: Offset },
): boolean {
  const range = { position: from + 1, end: segment.log.size(), offsetMin: state.endOffset, offsetMax: end }
  const found = findNextBatch(segment.log, range)
  if (found !== undefined) walker.seek(found)
  return found !== undefined
}
