import { leaderEpoch, type Offset, offset } from '../base/brands.ts'
import type { ActiveSegment } from './active-segment.ts'
import { LeaderEpochHistory } from './leader-epoch-history.ts'
import type { LogCut, SegmentRecovery } from './log-recovery.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { countCut, type EnduringState, type WriteState } from './write-state.ts'
import { WriteStateFile } from './write-state-file.ts'

/** Where a log was recovered, and what its last writer left, if that can be read. */
export interface RecoveredPlace extends Pick<PartitionLogOptions, 'fileSystem' | 'isServer'> {
  /** The partition's own directory. */
  readonly directory: string
  readonly state: WriteState | undefined
  /** What is known of it when it is torn. */
  readonly torn?: EnduringState | undefined
}

/** A log whose files were looked at. */
export interface Recovered {
  readonly active: ActiveSegment
  readonly history: LeaderEpochHistory
  readonly recoveries: readonly SegmentRecovery[]
  readonly logStart: Offset
  readonly recoveryPoint: Offset
  readonly hasProducers: boolean
}

/** The write state of a log that was recovered, or was found as an orderly close leaves it. */
export function freshState(options: RecoveredPlace, recovered: Recovered): WriteState {
  const { active, history, recoveries, logStart, recoveryPoint, hasProducers } = recovered
  const { fileSystem, state } = options
  const readable = recoveries.at(-1)?.nextOffset ?? logStart
  // Offsets below the log start were given once, even if a power cut took their records.
  const logEndOffset = readable > logStart ? readable : logStart
  const next: WriteState = {
    ...whatEndures(options, logEndOffset),
    bootId: fileSystem.bootId,
    // Who works beside a server must not take its mark away.
    isServed: options.isServer === true && state?.isServed === true,
    isDeleted: false,
    hasProducers,
    activeBaseOffset: active.baseOffset,
    logEndOffset,
    visibleEndOffset: logEndOffset,
    syncedEndOffset: recoveryPoint < logEndOffset ? recoveryPoint : logEndOffset,
    leaderEpoch: leaderEpoch(0),
    logStartOffset: logStart,
    ...active.progress,
  }
  closeRecovery(history, next, recoveries)
  if (mustRaise(options, recovered, next)) raiseAtEnd(history, next, state?.leaderEpoch)
  return next
}

/** What a state tells after recovery too. */
function whatEndures({ state, torn }: RecoveredPlace, logEndOffset: Offset): EnduringState {
  const known = state ?? torn
  if (known === undefined) return { generation: 1n, cutCount: 0, isReplica: false }
  const { generation, cutCount, isReplica } = known
  const enduring = { generation: generation + 1n, cutCount, isReplica }
  // Where the log ended by the word of a state that is torn nobody knows.
  if (state === undefined || logEndOffset < state.logEndOffset) countCut(enduring)
  return enduring
}

/** A cut has raised the epoch already. */
function mustRaise(
  options: RecoveredPlace,
  { recoveries, recoveryPoint, history }: Recovered,
  next: WriteState,
): boolean {
  if (recoveries.some(({ cutBytes }) => cutBytes > 0)) return false
  return mayHaveLost(options, next, recoveryPoint) || isTakenOver(options, next, history)
}

function raiseAtEnd(history: LeaderEpochHistory, state: WriteState, before = leaderEpoch(0)): void {
  state.leaderEpoch = leaderEpoch(Math.max(state.leaderEpoch, before) + 1)
  history.assign(state.leaderEpoch, state.logEndOffset)
  state.generation += 1n
}

/** Whether records may have stood behind the end of the log that are gone without a trace: a power cut can end it exactly behind a batch. */
function mayHaveLost(options: RecoveredPlace, recovered: WriteState, recoveryPoint: Offset): boolean {
  const { state, fileSystem } = options
  const { logEndOffset, logStartOffset: first } = recovered
  if (state !== undefined && logEndOffset < state.logEndOffset) return true
  const isPageCacheGone = state === undefined ? !isOfThisBoot(options) : state.bootId !== fileSystem.bootId
  // Whoever closed the directory in order left the recovery point at its end.
  return isPageCacheGone && logEndOffset > first && recoveryPoint < logEndOffset
}

/**
 * Whether what is there is of others, a Kafka broker or the leader of what was a replica here, under the epoch that is the latest: no writer of
 * ours has ever left word of itself in `tslog.lock`, which keeps its size for good.
 */
function isTakenOver(options: RecoveredPlace, { logEndOffset }: WriteState, history: LeaderEpochHistory): boolean {
  if (history.entries.at(-1)?.startOffset === logEndOffset) return false
  const file = WriteStateFile.find(options.fileSystem, options.directory)
  try {
    return file === undefined || file.isBlank
  } finally {
    file?.close()
  }
}

/** Whether the last writer was one of this boot: the page cache has all that it wrote. */
export function isOfThisBoot({ fileSystem, directory, state }: RecoveredPlace): boolean {
  if (state !== undefined) return state.bootId !== '' && state.bootId === fileSystem.bootId
  const file = WriteStateFile.find(fileSystem, directory)
  try {
    return file?.isOfBoot(fileSystem.bootId) === true
  } finally {
    file?.close()
  }
}

/** Brings the leader epochs that recovery met into the history and the state. */
export function closeRecovery(
  epochs: LeaderEpochHistory,
  state: WriteState,
  recoveries: readonly SegmentRecovery[],
): WriteState {
  // An epoch that begins at the very end stays: it was given, if only to say that the log was cut.
  epochs.truncateFromEnd(offset(state.logEndOffset + 1n))
  noteEpochs(epochs, recoveries)
  if (epochs.latestEpoch === undefined) beginEpochs(epochs, state)
  state.leaderEpoch = epochs.latestEpoch ?? leaderEpoch(0)
  if (recoveries.some((one) => one.cutBytes > 0)) state.generation += 1n
  return state
}

/** Where no batch is yet the first one waits for the names in the directory, and this is one of them. */
function beginEpochs(epochs: LeaderEpochHistory, state: WriteState): void {
  const { endPosition, syncedEndOffset, activeBaseOffset, logEndOffset } = state
  if (endPosition === 0 && syncedEndOffset <= activeBaseOffset) epochs.begin(leaderEpoch(0), logEndOffset)
  else epochs.assign(leaderEpoch(0), logEndOffset)
}

/** As it is now: others may have raised the epoch. A damaged history is made again from the batches. */
export function readHistory({ fileSystem, directory }: RecoveredPlace): LeaderEpochHistory {
  const read = LeaderEpochHistory.read(fileSystem, directory)
  return read.kind === 'history' ? read.history : new LeaderEpochHistory(fileSystem, directory)
}

/** The epochs that recovery met and the history lacks: those above its latest, as Kafka does. */
function noteEpochs(history: LeaderEpochHistory, found: readonly Pick<SegmentRecovery, 'epochs'>[]): void {
  const latest = history.latestEpoch ?? -1
  history.assignAll(found.flatMap(({ epochs }) => epochs).filter(({ epoch }) => epoch > latest))
}

/** A new leader epoch from where the log is cut, so that no two histories share (epoch, offset). */
export function raiseEpoch(history: LeaderEpochHistory, found: readonly SegmentRecovery[], cut: LogCut): void {
  history.truncateFromEnd(offset(cut.nextOffset + 1n))
  noteEpochs(history, [...found, cut])
  history.assign(leaderEpoch((history.latestEpoch ?? -1) + 1), cut.nextOffset)
}
