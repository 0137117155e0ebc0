import { type Offset, offset } from '../base/brands.ts'
import type { DirectoryEntry, FileSystem } from '../disk/file-system.ts'
import { parsePartitionFile } from './file-names.ts'
import { PartitionMaintenance } from './partition-maintenance.ts'
import { listPartition, listSegments, segmentsAmong } from './segment-list.ts'
import { Segment } from './segment.ts'

/**
 * What becomes of the files of a swap that was not finished: the names `.cleaned`, `.swap` and `.deleted` alone decide, as in Kafka's LogLoader.
 * As long as one of the rewritten segments is still `.cleaned` nothing was taken away, and all is undone; from then on all is finished.
 */
export interface SwapSettlement {
  /** Old files whose time was over, and `.swap` files of a swap that is undone. */
  readonly useless: readonly string[]
  /** Files that a swap which is undone, or one that is still being prepared, wrote. */
  readonly cleaned: readonly string[]
  /** Old files that what is in `swapped` replaces, and indexes that the log was renamed away from: it may lie behind all that was kept. */
  readonly replaced: readonly string[]
  /** `.swap` files that take their final names. */
  readonly swapped: readonly string[]
}

/** Whether any of the names belongs to a swap that is not over: cheap, for directories where none does. */
export function hasSwapFiles(entries: readonly DirectoryEntry[]): boolean {
  for (const { name } of entries) if (name.endsWith('.swap') || name.endsWith('.cleaned')) return true
  return false
}

/** `endOf`: the offset after the last record in the `.log.swap` file with that base offset. */
export function planSettlement(entries: readonly DirectoryEntry[], endOf: (base: Offset) => Offset): SwapSettlement {
  const files = numberedFiles(entries)
  const cleaned = files.filter(({ name }) => name.endsWith('.cleaned'))
  const minCleaned = cleaned.reduce<Offset | undefined>(
    (min, { at }) => (min === undefined || at < min ? at : min),
    undefined,
  )
  const swaps = files.filter(({ name }) => name.endsWith('.swap'))
  const isUndone = ({ at }: NumberedFile): boolean => minCleaned !== undefined && at >= minCleaned
  const swapped = swaps.filter((file) => !isUndone(file))
  const isReplaced = rangeOf(swapped, endOf)
  const isOrphan = swapped.length > 0 ? orphansAmong(files) : () => false
  const replaced = files.filter((file) => isInPlace(file.name) && (isReplaced(file.at) || isOrphan(file)))
  const deleted = entries.filter(({ name, kind }) => kind === 'file' && name.endsWith('.deleted'))
  return {
    useless: [...deleted, ...swaps.filter(isUndone)].map(({ name }) => name),
    cleaned: cleaned.map(({ name }) => name),
    replaced: replaced.map(({ name }) => name),
    swapped: swapped.map(({ name }) => name),
  }
}

/** What is there after `settleSwap`. */
export interface SettledSegments {
  /** Base offsets, oldest first. */
  readonly bases: Offset[]
  /** Files were renamed or removed: whoever has the partition open must look again. */
  readonly isChanged: boolean
  /** Files wait to be removed. */
  readonly hasDeleted: boolean
}

/**
 * Finishes or undoes a swap that a killed process or a power cut left, with the partition's lock held. What is `.deleted` without one waits for
 * `removeDeleted`. What a
 * live process is preparing stays, unless that process is the caller (`isMaintainer`), who has nothing of its own there yet.
 */
export function settleSwap(fileSystem: FileSystem, directory: string, isMaintainer = false): SettledSegments {
  const entries = listPartition(fileSystem, directory)
  const hasDeleted = entries.some(({ name }) => name.endsWith('.deleted'))
  if (!hasSwapFiles(entries)) return { bases: segmentsAmong(entries), isChanged: false, hasDeleted }
  const plan = planSettlement(entries, (base) => endOfSwap(fileSystem, directory, base))
  // What was renamed by one who was killed may not be durable yet.
  if (plan.swapped.length > 0) fileSystem.syncDirectory(directory)
  const isTidied = removeReplaced(fileSystem, directory, plan, isMaintainer)
  const isLog = (name: string): boolean => name.endsWith('.log.swap')
  putInPlace(fileSystem, directory, plan.swapped.filter(isLog))
  putInPlace(
    fileSystem,
    directory,
    plan.swapped.filter((name) => !isLog(name)),
  )
  const isChanged = isTidied || plan.useless.length > 0 || plan.swapped.length > 0
  return { bases: listSegments(fileSystem, directory), isChanged, hasDeleted: false }
}

