import { assert } from '../base/assert.ts'
import { filePosition, type Offset, offset } from '../base/brands.ts'
import { ActiveSegment, type ActiveSegmentOptions, emptyProgress } from './active-segment.ts'
import { checkWindows } from './check-windows.ts'
import { removeLeftovers } from './crash-leftovers.ts'
import { partitionDirectoryName, type SegmentPart, segmentFileName } from './file-names.ts'
import { type LogCut, recoverSegment, type SegmentRecovery, type SegmentRecoveryOptions } from './log-recovery.ts'
import { readOffsetCheckpoint } from './offset-checkpoints.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { loadProducerState } from './producer-loading.ts'
import { ProducerState } from './producer-state.ts'
import { closeRecovery, freshState, isOfThisBoot, raiseEpoch, readHistory } from './recovered-state.ts'
import { removeDeleted } from './segment-deletion.ts'
import { floorSegment, listSegments } from './segment-list.ts'
import { Segment } from './segment.ts'
import { mendSnapshot } from './snapshot-files.ts'
import { rewriteUnsynced } from './failed-sync.ts'
import { type SettledSegments, settleSwap } from './swap-settlement.ts'
import type { EnduringState, WriteState } from './write-state.ts'

export interface OpeningOptions extends PartitionLogOptions {
  /** The partition's own directory. */
  readonly directory: string
  /** What the last writer left, if it can be read. */
  readonly state: WriteState | undefined
  /** What it tells where it is torn. */
  readonly torn?: EnduringState | undefined
  /** A sync of the log has failed: the state tells nothing of what is on the disk. */
  readonly hasFailedSync?: boolean
  /** The active segment that this process has open, if any. */
  readonly known: ActiveSegment | undefined
}

/** A partition whose files and write state agree. */
export interface OpenedPartition {
  readonly active: ActiveSegment
  readonly state: WriteState
  /** The state differs from what is in the file. */
  readonly isChanged: boolean
}

/**
 * Finds the active segment and its end, with the partition's lock held: settles a swap that was cut short, believes the write state of this boot
 * or an orderly close, adds what a killed writer left behind it, and recovers everything above the recovery point in all other cases.
 */
export function openActive(options: OpeningOptions): OpenedPartition {
  const { state } = options
  const { bases, isChanged } = settled(options)
  if (options.hasFailedSync === true) return openAfterFailedSync(options)
  if (state === undefined) return openClosed(options) ?? recoverAll(options)
  if (!isOfThisBoot(options)) return recoverAll(options)
  if (bases.at(-1) !== state.activeBaseOffset) return recoverAll(options)
  const active = activeOf(options, state)
  if (!isAsFarAs(state, active)) {
    if (active !== options.known) active.close()
    return recoverAll(options)
  }
  active.trimIndexes()
  if (isChanged) state.generation += 1n
  return active.isAtEnd() ? { active, state, isChanged } : recoverTail(options, active, state)
}

function isAsFarAs({ endPosition }: WriteState, active: ActiveSegment): boolean {
  return active.log.size() >= endPosition && active.areIndexesSound()
}

/** What the page cache has is given to the disk once more, and judged as after a power cut. */
function openAfterFailedSync(options: OpeningOptions): OpenedPartition {
  const { state } = options
  rewriteUnsynced(options, recoveryPointOf(options))
  return recoverAll(state === undefined ? options : { ...options, state: { ...state, bootId: '' } })
}

/** What was dropped from the log goes when its time has come, whoever dropped it. */
function settled({ fileSystem, directory, clock, config }: OpeningOptions): SettledSegments {
  const found = settleSwap(fileSystem, directory)
  const due = { now: clock.now(), delayMs: config.fileDeleteDelayMs }
  if (found.hasDeleted) removeDeleted(fileSystem, directory, due)
  return found
}

function activeOf(options: OpeningOptions, state: WriteState): ActiveSegment {
  const { known } = options
  if (known === undefined || known.baseOffset !== state.activeBaseOffset || !isInPlace(options, known)) {
    return ActiveSegment.open(segmentOptions(options, state.activeBaseOffset), state)
  }
  known.adopt(state)
  return known
}

/** Whether the file that is open still has its name: a repair, or a follower that begins anew, puts another one in its place. */
function isInPlace({ fileSystem }: OpeningOptions, { log }: ActiveSegment): boolean {
  return fileSystem.stat(log.path)?.identity === log.identity
}

