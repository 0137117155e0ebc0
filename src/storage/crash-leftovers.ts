import type { Offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { type PartitionFile, parsePartitionFile } from './file-names.ts'
import { segmentsAmong } from './segment-list.ts'
import { readSnapshot } from './snapshot-files.ts'

/**
 * Removes what a power cut left of files that helped a log which ends at `end` now, durably: indexes whose log is gone, snapshots that it tore, those of
 * batches that are gone, which would be believed once the log had grown past them, and those above the recovery point that stand before no segment, which
 * nobody has held against the log. Kafka: LogLoader.loadSegmentFiles, ProducerStateManager.truncateAndReload, removeStraySnapshots.
 */
export function removeLeftovers(
  fileSystem: FileSystem,
  directory: string,
  { recoveryPoint, end }: { readonly recoveryPoint: Offset; readonly end: Offset },
): void {
  const entries = fileSystem.list(directory) ?? []
  const bases = new Set<bigint>(segmentsAmong(entries))
  const isUseless = (file: PartitionFile, path: string): boolean => {
    if (file.kind === 'segment') return file.state === '' && !bases.has(file.baseOffset)
    if (file.kind !== 'snapshot' || file.state !== '') return false
    if (file.offset > end || (file.offset > recoveryPoint && !bases.has(file.offset))) return true
    return readSnapshot(fileSystem, path).kind === 'damaged'
  }
  const useless = entries
    .filter(({ kind }) => kind === 'file')
    .filter(({ name }) => isUseless(parsePartitionFile(name), `${directory}/${name}`))
  for (const { name } of useless) fileSystem.remove(`${directory}/${name}`)
  if (useless.length > 0) fileSystem.syncDirectory(directory)
}
