import { type Offset, offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { BatchWalker, type Walked } from './batch-walker.ts'
import { parsePartitionFile, snapshotFileName, TEMPORARY_SUFFIX } from './file-names.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import { floorSegment } from './segment-list.ts'
import { fileStateOf, listReadableSegments } from './segment-listing.ts'
import { findNextBatch } from './segment-search.ts'
import { Segment } from './segment.ts'
import { readWholeFile } from './whole-file.ts'

const snapshotBytesMax = 256 * 1024 * 1024

/**
 * The state of producers up to `end` (exclusive): from the newest snapshot that is whole and not above it, and the batches since.
 * Kafka: ProducerStateManager.truncateAndReload.
 */
export function loadProducerState(fileSystem: FileSystem, directory: string, end: Offset): ProducerState {
  const state = newestSnapshot(fileSystem, directory, end)
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
 * Writes `<offset>.snapshot`, which no killed process leaves torn: it may be all that is known of producers once older segments are gone. Syncs
 * nothing; what a power cut tears is found by its CRC, and an older one is taken.
 */
export function writeProducerSnapshot(fileSystem: FileSystem, directory: string, state: ProducerState): void {
  const path = `${directory}/${snapshotFileName(state.endOffset)}`
  const file = fileSystem.open(path + TEMPORARY_SUFFIX, 'create')
  try {
    file.truncate(0)
    file.write(encodeProducerSnapshot(state.toSnapshot()), 0)
  } finally {
    file.close()
  }
  fileSystem.rename(path + TEMPORARY_SUFFIX, path)
}

function newestSnapshot(fileSystem: FileSystem, directory: string, end: Offset): ProducerState {
  for (const at of snapshotOffsets(fileSystem, directory)) {
    if (at > end) continue
    const read = readWholeFile(fileSystem, `${directory}/${snapshotFileName(at)}`, snapshotBytesMax)
    const decoded = read.kind === 'bytes' ? decodeProducerSnapshot(read.bytes) : undefined
    if (decoded?.kind === 'entries') return ProducerState.fromSnapshot(decoded.entries, at)
  }
  return new ProducerState(offset(0n))
}

/** Newest first. */
function snapshotOffsets(fileSystem: FileSystem, directory: string): Offset[] {
  const offsets: Offset[] = []
  for (const { name } of fileSystem.list(directory) ?? []) {
    const file = parsePartitionFile(name)
    if (file.kind === 'snapshot' && file.state === '') offsets.push(file.offset)
  }
  return offsets.sort((a, b) => (a < b ? 1 : -1))
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