/** A writer was killed between its write and its word of it: its whole batches are in the log, the rest is cut. */
function recoverTail(options: OpeningOptions, active: ActiveSegment, state: WriteState): OpenedPartition {
  const producers = producersBefore(options, state.logEndOffset, state.hasProducers)
  // It may have come to the index: the marker is met again.
  active.transactions().truncateTo(state.logEndOffset)
  const history = readHistory(options)
  const beforeCut = (cut: LogCut): void => raiseEpoch(history, [], cut)
  const shared = recoveryOptions(options, {
    recoveryPoint: state.syncedEndOffset,
    isSameBoot: true,
    producers,
    beforeCut,
  })
  const recovery = recoverSegment(active, state.logEndOffset, { ...shared, isLast: true })
  report(options, [recovery])
  const next: WriteState = { ...state, ...active.progress, hasProducers: producers.producerCount > 0 }
  next.logEndOffset = recovery.nextOffset
  // What a server has in the log and not on the disk yet it shows itself.
  if (!state.isServed) next.visibleEndOffset = recovery.nextOffset
  return { active, state: closeRecovery(history, next, [recovery]), isChanged: true }
}

/**
 * A log that was closed in order is what the ends of its files say, whoever closed it, and nothing else is read. `undefined` when something does not
 * fit: then it is recovered.
 */
function openClosed(options: OpeningOptions): OpenedPartition | undefined {
  const { fileSystem, directory, wasClosedCleanly } = options
  const bases = listSegments(fileSystem, directory)
  const base = bases.at(-1)
  if (wasClosedCleanly !== true || base === undefined) return undefined
  const active = closedActive(options, base)
  const recoveryPoint = recoveryPointOf(options)
  const nextOffset = active && endOf(options, base)
  if (active === undefined || nextOffset === undefined || nextOffset !== recoveryPoint) {
    active?.close()
    return undefined
  }
  const producers = loadProducerState(fileSystem, directory, nextOffset)
  const asClosed = { nextOffset, epochs: [], cutBytes: 0, quarantinePath: undefined, damages: [] }
  const recovered = {
    active,
    history: readHistory(options),
    recoveries: [asClosed],
    logStart: logStartOffset(options, bases),
    recoveryPoint,
    hasProducers: producers.producerCount > 0,
  }
  return { active, state: freshState(options, recovered), isChanged: true }
}

/** The last segment with the progress that its files show; `undefined` when they do not end as a closed segment's do. */
function closedActive(options: OpeningOptions, base: Offset): ActiveSegment | undefined {
  const { fileSystem, directory } = options
  const sizeOf = (part: SegmentPart): number =>
    fileSystem.stat(`${directory}/${segmentFileName(base, part)}`)?.size ?? -1
  const [endPosition, indexBytes, timeIndexBytes] = [sizeOf('log'), sizeOf('index'), sizeOf('timeindex')]
  if (indexBytes < 0 || timeIndexBytes < 0) return undefined
  const sizes = { endPosition: filePosition(endPosition), indexBytes, timeIndexBytes }
  const active = ActiveSegment.open(segmentOptions(options, base), { ...emptyProgress(base), ...sizes })
  const { progress, offsetIndex, timeIndex } = active
  progress.bytesSinceLastIndexEntry = endPosition - (offsetIndex.last?.position ?? 0)
  progress.maxTimestamp = timeIndex.last.timestamp
  progress.offsetOfMaxTimestamp = timeIndex.last.offset
  const isWhole = offsetIndex.sizeInBytes === indexBytes && timeIndex.sizeInBytes === timeIndexBytes
  if (isWhole && active.areIndexesSound() && active.isAtEnd()) return active
  active.close()
  return undefined
}

/** The offset after the last batch, by hopping from the last index entry; `undefined` when the file does not end there. */
function endOf({ fileSystem, directory }: OpeningOptions, base: Offset): Offset | undefined {
  const segment = Segment.open(fileSystem, directory, base)
  try {
    const end = segment.endOffset()
    return segment.positionOf(end) === segment.log.size() ? end : undefined
  } finally {
    segment.close()
  }
}

/** Checks the segments above the recovery point, whoever wrote them, and makes their indexes anew. */
function recoverAll(options: OpeningOptions): OpenedPartition {
  const { fileSystem, directory } = options
  // As Kafka does when it loads a log: whoever was to remove them may be gone.
  removeDeleted(fileSystem, directory, { now: 0, delayMs: 0 })
  const bases = listSegments(fileSystem, directory)
  const logStart = logStartOffset(options, bases)
  if (bases.length === 0) bases.push(logStart)
  const recoveryPoint = recoveryPointOf(options)
  const isSameBoot = isOfThisBoot(options)
  const recoveries: SegmentRecovery[] = []
  const first = firstToCheck(options, bases, logStart)
  const producers = producersBefore(options, bases[first] ?? logStart, true)
  const history = readHistory(options)
  const beforeCut = (cut: LogCut): void => raiseEpoch(history, recoveries, cut)
  const shared = recoveryOptions(options, { recoveryPoint, isSameBoot, producers, beforeCut })
  let active: ActiveSegment | undefined
  for (let i = first; i < bases.length; i++) {
    const base = bases[i] ?? logStart
    active?.sealIndexes()
    active?.close()
    if (i > first) mendSnapshotAt(options, { producers, recoveryPoint, base })
    active = ActiveSegment.open(segmentOptions(options, base), emptyProgress(base))
    active.remakeIndexes()
    const end = bases[i + 1]
    const borders = end === undefined ? { isLast: true } : { isLast: false, endOffset: end }
    recoveries.push(recoverSegment(active, base, { ...shared, ...borders }))
  }
  assert(active !== undefined, 'a partition has at least one segment')
  active.trimIndexes()
  report(options, recoveries)
  const hasProducers = producers.producerCount > 0
  const state = freshState(options, { active, history, recoveries, logStart, recoveryPoint, hasProducers })
  removeLeftovers(fileSystem, directory, { recoveryPoint, end: state.logEndOffset })
  return { active, state, isChanged: true }
}

