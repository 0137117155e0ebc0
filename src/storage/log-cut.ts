import { type Offset, offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { partitionDirectoryName, segmentFileName, type SegmentPart, type TopicPartition } from './file-names.ts'
import { LeaderEpochHistory } from './leader-epoch-history.ts'
import {
  mergeOffsetCheckpoint,
  OFFSET_CHECKPOINTS,
  type OffsetCheckpointName,
  readOffsetCheckpoint,
} from './offset-checkpoints.ts'
import type { PartitionLog } from './partition-log.ts'
import { listSegments } from './segment-list.ts'
import { Segment } from './segment.ts'
import { removeSnapshotsAbove } from './snapshot-files.ts'
import { countCut, type WriteState } from './write-state.ts'

/** Where the log lies whose end is cut. */
export interface CutOptions extends TopicPartition {
  readonly fileSystem: FileSystem
  readonly logDirectory: string
  /** How long to wait for other writers, in ms. */
  readonly lockWaitMs: number
}

const parts: readonly SegmentPart[] = ['txnindex', 'timeindex', 'index', 'log']

/**
 * Cuts the log back to `target`, or to the start of the batch that holds it, durably: what a follower does where its log has left its leader's.
 * Goes from the end on, so that a crash in between leaves a shorter log, and never one with a hole. Kafka: UnifiedLog.truncateTo.
 * What `log` knew of it is old then: it is to be closed.
 */
export function truncateLog(log: PartitionLog, options: CutOptions, target: Offset): void {
  log.rearrange((state) => {
    if (target >= state.logEndOffset) return
    const { fileSystem } = options
    const { directory } = log
    const bases = listSegments(fileSystem, directory)
    const kept = bases.filter((base, at) => base < target || at === 0)
    lowerCheckpoints(options, target)
    removeSegments(fileSystem, directory, bases.slice(kept.length))
    const end = cutSegment(fileSystem, directory, kept.at(-1) ?? target, target)
    removeSnapshotsAbove(fileSystem, directory, end)
    forgetEpochs(fileSystem, directory, end)
    fileSystem.syncDirectory(directory)
    lowerCheckpoints(options, end)
    endAt(state, end)
  })
}

/**
 * Throws the whole log away and begins an empty one at `start`, durably: the leader has nothing of what is here any more. Kafka:
 * UnifiedLog.truncateFullyAndStartAt. What `log` knew of it is old then: it is to be closed.
 */
export function restartLog(log: PartitionLog, options: CutOptions, start: Offset): void {
  log.rearrange((state) => {
    const { fileSystem } = options
    const { directory } = log
    forgetCheckpoints(options)
    removeSegments(fileSystem, directory, listSegments(fileSystem, directory))
    removeSnapshotsAbove(fileSystem, directory, offset(-1))
    new LeaderEpochHistory(fileSystem, directory).save()
    fileSystem.open(`${directory}/${segmentFileName(start, 'log')}`, 'create').close()
    fileSystem.syncDirectory(directory)
    endAt(state, start)
    state.logStartOffset = start
  })
}

function removeSegments(fileSystem: FileSystem, directory: string, bases: readonly Offset[]): void {
  for (const base of bases.toReversed()) {
    for (const part of parts) fileSystem.remove(`${directory}/${segmentFileName(base, part)}`)
    fileSystem.syncDirectory(directory)
  }
}

/** Returns where the log ends now. */
function cutSegment(fileSystem: FileSystem, directory: string, base: Offset, target: Offset): Offset {
  const segment = Segment.open(fileSystem, directory, base)
  const position = segment.positionOf(target)
  segment.close()
  const file = fileSystem.open(`${directory}/${segmentFileName(base, 'log')}`, 'write')
  try {
    file.truncate(position)
    file.sync()
  } finally {
    file.close()
  }
  const cut = Segment.open(fileSystem, directory, base)
  try {
    const end = cut.endOffset()
    return end > base ? end : base
  } finally {
    cut.close()
  }
}

function forgetEpochs(fileSystem: FileSystem, directory: string, end: Offset): void {
  const read = LeaderEpochHistory.read(fileSystem, directory)
  if (read.kind === 'history') read.history.truncateFromEnd(end)
}

/** The opener that comes next finds no active segment that fits, and looks at the files. */
function endAt(state: WriteState, end: Offset): void {
  countCut(state)
  state.activeBaseOffset = offset(-1)
  state.logEndOffset = end
  state.visibleEndOffset = end
  if (state.syncedEndOffset > end) state.syncedEndOffset = end
  if (state.logStartOffset > end) state.logStartOffset = end
}

/** What was said of records that are gone must not be believed of others that come in their place. */
function lowerCheckpoints(options: CutOptions, end: Offset): void {
  for (const name of aboveEnd) mergeCheckpoint(options, name, end)
}

const aboveEnd = [
  'recovery-point-offset-checkpoint',
  'cleaner-offset-checkpoint',
  'replication-offset-checkpoint',
] as const

function mergeCheckpoint(options: CutOptions, name: OffsetCheckpointName, limit: Offset | undefined): void {
  const { fileSystem, logDirectory, lockWaitMs: waitMs } = options
  const key = partitionDirectoryName(options)
  const known = readOffsetCheckpoint(fileSystem, logDirectory, name).offsets.get(key)
  if (known === undefined || (limit !== undefined && known <= limit)) return
  mergeOffsetCheckpoint(fileSystem, logDirectory, name, { changes: new Map([[key, limit]]), waitMs })
}

function forgetCheckpoints(options: CutOptions): void {
  for (const name of OFFSET_CHECKPOINTS) mergeCheckpoint(options, name, undefined)
}