/** Removes what is not wanted any more; whether files of a rewriting that was killed were among it. */
function removeReplaced(
  fileSystem: FileSystem,
  directory: string,
  plan: SwapSettlement,
  isMaintainer: boolean,
): boolean {
  const isLeft = plan.cleaned.length > 0
  const tidying = isLeft && !isMaintainer ? PartitionMaintenance.tryBegin(fileSystem, directory) : undefined
  // With nobody at work on the segments, what is `.cleaned` is of one that was killed; and nobody begins meanwhile, with files of the same names.
  const isTidied = isLeft && (isMaintainer || tidying !== undefined)
  try {
    // Each step counts on the one before, whatever of the names a power cut leaves.
    const removals = [plan.useless, isTidied ? plan.cleaned : [], plan.replaced]
    for (const names of removals) removeAll(fileSystem, directory, names)
  } finally {
    tidying?.end()
  }
  return isTidied
}

/** A log before its indexes: those that had their names before it would be taken for old ones. */
function putInPlace(fileSystem: FileSystem, directory: string, names: readonly string[]): void {
  for (const name of names) fileSystem.rename(`${directory}/${name}`, `${directory}/${finalName(name)}`)
  if (names.length > 0) fileSystem.syncDirectory(directory)
}

function removeAll(fileSystem: FileSystem, directory: string, names: readonly string[]): void {
  for (const name of names) fileSystem.remove(`${directory}/${name}`)
  if (names.length > 0) fileSystem.syncDirectory(directory)
}

/** The offset after the last record of a segment that is on its way in. */
export function endOfSwap(fileSystem: FileSystem, directory: string, base: Offset): Offset {
  const segment = Segment.open(fileSystem, directory, base, '.swap')
  try {
    return segment.endOffset()
  } finally {
    segment.close()
  }
}

interface NumberedFile {
  readonly name: string
  /** The base offset of the segment, or the offset of the snapshot. */
  readonly at: Offset
}

function numberedFiles(entries: readonly DirectoryEntry[]): NumberedFile[] {
  const files: NumberedFile[] = []
  for (const { name, kind } of entries) {
    const file = kind === 'file' ? parsePartitionFile(name) : undefined
    if (file?.kind === 'segment') files.push({ name, at: file.baseOffset })
    if (file?.kind === 'snapshot') files.push({ name, at: file.offset })
  }
  return files
}

/** Whether an offset lies in what the `.log.swap` files among `swapped` hold, from the first to the end of the last. */
function rangeOf(swapped: readonly NumberedFile[], endOf: (base: Offset) => Offset): (at: Offset) => boolean {
  const logs = swapped.filter(({ name }) => name.endsWith('.log.swap'))
  if (logs.length === 0) return () => false
  const start = logs.reduce((min, { at }) => (at < min ? at : min), logs[0]?.at ?? offset(0n))
  const end = logs.map(({ at }) => endOf(at)).reduce((max, one) => (one > max ? one : max), start)
  return (at) => at >= start && at < end
}

/** Whether a file is the index of a segment whose log is not there, and not on its way in. */
function orphansAmong(files: readonly NumberedFile[]): (file: NumberedFile) => boolean {
  const logs = new Set<bigint>(files.filter(({ name }) => /\.log(\.swap)?$/.test(name)).map(({ at }) => at))
  return ({ name, at }) => name.endsWith('index') && !logs.has(at)
}

function isInPlace(name: string): boolean {
  return !/\.(cleaned|swap|deleted)$/.test(name)
}

/** The name of a file once it is in. */
export function finalName(name: string): string {
  return name.replace(/\.(cleaned|swap)$/, '')
}