/** Between two segments there may be offsets that no batch has. */
function mendSnapshotAt(
  { fileSystem, directory }: OpeningOptions,
  { producers, recoveryPoint, base }: { producers: ProducerState; recoveryPoint: Offset; base: Offset },
): void {
  producers.skipTo(base)
  if (producers.endOffset === base) mendSnapshot(fileSystem, directory, producers, base <= recoveryPoint)
}

/** Not one below the log start: of those a deletion that was cut short may have left any, and what the last of them say of producers is in a snapshot alone. */
function firstToCheck(options: OpeningOptions, bases: readonly Offset[], logStart: Offset): number {
  const { marked, synced } = recoveryPoints(options)
  // Our own note speaks of batches: of the segment that ends with them the indexes may not be on the disk.
  const unchecked = marked >= synced ? marked : offset(synced - 1n)
  const from = unchecked > logStart ? unchecked : logStart
  return Math.min(Math.max(0, floorSegment(bases, from)), bases.length - 1)
}

/** The later of Kafka's checkpoint and our own note, each written only after the sync it speaks of. */
function recoveryPointOf(options: OpeningOptions): Offset {
  const { marked, synced } = recoveryPoints(options)
  return marked > synced ? marked : synced
}
function recoveryPoints(options: OpeningOptions): { readonly marked: Offset; readonly synced: Offset } {
  const { fileSystem, logDirectory, state } = options
  const checkpoint = readOffsetCheckpoint(fileSystem, logDirectory, 'recovery-point-offset-checkpoint')
  const marked = checkpoint.offsets.get(partitionDirectoryName(options)) ?? offset(0n)
  return { marked, synced: state?.syncedEndOffset ?? offset(0n) }
}

function logStartOffset(options: OpeningOptions, bases: readonly Offset[]): Offset {
  const { fileSystem, logDirectory, state } = options
  const checkpoint = readOffsetCheckpoint(fileSystem, logDirectory, 'log-start-offset-checkpoint')
  const candidates = [bases[0], checkpoint.offsets.get(partitionDirectoryName(options)), state?.logStartOffset]
  return candidates.reduce<Offset>((max, one) => (one !== undefined && one > max ? one : max), offset(0n))
}

function producersBefore(options: OpeningOptions, end: Offset, mayHaveSome: boolean): ProducerState {
  return mayHaveSome ? loadProducerState(options.fileSystem, options.directory, end) : new ProducerState(end)
}

type SharedRecovery = Pick<SegmentRecoveryOptions, 'recoveryPoint' | 'isSameBoot' | 'producers' | 'beforeCut'>

function recoveryOptions(options: OpeningOptions, shared: SharedRecovery): Omit<SegmentRecoveryOptions, 'isLast'> {
  const { fileSystem, directory, makeWindow } = options
  return { fileSystem, directory, ...shared, windows: checkWindows(makeWindow) }
}

function report(options: OpeningOptions, recoveries: readonly SegmentRecovery[]): void {
  for (const { cutBytes, quarantinePath, damages, nextOffset } of recoveries) {
    const kept = quarantinePath === undefined ? '' : `, kept in ${quarantinePath}`
    if (cutBytes > 0) {
      options.onWarning?.(
        `${options.directory}: cut ${cutBytes} torn bytes off the end${kept}; the log ends at offset ${nextOffset}`,
      )
    }
    for (const { path, position, firstOffset, nextOffset: next, reason } of damages) {
      options.onWarning?.(`${path}: damaged at byte ${position}, offsets ${firstOffset} to ${next - 1n}: ${reason}`)
    }
  }
}

function segmentOptions(options: OpeningOptions, baseOffset: Offset): ActiveSegmentOptions {
  const { fileSystem, directory, config } = options
  return { fileSystem, directory, baseOffset, indexIntervalBytes: config.indexIntervalBytes }
}
