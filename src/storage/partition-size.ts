import type { FileSystem } from '../disk/file-system.ts'
import { parsePartitionFile } from './file-names.ts'

/** How much a partition takes. */
export interface PartitionSize {
  /** Undefined where only bytes are told. */
  readonly segmentCount: number | undefined
  /** Bytes of its `.log` files, which is what Kafka calls the size of a log. */
  readonly bytes: number
}

/** Looks at the files of a partition directory; nothing is opened. A directory that is gone has no size. */
export function partitionSize(fileSystem: FileSystem, directory: string): PartitionSize {
  let segmentCount = 0
  let bytes = 0
  for (const { name, kind } of fileSystem.list(directory) ?? []) {
    if (kind !== 'file' || !name.endsWith('.log') || parsePartitionFile(name).kind !== 'segment') continue
    segmentCount++
    bytes += fileSystem.stat(`${directory}/${name}`)?.size ?? 0
  }
  return { segmentCount, bytes }
}
