import { offset, type Offset } from '../base/brands.ts'
import { DiskError, TemporaryError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { parseCheckpointNumber, readCheckpoint, splitFields, writeCheckpoint } from './checkpoint-file.ts'
import {
  CHECKPOINT_LOCK,
  isTopicName,
  parseLogDirectoryName,
  parsePartition,
  partitionDirectoryName,
} from './file-names.ts'

/** The checkpoints of a data directory that hold one offset for each partition: `topic partition offset` a line. */
export type OffsetCheckpointName =
  /** What is below was synced: recovery begins there. Nothing known means from the start. */
  | 'recovery-point-offset-checkpoint'
  /** Only of partitions whose log starts inside a segment. */
  | 'log-start-offset-checkpoint'
  /** The first offset that compaction has not seen. */
  | 'cleaner-offset-checkpoint'
  /** High watermarks. */
  | 'replication-offset-checkpoint'

/** All of them. */
export const OFFSET_CHECKPOINTS: readonly OffsetCheckpointName[] = [
  'recovery-point-offset-checkpoint',
  'log-start-offset-checkpoint',
  'cleaner-offset-checkpoint',
  'replication-offset-checkpoint',
]

/** Offsets by the name of the partition's directory, `<topic>-<partition>`. */
export type OffsetMap = ReadonlyMap<string, Offset>

export interface OffsetCheckpoint {
  readonly offsets: OffsetMap
  /** Why the file is not what was written; the offsets are then empty, as Kafka takes them. */
  readonly damage: string | undefined
}

/** Changes to a checkpoint: a new offset, or `undefined` to drop the partition from it. */
export type OffsetChanges = ReadonlyMap<string, Offset | undefined>

export interface OffsetMerge {
  readonly changes: OffsetChanges
  /** How long to wait for other writers of checkpoints, in ms. */
  readonly waitMs: number
  /** No offset goes back; `undefined` still drops one. */
  readonly onlyForward?: boolean
  /** Asked with the checkpoint locked; the change of a partition that was deleted and made anew since is left out. */
  readonly isCurrent?: (partition: string) => boolean
}

/** Reads a checkpoint without a lock: the file is replaced as a whole. */
export function readOffsetCheckpoint(
  fileSystem: FileSystem,
  directory: string,
  name: OffsetCheckpointName,
): OffsetCheckpoint {
  const checkpoint = readCheckpoint(fileSystem, `${directory}/${name}`)
  if (checkpoint.kind === 'damaged') return { offsets: new Map(), damage: checkpoint.reason }
  const offsets = new Map<string, Offset>()
  for (const line of checkpoint.lines) {
    const entry = parseEntry(line)
    if (entry === undefined)
      return { offsets: new Map(), damage: `not a topic, a partition and an offset: ${quote(line)}` }
    offsets.set(entry.partition, entry.offset)
  }
  return { offsets, damage: undefined }
}

/**
 * Brings `changes` into a checkpoint that other processes write too: under `tslog-checkpoint.lock` reads what is there,
 * changes only these entries, and replaces the file unless nothing is new. `onlyForward`: an offset that is there already is not made
 * smaller, since what another process wrote meanwhile holds too. What is there afterwards is durable. Returns what was read, with its damage.
 * Throws `TemporaryError` when the lock is not to be had within `waitMs`.
 */
export function mergeOffsetCheckpoint(
  fileSystem: FileSystem,
  directory: string,
  name: OffsetCheckpointName,
  merging: OffsetMerge,
): OffsetCheckpoint {
  if (merging.changes.size === 0) return readOffsetCheckpoint(fileSystem, directory, name)
  const lock = fileSystem.open(`${directory}/${CHECKPOINT_LOCK}`, 'create')
  try {
    if (!lock.lock('exclusive', merging.waitMs)) {
      throw new TemporaryError(`${lock.path} is held by another process`, { hint: 'try again' })
    }
    const before = readOffsetCheckpoint(fileSystem, directory, name)
    const merged = merge(before.offsets, current(merging))
    if (merged !== undefined || before.damage !== undefined) {
      writeCheckpoint(fileSystem, `${directory}/${name}`, formatEntries(merged ?? before.offsets))
    } else {
      // Whoever wrote it may have been killed, or have met a failing sync, before the file had its name on the disk.
      fileSystem.syncDirectory(directory)
    }
    return before
  } finally {
    lock.close()
  }
}

/** The same, but false when the disk is full and nothing was changed: files may have to go before there is room for it. */
export function mergeWhereRoomIs(
  fileSystem: FileSystem,
  directory: string,
  name: OffsetCheckpointName,
  merging: OffsetMerge,
): boolean {
  try {
    mergeOffsetCheckpoint(fileSystem, directory, name, merging)
    return true
  } catch (error) {
    if (error instanceof DiskError && error.isOutOfSpace) return false
    throw error
  }
}

/** The entries after the changes, or `undefined` when they change nothing. */
function merge(before: OffsetMap, { changes, onlyForward = false }: OffsetMerge): OffsetMap | undefined {
  const merged = new Map(before)
  let isChanged = false
  for (const [partition, changed] of changes) {
    const known = merged.get(partition)
    if (known === changed) continue
    if (onlyForward && known !== undefined && changed !== undefined && changed < known) continue
    isChanged = true
    if (changed === undefined) merged.delete(partition)
    else merged.set(partition, changed)
  }
  return isChanged ? merged : undefined
}

/** Without the changes of partitions that are others by now. */
function current({ isCurrent, ...merging }: OffsetMerge): OffsetMerge {
  if (isCurrent === undefined) return merging
  return { ...merging, changes: new Map([...merging.changes].filter(([partition]) => isCurrent(partition))) }
}

function formatEntries(offsets: OffsetMap): string[] {
  const lines: string[] = []
  for (const [name, value] of offsets) {
    const parsed = parseLogDirectoryName(name)
    if (parsed.kind === 'partition') lines.push(`${parsed.topic} ${parsed.partition} ${value}`)
  }
  return lines
}

function parseEntry(line: string): { partition: string; offset: Offset } | undefined {
  const [topic = '', number = '', text = ''] = splitFields(line, 3) ?? []
  const partition = parsePartition(number)
  const value = parseCheckpointNumber(text)
  if (partition === undefined || value === undefined || !isTopicName(topic)) return undefined
  return { partition: partitionDirectoryName({ topic, partition }), offset: offset(value) }
}

function quote(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}...` : line)
}
