import { type Offset, offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { BatchWalker } from './batch-walker.ts'
import { parsePartitionFile, snapshotFileName } from './file-names.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import { floorSegment } from './segment-list.ts'
import { fileStateOf, listReadableSegments } from './segment-listing.ts'
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

/** Brings `state` up to `end` (exclusive) with the batches since its own end. */
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
}

/** Writes `<offset>.snapshot` in place, as Kafka does; a torn one is found by its CRC and an older one is taken. */
export function writeProducerSnapshot(fileSystem: FileSystem, directory: string, state: ProducerState): void {
  const file = fileSystem.open(`${directory}/${snapshotFileName(state.endOffset)}`, 'create')
  try {
    const bytes = encodeProducerSnapshot(state.toSnapshot())
    file.truncate(0)
    file.write(bytes, 0)
  } finally {
    file.close()
  }
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
    for (;;) {
      const walked = walker.next()
      if (walked.kind !== 'batch' || walked.batch.baseOffset >= end) return
      if (walked.isCrcValid && walked.batch.baseOffset >= state.endOffset) state.replay(walked.batch)
    }
  } finally {
    segment.close()
  }
}
