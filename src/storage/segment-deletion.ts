import type { Offset, TimestampMs } from '../base/brands.ts'
import { DiskError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { parsePartitionFile } from './file-names.ts'
import type { PartitionLog } from './partition-log.ts'
import { secureSnapshot } from './producer-loading.ts'
import { listSegments } from './segment-list.ts'

/** What a deletion came to. */
export interface DeletedSegments {
  readonly count: number
  /** Why it went no further. What was deleted until then is a whole number of the oldest segments, but for single files of one. */
  readonly failure: DiskError | undefined
}

/** Behind the name of a file that waits to be removed. */
const deletedSuffix = '.deleted'

/** What may be deleted, and how. */
export interface DeletionLimits {
  readonly logStartOffset: Offset
  /** How long the files stay under their new names, in ms. */
  readonly delayMs: number
  /** Batches of idempotent or transactional producers may be in the log. */
  readonly hasProducers: boolean
}

/** `deleteSegmentsBelow` the log start offset, which must be durable, under the partition's lock; its readers and writers are told. */
export function deleteOldSegments(log: PartitionLog, fileSystem: FileSystem, delayMs: number): DeletedSegments {
  return log.rearrange(({ logStartOffset, hasProducers }) =>
    deleteSegmentsBelow(fileSystem, log.directory, { logStartOffset, delayMs, hasProducers }),
  )
}

/**
 * Takes the segments out of the log all of whose records lie below `logStartOffset`, oldest first, so that a crash in between leaves a log
 * without a hole; the newest segment always stays. With them go the producer snapshots that only they needed. The files are renamed to
 * `<name>.deleted` and go when `removeDeleted` is called after `delayMs`; at once when that is 0. The partition's lock is held.
 * Kafka: UnifiedLog.deleteLogStartOffsetBreachedSegments, LocalLog.deleteSegmentFiles.
 */
export function deleteSegmentsBelow(
  fileSystem: FileSystem,
  directory: string,
  { logStartOffset, delayMs, hasProducers }: DeletionLimits,
): DeletedSegments {
  const bases = listSegments(fileSystem, directory)
  const doomed = bases.filter((_, index) => isBelow(bases[index + 1], logStartOffset))
  const first = bases[doomed.length]
  if (first === undefined) return { count: 0, failure: undefined }
  const names = namesBelow(fileSystem, directory, first)
  if (names.length === 0) return { count: 0, failure: undefined }
  try {
    // What stays must be there whatever a power cut leaves of the names: the segment that a roll made just now, and what is known of producers.
    if (hasProducers) secureSnapshot(fileSystem, directory, first)
    fileSystem.syncDirectory(directory)
    for (const name of names) {
      if (delayMs === 0) fileSystem.remove(`${directory}/${name}`)
      else fileSystem.rename(`${directory}/${name}`, `${directory}/${name}${deletedSuffix}`)
    }
    fileSystem.syncDirectory(directory)
    return { count: doomed.length, failure: undefined }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    const left = new Set<bigint>(listSegments(fileSystem, directory))
    return { count: doomed.filter((base) => !left.has(base)).length, failure: error }
  }
}

/**
 * Removes the files that were renamed to `.deleted` at least `delayMs` before `now`, whoever did that. The time of the renaming is that of the
 * last change of the file; one further in the future than the delay is the mistake of some clock, and is not waited for. Returns their bytes.
 */
export function removeDeleted(
  fileSystem: FileSystem,
  directory: string,
  { now, delayMs }: { readonly now: TimestampMs; readonly delayMs: number },
): number {
  let bytes = 0
  for (const { name, kind } of fileSystem.list(directory) ?? []) {
    if (kind !== 'file' || !name.endsWith(deletedSuffix)) continue
    const facts = fileSystem.stat(`${directory}/${name}`)
    if (facts === undefined || Math.abs(now - facts.changedMs) < delayMs) continue
    if (fileSystem.remove(`${directory}/${name}`)) bytes += facts.size
  }
  return bytes
}

function isBelow(next: Offset | undefined, logStartOffset: Offset): boolean {
  return next !== undefined && next <= logStartOffset
}

/** Files of segments before `first`, and snapshots up to it: what a log that begins there has no use for. Zero-padded, so text order is offset order. */
function namesBelow(fileSystem: FileSystem, directory: string, first: Offset): string[] {
  const names = (fileSystem.list(directory) ?? []).map(({ name }) => name)
  return names.filter((name) => isUseless(name, first)).sort()
}

function isUseless(name: string, first: Offset): boolean {
  const file = parsePartitionFile(name)
  if (file.kind === 'segment') return file.state === '' && file.baseOffset < first
  return file.kind === 'snapshot' && file.state === '' && file.offset < first
}
