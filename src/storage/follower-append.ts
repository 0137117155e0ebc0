import type { LeaderEpoch, Offset } from '../base/brands.ts'
import { MalformedMessageError, TemporaryError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { type LeaderEpochEntry, LeaderEpochHistory } from './leader-epoch-history.ts'
import { offsetEnd, type PlacedBatch, type PlacedBatches } from './placed-batches.ts'
import type { PartitionLog } from './partition-log.ts'
import type { WriteState } from './write-state.ts'

/** What a follower knows of batches that its leader gave. */
export interface FollowerAppend {
  /** Where the follower takes its log to end. */
  readonly logEndOffset: Offset
  /** The segment that the batches begin at the leader, when they begin one; this log then rolls there too. */
  readonly segmentBaseOffset?: Offset | undefined
  /** Whether this log decides itself when it is time for another segment: the leader's segments are not known. */
  readonly rollsByItself: boolean
  /** The epochs of the leader's log, which may begin where no batch does. */
  readonly leaderEpochs: readonly LeaderEpochEntry[]
}

/** Batches of a leader, and the epochs that begin among them. */
interface FollowerBatches extends PlacedBatches {
  readonly epochs: readonly LeaderEpochEntry[]
}

/** The log that a follower appends to. */
export interface FollowerLogState {
  readonly fileSystem: FileSystem
  /** Of the partition. */
  readonly directory: string
  readonly state: WriteState
}

/**
 * Prepares the append of a leader's batches: finds where they belong, brings the epochs that begin among them into the history, durably and before
 * the batches themselves, and marks the log as a replica. Nothing in the batches is changed. Gaps are fair. Throws `MalformedMessageError` when
 * they are not whole batches or their offsets go back, `TemporaryError` when somebody else has written to the log. CRCs are the caller's to check.
 */
export function takeAsFollower(bytes: Uint8Array, append: FollowerAppend, log: FollowerLogState): PlacedBatches {
  const placed = placeAsFollower(bytes, append, log.state)
  noteLeaderEpochs(log, placed, append)
  log.state.leaderEpoch = placed.epochs.at(-1)?.epoch ?? log.state.leaderEpoch
  log.state.isReplica = true
  return placed
}

function placeAsFollower(bytes: Uint8Array, append: FollowerAppend, state: WriteState): FollowerBatches {
  if (append.logEndOffset !== state.logEndOffset) {
    throw new TemporaryError(
      `the log ends at offset ${state.logEndOffset}, not at ${append.logEndOffset}: another process has changed it meanwhile`,
      { hint: 'nothing else may write to a copy; run the command again' },
    )
  }
  const batches: PlacedBatch[] = []
  const epochs: LeaderEpochEntry[] = []
  let nextOffset = append.segmentBaseOffset ?? append.logEndOffset
  if (nextOffset >= offsetEnd) throw new MalformedMessageError(`a segment that begins at offset ${nextOffset}`, 0)
  let maxTimestamp = -1
  let hasProducers = false
  let epoch = state.leaderEpoch
  for (let position = 0; position < bytes.length;) {
    const batch = leaderBatch(bytes, position, nextOffset)
    epoch = noteEpoch(epochs, batch, epoch)
    nextOffset = batch.nextOffset
    const { sizeInBytes } = batch
    batches.push({ position, sizeInBytes, lastOffset: batch.lastOffset, maxTimestamp: batch.maxTimestamp })
    if (batch.maxTimestamp > maxTimestamp) maxTimestamp = batch.maxTimestamp
    if (batch.producerId >= 0n) hasProducers = true
    position += sizeInBytes
  }
  return { batches, nextOffset, maxTimestamp, hasProducers, epochs }
}

const leaderEpochEnd = 2 ** 31 - 1

function leaderBatch(bytes: Uint8Array, position: number, offsetMin: Offset): RecordBatch {
  const scanned = scanBatch(bytes, position, bytes.length)
  if (scanned.kind !== 'batch') {
    throw new MalformedMessageError(scanned.kind === 'malformed' ? scanned.reason : 'a batch is cut off', position)
  }
  const { batch } = scanned
  if (!(batch instanceof RecordBatch)) throw new MalformedMessageError('a batch of magic 0 or 1, 2 is needed', position)
  if (batch.partitionLeaderEpoch >= leaderEpochEnd) {
    throw new MalformedMessageError(`a batch of leader epoch ${batch.partitionLeaderEpoch}`, position)
  }
  if (batch.baseOffset < offsetMin || batch.lastOffsetDelta < 0 || batch.nextOffset >= offsetEnd) {
    throw new MalformedMessageError(
      `a batch of offsets ${batch.baseOffset} to ${batch.lastOffset} in a log that ends at ${offsetMin}`,
      position,
    )
  }
  return batch
}

function noteEpoch(epochs: LeaderEpochEntry[], batch: RecordBatch, before: LeaderEpoch): LeaderEpoch {
  const epoch = batch.partitionLeaderEpoch
  // Batches of before there were epochs say none.
  if (epoch < 0 || epoch === before) return before
  epochs.push({ epoch, startOffset: batch.baseOffset })
  return epoch
}

/** Those of the leader's history, where it has some, and else those that the batches say. */
function noteLeaderEpochs(log: FollowerLogState, placed: FollowerBatches, append: FollowerAppend): void {
  const last = placed.epochs.at(-1)
  if (last === undefined) return
  const known = append.leaderEpochs.filter(
    ({ epoch, startOffset }) => epoch <= last.epoch && startOffset <= last.startOffset,
  )
  const said = placed.epochs.filter(({ epoch }) => !known.some((one) => one.epoch === epoch))
  const entries = [...known, ...said].sort((one, other) => one.epoch - other.epoch)
  const history = readHistory(log.fileSystem, log.directory)
  const before = history.entries.filter(({ epoch, startOffset }) => {
    const first = entries[0]
    return first === undefined || (epoch < first.epoch && startOffset < first.startOffset)
  })
  new LeaderEpochHistory(log.fileSystem, log.directory, before).assignAll(entries)
}

/** Begins another leader epoch where the log ends: what is appended from now on is not of its leader, and no two histories may share (epoch, offset). */
export function leaveLeader(
  log: { readonly fileSystem: FileSystem; readonly directory: string },
  state: WriteState,
): void {
  const history = readHistory(log.fileSystem, log.directory)
  const epoch = Math.max(state.leaderEpoch, history.latestEpoch ?? -1) + 1
  state.leaderEpoch = epoch as LeaderEpoch
  history.assign(state.leaderEpoch, state.logEndOffset)
  state.isReplica = false
}

/**
 * Takes over the history of a leader whose log was copied to its end, durably: also the epochs that begin where no batch does. What a copy keeps
 * from before the leader's first epoch stays.
 */
export function takeLeaderEpochs(log: PartitionLog, fileSystem: FileSystem, epochs: readonly LeaderEpochEntry[]): void {
  const first = epochs[0]
  if (first === undefined) return
  if (epochs.some(({ epoch }) => epoch >= leaderEpochEnd)) throw new MalformedMessageError('a leader epoch too high', 0)
  const { directory } = log
  const merged = (end: Offset): LeaderEpochEntry[] => {
    const own = readHistory(fileSystem, directory).entries
    const kept = own.filter(({ epoch, startOffset }) => epoch < first.epoch && startOffset < first.startOffset)
    return [...kept, ...epochs.filter(({ startOffset }) => startOffset <= end)]
  }
  const isKnown = isSameHistory(merged(log.offsets().logEndOffset), readHistory(fileSystem, directory).entries)
  if (isKnown) return
  log.rearrange((state) => {
    if (!state.isReplica) return
    const history = new LeaderEpochHistory(fileSystem, directory, merged(state.logEndOffset))
    history.save()
    state.leaderEpoch = history.latestEpoch ?? state.leaderEpoch
  })
}

function isSameHistory(one: readonly LeaderEpochEntry[], two: readonly LeaderEpochEntry[]): boolean {
  if (one.length !== two.length) return false
  return one.every(({ epoch, startOffset }, at) => epoch === two[at]?.epoch && startOffset === two[at].startOffset)
}

function readHistory(fileSystem: FileSystem, directory: string): LeaderEpochHistory {
  const read = LeaderEpochHistory.read(fileSystem, directory)
  return read.kind === 'history' ? read.history : new LeaderEpochHistory(fileSystem, directory)
}
