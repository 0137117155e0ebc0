import type { Offset } from '../base/brands.ts'
import { LockedError, NotFoundError, TemporaryError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import type { ActiveSegment } from './active-segment.ts'
import { BatchWalker } from './batch-walker.ts'
import { writeCleanShutdownMarker } from './clean-shutdown-marker.ts'
import { directoryOwner, refuseUnreadable } from './directory-ownership.ts'
import { parsePartitionFile, partitionDirectoryName, TEMPORARY_SUFFIX, type TopicPartition } from './file-names.ts'
import { LogDirectory, type LogDirectoryOptions } from './log-directory.ts'
import { mergeOffsetCheckpoint, type OffsetChanges, readOffsetCheckpoint } from './offset-checkpoints.ts'
import { loadProducerState } from './producer-loading.ts'
import { uselessSnapshots } from './producer-snapshot.ts'
import { floorSegment, listSegments } from './segment-list.ts'
import { removeDeleted } from './segment-deletion.ts'
import { Segment } from './segment.ts'
import { writeProducerSnapshot } from './snapshot-files.ts'
import type { WriteState } from './write-state.ts'

/** What closing found in one partition. */
export interface ClosedPartition extends TopicPartition {
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  readonly segmentCount: number
  /** Batches that cannot be read, one line each: Kafka would cut the log at the first. */
  readonly damages: readonly string[]
}

export interface CleanClose {
  readonly partitions: readonly ClosedPartition[]
  /** Whether the directory was marked clean; not when a partition is damaged. */
  readonly isClean: boolean
}

/**
 * Makes a directory what Apache Kafka's brokers leave at an orderly stop, so that one can open it without recovery: every partition recovered, its
 * indexes trimmed with the last time index entry, a producer snapshot at the log end offset, everything synced, checkpoints
 * written, and last of all `.kafka_cleanshutdown`. What our own writers left in `tslog.lock` is thrown away: Kafka may go on from here.
 *
 * With damage in a partition there is no marker and its recovery point stays: the marker vouches for every batch.
 * Throws `LockedError` while any other process has the directory open, `NotFoundError` when there is no log, `TemporaryError` when `isInTime` says no
 * before the last partition is closed, and what `LogDirectory.openToWrite` throws.
 */
export function closeCleanly(options: LogDirectoryOptions, isInTime = (): boolean => true): CleanClose {
  const { fileSystem, path } = options
  const owner = directoryOwner(fileSystem, path)
  refuseUnreadable(path, owner)
  if (owner === 'empty') throw new NotFoundError(`${path} is empty: there is nothing to close`)
  const directory = LogDirectory.openToWrite(options)
  try {
    if (!directory.lockAlone()) {
      throw new LockedError(`${path} is in use by another process`, { hint: 'wait for it to end, or stop it' })
    }
    const partitions = directory.partitions().map((partition) => {
      if (!isInTime()) throw new TemporaryError(`there is no time to close all partitions of ${path}`)
      return closePartition(directory, partition, options)
    })
    mergeCheckpoints(partitions, options)
    for (const { name, kind } of fileSystem.list(path) ?? []) {
      if (kind === 'file' && name.endsWith(TEMPORARY_SUFFIX)) fileSystem.remove(`${path}/${name}`)
    }
    fileSystem.syncDirectory(path)
    const isClean = partitions.every(({ damages }) => damages.length === 0)
    if (isClean) writeCleanShutdownMarker(fileSystem, path)
    return { partitions, isClean }
  } finally {
    directory.close()
  }
}

function closePartition(
  directory: LogDirectory,
  partition: TopicPartition,
  options: LogDirectoryOptions,
): ClosedPartition {
  const { fileSystem, path, makeWindow } = options
  const name = partitionDirectoryName(partition)
  const from = readOffsetCheckpoint(fileSystem, path, 'recovery-point-offset-checkpoint').offsets.get(name)
  const files = new PartitionFiles(fileSystem, `${path}/${name}`, from)
  const closed = directory.openLog(partition).closeForKafka((state, active, forget) => {
    active.seal()
    removeDeleted(fileSystem, `${path}/${name}`, { now: 0, delayMs: 0 })
    const damages = files.findDamage(makeWindow)
    files.snapshotProducers(state)
    files.syncAll(active)
    // Without the word of a writer of this boot, recovery would take damage for a torn tail.
    if (damages.length === 0) forget()
    return { logStartOffset: state.logStartOffset, logEndOffset: state.logEndOffset, damages }
  })
  directory.closeLog(partition)
  return { ...partition, ...closed, segmentCount: files.bases.length }
}

/** The files of a partition that is being closed. */
class PartitionFiles {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #recoveryPoint: Offset | undefined

  /** Below `recoveryPoint` all was synced before. */
  constructor(fileSystem: FileSystem, directory: string, recoveryPoint: Offset | undefined) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#recoveryPoint = recoveryPoint
  }

  get bases(): Offset[] {
    return listSegments(this.#fileSystem, this.#directory)
  }

  /** Reads every batch above the recovery point once more: recovery may have been another process's, with its warnings long gone. */
  findDamage(makeWindow: (() => BatchWindow) | undefined): string[] {
    const damages: string[] = []
    const window = makeWindow?.()
    for (const base of this.#unsyncedBases()) {
      const segment = Segment.open(this.#fileSystem, this.#directory, base)
      try {
        const damage = firstDamage(new BatchWalker(segment.log, window === undefined ? {} : { window }), base)
        if (damage !== undefined) damages.push(`${segment.log.path}: ${damage}`)
      } finally {
        segment.close()
      }
    }
    return damages
  }

  /** The state of producers at the end of the log, and no snapshot that does not help to open it. */
  snapshotProducers({ logStartOffset, logEndOffset }: WriteState): void {
    if (logEndOffset > 0n) {
      const producers = loadProducerState(this.#fileSystem, this.#directory, logEndOffset)
      writeProducerSnapshot(this.#fileSystem, this.#directory, producers)
    }
    const names = new Map<Offset, string>()
    for (const { name } of this.#fileSystem.list(this.#directory) ?? []) {
      const file = parsePartitionFile(name)
      if (file.kind === 'snapshot' && file.state === '') names.set(file.offset, name)
    }
    const log = { logStartOffset, logEndOffset, segmentBaseOffsets: this.bases }
    for (const useless of uselessSnapshots([...names.keys()], log)) this.#remove(names.get(useless))
  }

  /** Makes all that may not have been synced durable, the names of files last. */
  syncAll(active: ActiveSegment): void {
    active.syncAll()
    const first = this.#unsyncedBases()[0] ?? active.baseOffset
    for (const { name, kind } of this.#fileSystem.list(this.#directory) ?? []) {
      const file = parsePartitionFile(name)
      if (file.kind === 'temporary') this.#remove(name)
      const isNew =
        (file.kind === 'segment' && file.baseOffset >= first) || (file.kind === 'snapshot' && file.offset >= first)
      if (kind === 'file' && isNew) this.#sync(name)
    }
    this.#fileSystem.syncDirectory(this.#directory)
  }

  #unsyncedBases(): Offset[] {
    const { bases } = this
    const floor = this.#recoveryPoint === undefined ? 0 : floorSegment(bases, this.#recoveryPoint)
    return bases.slice(Math.max(0, floor))
  }

  #sync(name: string): void {
    const file = this.#fileSystem.open(`${this.#directory}/${name}`, 'read')
    try {
      file.sync()
    } finally {
      file.close()
    }
  }

  #remove(name: string | undefined): void {
    if (name !== undefined) this.#fileSystem.remove(`${this.#directory}/${name}`)
  }
}

function firstDamage(walker: BatchWalker, baseOffset: Offset): string | undefined {
  let nextOffset = baseOffset
  for (;;) {
    const walked = walker.next()
    if (walked.kind === 'end') return undefined
    if (walked.kind === 'incomplete') return `a batch is cut off at byte ${walked.position}`
    if (walked.kind === 'malformed') return `${walked.reason} at byte ${walked.position}`
    if (!walked.isCrcValid) return `the CRC of the batch at byte ${walked.position} is wrong`
    if (walked.batch.lastOffset < nextOffset) return `the offsets of the batch at byte ${walked.position} go back`
    nextOffset = walked.batch.nextOffset
  }
}

function mergeCheckpoints(partitions: readonly ClosedPartition[], options: LogDirectoryOptions): void {
  const { fileSystem, path, lockWaitMs: waitMs } = options
  const recoveryPoints = new Map<string, Offset>()
  const logStarts = new Map<string, Offset | undefined>()
  for (const partition of partitions) {
    const name = partitionDirectoryName(partition)
    if (partition.damages.length === 0) recoveryPoints.set(name, partition.logEndOffset)
    const [first] = listSegments(fileSystem, `${path}/${name}`)
    const { logStartOffset } = partition
    // As Kafka: only of logs that begin inside of a segment.
    logStarts.set(name, first !== undefined && logStartOffset > first ? logStartOffset : undefined)
  }
  const merge = (name: Parameters<typeof mergeOffsetCheckpoint>[2], changes: OffsetChanges): void => {
    mergeOffsetCheckpoint(fileSystem, path, name, { changes, waitMs })
  }
  merge('recovery-point-offset-checkpoint', recoveryPoints)
  merge('log-start-offset-checkpoint', logStarts)
}
