import { NO_LEADER_EPOCH, type LeaderEpoch, type Offset } from '../../base/brands.ts'
import type { FileSystem, OpenFile } from '../../disk/file-system.ts'
import { emptyBatch } from '../../record/empty-batch.ts'
import { batchFieldAt } from '../../record/record-batch.ts'
import { quarantineFileName, segmentFileName } from '../file-names.ts'
import type { LeaderEpochEntry } from '../leader-epoch-history.ts'
import { quarantine } from '../quarantine.ts'
import type { StrayEpoch } from '../verify/partition-report.ts'
import type { BadStretch } from '../verify/bad-stretches.ts'
import type { SegmentReport } from '../verify/segment-check.ts'
import { type LogPiece, rewriteLog } from '../log-rewrite.ts'
import type { RepairAction } from './repair-action.ts'
import { restoredHead } from './restored-head.ts'

/** Bytes of a log that are written over in place: heads of batches, which no checksum covers. */
interface HeadPatch {
  readonly position: number
  readonly bytes: Uint8Array
}

/** What is to be done to the log of one segment. */
export interface SegmentMend {
  readonly baseOffset: Offset
  readonly patches: readonly HeadPatch[]
  /** What leaves the log, or is missing in it, front to back: an empty batch takes the place of each. */
  readonly gaps: readonly BadStretch[]
  /** A torn tail that is to be cut. */
  readonly tail: BadStretch | undefined
}

/** Decides what of a segment can be restored, and what must leave the log. Reads the damaged bytes; changes nothing. */
export function planMend(
  fileSystem: FileSystem,
  directory: string,
  { baseOffset, stretches }: SegmentReport,
  strays: readonly StrayEpoch[],
): SegmentMend {
  const patches = strays.filter((one) => one.baseOffset === baseOffset).map(epochPatch)
  const gaps: BadStretch[] = []
  let tail: BadStretch | undefined
  const log = fileSystem.open(`${directory}/${segmentFileName(baseOffset, 'log')}`, 'read')
  try {
    for (const stretch of stretches) {
      const head = restoredHead(log, stretch)
      if (head !== undefined) patches.push({ position: stretch.position, bytes: head })
      else if (stretch.kind === 'tail') tail = stretch
      else gaps.push(stretch)
    }
  } finally {
    log.close()
  }
  return { baseOffset, patches, gaps, tail }
}

/** The same in words. */
export function describeMend(directory: string, { baseOffset, patches, gaps, tail }: SegmentMend): RepairAction[] {
  const path = `${directory}/${segmentFileName(baseOffset, 'log')}`
  const actions: RepairAction[] = patches.map(({ position, bytes }) => ({
    kind: 'restore',
    path,
    position,
    end: position + bytes.length,
    what: 'restore the head of the batch: all else proves what it was',
  }))
  for (const { kind, position, end, firstOffset, nextOffset } of gaps) {
    const file = quarantineFileName(baseOffset, position)
    const what =
      kind === 'hole'
        ? 'put an empty batch where these offsets are missing'
        : `move the damaged bytes to ${file}${nextOffset > firstOffset ? ', and put an empty batch in their place' : ''}`
    actions.push({ kind: kind === 'hole' ? 'fill' : 'quarantine', path, position, end, firstOffset, nextOffset, what })
  }
  if (tail !== undefined) {
    const { position, end } = tail
    actions.push({ kind: 'cut', path, position, end, what: 'cut the torn bytes off the end' })
  }
  return actions.toSorted((one, other) => one.position - other.position)
}

/** Whether the log gets other bytes than patched heads. */
export function isRewrite({ gaps }: SegmentMend): boolean {
  return gaps.length > 0
}

/**
 * Mends the log of a segment, durably, but for its tail, which is recovery's to cut. What leaves the log is copied beside it first. The
 * partition's lock is held. Whatever stops it half-way, the next repair finds the log as it was, or mended.
 */
export function mendLog(
  fileSystem: FileSystem,
  directory: string,
  mend: SegmentMend,
  history: readonly LeaderEpochEntry[],
): void {
  const path = `${directory}/${segmentFileName(mend.baseOffset, 'log')}`
  const log = fileSystem.open(path, 'write')
  try {
    for (const { position, bytes } of mend.patches) log.write(bytes, position)
    if (mend.patches.length > 0) log.sync()
    if (!isRewrite(mend)) return
    for (const gap of mend.gaps) if (gap.kind !== 'hole') setAside(fileSystem, directory, { log, gap, ...mend })
    fileSystem.syncDirectory(directory)
  } finally {
    log.close()
  }
  rewriteLog(fileSystem, directory, mend.baseOffset, piecesOf(mend, history))
}

function setAside(
  fileSystem: FileSystem,
  directory: string,
  { log, gap, baseOffset }: { readonly log: OpenFile; readonly gap: BadStretch; readonly baseOffset: Offset },
): void {
  const end = Math.min(gap.end, log.size())
  if (end <= gap.position) return
  const path = `${directory}/${quarantineFileName(baseOffset, gap.position)}`
  quarantine(fileSystem, path, { log, position: gap.position, end })
}

function piecesOf({ gaps }: SegmentMend, history: readonly LeaderEpochEntry[]): LogPiece[] {
  const pieces: LogPiece[] = []
  let position = 0
  for (const gap of gaps) {
    if (gap.position > position) pieces.push({ kind: 'kept', position, end: gap.position })
    if (gap.nextOffset > gap.firstOffset) pieces.push({ kind: 'new', bytes: placeholder(gap, history) })
    position = gap.end
  }
  // To the end of the file, wherever that is.
  pieces.push({ kind: 'kept', position, end: Number.MAX_SAFE_INTEGER })
  return pieces
}

function placeholder({ firstOffset, nextOffset }: BadStretch, history: readonly LeaderEpochEntry[]): Uint8Array {
  const leaderEpoch = history.findLast(({ startOffset }) => startOffset <= firstOffset)?.epoch ?? NO_LEADER_EPOCH
  return emptyBatch({ firstOffset, nextOffset, leaderEpoch })
}

function epochPatch({ position, expected }: StrayEpoch): HeadPatch {
  return { position: position + batchFieldAt.partitionLeaderEpoch, bytes: int32(expected) }
}

function int32(value: LeaderEpoch): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value)
  return bytes
}
