import type { Offset } from '../base/brands.ts'
import { NotFoundError } from '../base/errors.ts'
import type { DirectoryEntry, FileSystem } from '../disk/file-system.ts'
import { baseOffsetsOf, LOG_FILE_NAME_LENGTH } from './file-names.ts'

/** Base offsets of the segments of a partition directory, oldest first. Throws `NotFoundError` when the directory is gone. */
export function listSegments(fileSystem: FileSystem, directory: string): Offset[] {
  return segmentsAmong(listPartition(fileSystem, directory))
}

/** The names in a partition directory. Throws `NotFoundError` when it is gone. */
export function listPartition(fileSystem: FileSystem, directory: string): DirectoryEntry[] {
  const entries = fileSystem.list(directory)
  if (entries === undefined) throw new NotFoundError(`partition directory ${directory} is not there`)
  return entries
}

/** Base offsets of the segments whose `.log` is among `entries`, oldest first. */
export function segmentsAmong(entries: readonly DirectoryEntry[]): Offset[] {
  const names: string[] = []
  for (const { name, kind } of entries) {
    if (kind === 'file' && name.length === LOG_FILE_NAME_LENGTH && name.endsWith('.log')) names.push(name)
  }
  // All have the same number of digits, so that they are sorted as numbers are.
  return baseOffsetsOf(names.sort())
}

/** Index in `bases` of the segment that holds `target`, or would; -1 when `target` lies before the first. */
export function floorSegment(bases: readonly Offset[], target: Offset): number {
  let low = 0
  let high = bases.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const base = bases[middle]
    if (base !== undefined && base <= target) low = middle + 1
    else high = middle
  }
  return low - 1
}
