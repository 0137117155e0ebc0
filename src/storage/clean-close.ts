import { type Offset, offset } from '../base/brands.ts'
import { LockedError, NotFoundError, TemporaryError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import { BatchWalker } from './batch-walker.ts'
import { checkWindows } from './check-windows.ts'
import { writeCleanShutdownMarker } from './clean-shutdown-marker.ts'
import { directoryOwner, refuseUnreadable } from './directory-ownership.ts'
import {
  PARTITION_LOCK,
  type PartitionFile,
  parsePartitionFile,
  partitionDirectoryName,
  TEMPORARY_SUFFIX,
  type TopicPartition,
} from './file-names.ts'
import { LogDirectory, type LogDirectoryOptions } from './log-directory.ts'
import {
  mergeOffsetCheckpoint,
  type OffsetChanges,
  type OffsetMap,
  readOffsetCheckpoint,
} from './offset-checkpoints.ts'
import type { PartitionLog } from './partition-log.ts'
import { loadProducerState } from './producer-loading.ts'
import { uselessSnapshots } from './producer-snapshot.ts'
import { floorSegment, listSegments } from './segment-list.ts'
import { removeDeleted } from './segment-deletion.ts'
import { Segment } from './segment.ts'
import { writeProducerSnapshot } from './snapshot-files.ts'
import { syncFiles } from './whole-file.ts'
import type { WriteState } from './write-state.ts'
import { WriteStateFile } from './write-state-file.ts'

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

export interface CleanCloseOptions extends LogDirectoryOptions {
  /** Said before each partition: false when there is no time for it. */
  readonly isInTime?: () => boolean
}

/** So many partitions are open at a time, and synced together. */
const partitionsAtOnce = 64

/**
 * Makes a directory what Apache Kafka's brokers leave at an orderly stop, so that one can open it without recovery: every partition recovered, its
 * indexes trimmed with the last time index entry, a producer snapshot at the log end offset, everything synced, checkpoints
 * written, and last of all `.kafka_cleanshutdown`. What our own writers left in `tslog.lock` is thrown away: Kafka may go on from here.
 * `wasClosedCleanly`: the directory was marked clean when the caller took it, which kept Kafka from it since; partitions that nobody has
 * written are not looked at then.
 *
 * With damage in a partition there is no marker and its recovery point stays: the marker vouches for every batch.
 * Throws `LockedError` while any other process has the directory open, `NotFoundError` when there is no log, `TemporaryError` when `isInTime` says no
 * before the last partition is closed, and what `LogDirectory.openToWrite` throws.
 */
export async function closeCleanly(options: CleanCloseOptions): Promise<CleanClose> {
  const { fileSystem, path } = options
  const owner = directoryOwner(fileSystem, path)
  refuseUnreadable(path, owner)
  if (owner === 'empty') throw new NotFoundError(`${path} is empty: there is nothing to close`)
  const directory = LogDirectory.openToWrite(options)
  try {
    if (!directory.lockAlone()) {
      throw new LockedError(`${path} is in use by another process`, { hint: 'wait for it to end, or stop it' })
    }
    const partitions = await new CleanClosing(directory, options).run()
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

/** Closes partitions, some at a time: what is to be synced of all of them is synced together. */
class CleanClosing {
  readonly #directory: LogDirectory
  readonly #options: CleanCloseOptions
  readonly #recoveryPoints: OffsetMap
  readonly #logStarts: OffsetMap

  constructor(directory: LogDirectory, options: CleanCloseOptions) {
    this.#directory = directory
    this.#options = options
    const { fileSystem, path } = options
    this.#recoveryPoints = readOffsetCheckpoint(fileSystem, path, 'recovery-point-offset-checkpoint').offsets
    this.#logStarts = readOffsetCheckpoint(fileSystem, path, 'log-start-offset-checkpoint').offsets
  }

  async run(): Promise<ClosedPartition[]> {
    const closed: ClosedPartition[] = []
    let written: TopicPartition[] = []
    for (const partition of this.#directory.partitions()) {
      const untouched = this.#untouched(partition)
      if (untouched !== undefined) closed.push(untouched)
      else written.push(partition)
      if (written.length < partitionsAtOnce) continue
      closed.push(...(await this.#close(written)))
      written = []
    }
    closed.push(...(await this.#close(written)))
    return closed
  }

  /** One that nobody has written since the directory was closed in order the last time. */
  #untouched(partition: TopicPartition): ClosedPartition | undefined {
    const { fileSystem, wasClosedCleanly } = this.#options
    const logEndOffset = this.#recoveryPoints.get(partitionDirectoryName(partition))
    if (wasClosedCleanly !== true || logEndOffset === undefined) return undefined
    const path = this.#pathOf(partition)
    const stateFile = WriteStateFile.find(fileSystem, path)
    const isWritten = stateFile?.isClear === false
    stateFile?.close()
    const bases = listSegments(fileSystem, path)
    const [first] = bases
    if (isWritten || first === undefined) return undefined
    const marked = this.#logStarts.get(partitionDirectoryName(partition)) ?? first
    const logStartOffset = marked > first ? marked : first
    return { ...partition, logStartOffset, logEndOffset, segmentCount: bases.length, damages: [] }
  }

  /** Every file is on the disk before any writer's word is thrown away: who finds that gone counts on the files. */
  async #close(partitions: readonly TopicPartition[]): Promise<ClosedPartition[]> {
    const { fileSystem } = this.#options
    const prepared = partitions.map((partition) => this.#prepare(partition))
    try {
      await syncFiles(
        fileSystem,
        prepared.flatMap(({ files }) => files.toSync()),
      )
    } catch (error) {
      // The next close would find nothing to sync, and vouch for what the disk lost.
      for (const { log } of prepared) log.fail(error)
      throw error
    }
    for (const { partition } of prepared) fileSystem.syncDirectory(this.#pathOf(partition))
    // Without the word of a writer of this boot, recovery would take damage for a torn tail.
    const whole = prepared.filter(({ damages }) => damages.length === 0)
    for (const { log } of whole) log.closeForKafka((_state, _active, forget) => forget())
    await syncFiles(
      fileSystem,
      whole.map(({ partition }) => `${this.#pathOf(partition)}/${PARTITION_LOCK}`),
    )
    return prepared.map(({ partition, files, state, damages }) => {
      this.#directory.closeLog(partition)
      const { logStartOffset, logEndOffset } = state
      return { ...partition, logStartOffset, logEndOffset, segmentCount: files.bases.length, damages }
    })
  }

  #prepare(partition: TopicPartition): PreparedPartition {
    const { fileSystem, path, makeWindow, isInTime } = this.#options
    if (isInTime?.() === false) throw new TemporaryError(`there is no time to close all partitions of ${path}`)
    const from = this.#recoveryPoints.get(partitionDirectoryName(partition))
    const files = new PartitionFiles(fileSystem, this.#pathOf(partition), from)
    const log = this.#directory.openLog(partition)
    return log.closeForKafka((state, active) => {
      active.seal()
      removeDeleted(fileSystem, this.#pathOf(partition), { now: 0, delayMs: 0 })
      const damages = files.findDamage(makeWindow)
      files.snapshotProducers(state)
      return { partition, log, files, state: { ...state }, damages }
    })
  }

  #pathOf(partition: TopicPartition): string {
    return `${this.#options.path}/${partitionDirectoryName(partition)}`
  }
}

/** A partition whose files are as Kafka has them, but not on the disk yet. */
interface PreparedPartition {
  readonly partition: TopicPartition
  readonly log: PartitionLog
  readonly files: PartitionFiles
  readonly state: WriteState
  readonly damages: readonly string[]
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
    const windows = checkWindows(makeWindow)
    for (const base of this.#unsyncedBases()) {
      const segment = Segment.open(this.#fileSystem, this.#directory, base)
      try {
        const damage = firstDamage(new BatchWalker(segment.log, { window: windows(segment.log.size()) }), base)
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

  /** The files that may not have been synced; the names of all are the directory's. */
  toSync(): string[] {
    const first = this.#unsyncedBases()[0] ?? offset(0n)
    const paths: string[] = []
    for (const { name, kind } of this.#fileSystem.list(this.#directory) ?? []) {
      const file = parsePartitionFile(name)
      if (file.kind === 'temporary') this.#remove(name)
      if (kind === 'file' && isFrom(file, first)) paths.push(`${this.#directory}/${name}`)
    }
    // What is empty has nothing to lose but its name.
    return paths.filter((path) => (this.#fileSystem.stat(path)?.size ?? 0) > 0)
  }

  #unsyncedBases(): Offset[] {
    const { bases } = this
    const floor = this.#recoveryPoint === undefined ? 0 : floorSegment(bases, this.#recoveryPoint)
    return bases.slice(Math.max(0, floor))
  }

  #remove(name: string | undefined): void {
    if (name !== undefined) this.#fileSystem.remove(`${this.#directory}/${name}`)
  }
}

/** Whether a file holds something of the log from `first` on. */
function isFrom(file: PartitionFile, first: Offset): boolean {
  if (file.kind === 'segment') return file.baseOffset >= first
  return file.kind === 'snapshot' && file.offset >= first
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
