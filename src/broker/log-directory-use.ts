import type { FileSystem } from '../disk/file-system.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import { partitionSize } from '../storage/partition-size.ts'

/** How the log directory fills its disk. */
export interface LogDirectoryUse {
  readonly path: string
  /** Bytes of the partition's segments. */
  sizeOf(partition: TopicPartition): number
  readonly space: { readonly totalBytes: number; readonly freeBytes: number }
}

export function logDirectoryUse(fileSystem: FileSystem, path: string): LogDirectoryUse {
  return {
    path,
    sizeOf: (partition) => partitionSize(fileSystem, `${path}/${partitionDirectoryName(partition)}`).bytes,
    get space() {
      return fileSystem.space(path)
    },
  }
}
