import { type Offset, offset } from '../base/brands.ts'
import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { OnBytes } from './cleaner-feed.ts'
import { readCleanableLog } from './cleanable-log.ts'
import { CleaningPass } from './cleaning-pass.ts'
import { type CleaningLimits, type CleaningPlan, planCleaning } from './cleaning-plan.ts'
import { partitionDirectoryName, type TopicPartition } from './file-names.ts'
import type { CleanerKernel } from './kernel/cleaner-kernel.ts'
import type { LogDirectory } from './log-directory.ts'
import { mergeOffsetCheckpoint, readOffsetCheckpoint } from './offset-checkpoints.ts'
import { PartitionMaintenance } from './partition-maintenance.ts'
import { type CleanedCounts, emptyCounts } from './segment-cleaner.ts'
import { listPartition, listSegments } from './segment-list.ts'
import { hasSwapFiles, settleSwap } from './swap-settlement.ts'
import { isSameTopic, openSameTopic, type TopicIdPartition } from './topic-id-partition.ts'

export interface CleaningOptions {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  /** How long to wait for other writers, in ms. */
  readonly lockWaitMs: number
}

/** How to compact: with what memory, and who hears of it. */
export interface CleanerOptions extends CleaningOptions {
  /** Made once for all partitions: its map is the memory that compaction takes. */
  readonly kernel: CleanerKernel
  /** Told of all bytes, those read for the map and those read to be copied. When what it returns is rejected, the work ends there. */
  readonly onBytes: OnBytes
}

/** What compaction of a partition did. */
export interface CleanedLog {
  readonly plan: CleaningPlan
  /** Of the part that was compacted, before and after. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly recordsBefore: number
  readonly recordsAfter: number
  /** Records that went because they have no key: in a compacted log they should not be. */
  readonly recordsWithoutKey: number
  /** Up to here the log is compacted now. */
  readonly cleanedEndOffset: Offset
  /** More than one when the map did not hold all keys at once. */
  readonly passes: number
  /** Of the log, the active segment included. */
  readonly segmentsBefore: number
  readonly segmentsAfter: number
}

/** Whether a partition is to be compacted, and how far. Takes no lock and changes nothing. `limits`: what of the topic's configuration to overrule. */
export function planOf(
  directory: LogDirectory,
  where: TopicPartition,
  options: CleaningOptions,
  limits: Partial<CleaningLimits> = {},
): CleaningPlan {
  const { fileSystem, clock } = options
  const name = partitionDirectoryName(where)
  const checkpoint = readOffsetCheckpoint(fileSystem, directory.path, 'cleaner-offset-checkpoint').offsets.get(name)
  const reader = directory.openReader(where)
  try {
    const log = readCleanableLog(fileSystem, { directory: `${directory.path}/${name}`, reader }, checkpoint)
    return planCleaning(log, { ...directory.config(where.topic), ...limits }, clock.now())
  } finally {
    reader.close()
  }
}

/**
 * Compacts a partition when that is due, unless its topic is another one by now: of each key the last record stays. Writers and readers go on meanwhile. `undefined` when nothing is to be done.
 * Throws `LockedError` when another process compacts it, `CorruptSegmentError` when a batch cannot be read: then the log stays as it is from
 * there on. Kafka: LogCleaner.cleanLog, once or until all is done.
 */
export async function cleanPartition(
  directory: LogDirectory,
  where: TopicIdPartition,
  options: CleanerOptions,
  limits: Partial<CleaningLimits> = {},
): Promise<CleanedLog | undefined> {
  const { fileSystem } = options
  const path = `${directory.path}/${partitionDirectoryName(where)}`
  const log = openSameTopic(directory, fileSystem, where)
  const maintenance = PartitionMaintenance.begin(fileSystem, path)
  try {
    // Recovers the log first when that is due: what is looked at then stands on the disk.
    log.offsets()
    if (hasSwapFiles(listPartition(fileSystem, path))) log.rearrange(() => settleSwap(fileSystem, path, true))
    const plan = planOf(directory, where, options, limits)
    return plan.isDue ? await cleanUpTo(plan, directory, where, options) : undefined
  } finally {
    maintenance.end()
  }
}

async function cleanUpTo(
  plan: CleaningPlan,
  directory: LogDirectory,
  where: TopicIdPartition,
  options: CleanerOptions,
): Promise<CleanedLog> {
  const { fileSystem, clock } = options
  const log = directory.openLog(where)
  // An older record goes for a younger one: first of all that one must be there after a power cut too.
  await log.sync()
  const config = directory.config(where.topic)
  const segmentsBefore = listSegments(fileSystem, log.directory).length
  const passes: CleanedCounts[] = []
  let firstDirtyOffset = plan.firstDirtyOffset
  while (firstDirtyOffset < plan.firstUncleanableOffset) {
    const counts = emptyCounts()
    const range = { firstDirtyOffset, endOffset: plan.firstUncleanableOffset }
    firstDirtyOffset = await new CleaningPass(log, { ...options, config, now: clock.now(), counts }, range).run()
    passes.push(counts)
    writeCheckpoint(directory, where, { ...options, firstDirtyOffset })
  }
  const segmentsAfter = listSegments(fileSystem, log.directory).length
  const cleaned = { plan, cleanedEndOffset: firstDirtyOffset, segmentsBefore, segmentsAfter }
  return { ...cleaned, ...totalOf(passes), passes: passes.length }
}

type Totals = Pick<CleanedLog, 'bytesBefore' | 'bytesAfter' | 'recordsBefore' | 'recordsAfter' | 'recordsWithoutKey'>

/** The last pass reads the whole part that was compacted, but for what the passes before it left out. */
function totalOf(passes: readonly CleanedCounts[]): Totals {
  const { bytesWritten: bytesAfter, recordsKept: recordsAfter } = passes.at(-1) ?? emptyCounts()
  const sum = (of: (pass: CleanedCounts) => number): number => passes.reduce((total, pass) => total + of(pass), 0)
  return {
    bytesBefore: bytesAfter + sum(({ bytesRead, bytesWritten }) => bytesRead - bytesWritten),
    bytesAfter,
    recordsBefore: recordsAfter + sum(({ recordsRead, recordsKept }) => recordsRead - recordsKept),
    recordsAfter,
    recordsWithoutKey: sum(({ recordsWithoutKey }) => recordsWithoutKey),
  }
}

function writeCheckpoint(
  directory: LogDirectory,
  where: TopicIdPartition,
  { fileSystem, lockWaitMs, firstDirtyOffset }: CleaningOptions & { readonly firstDirtyOffset: Offset },
): void {
  const changes = new Map([[partitionDirectoryName(where), offset(firstDirtyOffset)]])
  mergeOffsetCheckpoint(fileSystem, directory.path, 'cleaner-offset-checkpoint', {
    changes,
    waitMs: lockWaitMs,
    isCurrent: () => isSameTopic(fileSystem, directory.path, where),
  })
}
