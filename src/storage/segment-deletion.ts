import type { Offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { parsePartitionFile } from './file-names.ts'
import { listSegments } from './segment-list.ts'

/**
 * Removes the segments all of whose records lie below `logStartOffset`, oldest first, so that a crash in between leaves a log without a hole; the
 * newest segment always stays. With them go the producer snapshots that only they needed. The partition's lock is held. Returns how many
 * segments went. Kafka: UnifiedLog.deleteLogStartOffsetBreachedSegments.
 */
export function deleteSegmentsBelow(fileSystem: FileSystem, directory: string, logStartOffset: Offset): number {
  const bases = listSegments(fileSystem, directory)
  const doomed = bases.filter((_, index) => isBelow(bases[index + 1], logStartOffset))
  const first = bases[doomed.length]
  if (doomed.length === 0 || first === undefined) return 0
  for (const name of namesBelow(fileSystem, directory, first)) fileSystem.remove(`${directory}/${name}`)
  fileSystem.syncDirectory(directory)
  return doomed.length
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
