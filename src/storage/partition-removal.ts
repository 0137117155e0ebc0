import type { Random } from '../base/random.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { deletedDirectoryName, partitionDirectoryName, type TopicPartition } from './file-names.ts'

export interface RemovalOptions {
  readonly fileSystem: FileSystem
  readonly random: Random
  /** The log directory. */
  readonly path: string
}

/**
 * Removes a partition with all its records: first its directory gets Kafka's name for what is deleted, durably, so that a crash in
 * between leaves nothing that looks like a partition.
 */
export function removePartitionDirectory(
  { fileSystem, random, path }: RemovalOptions,
  partition: TopicPartition,
): void {
  const from = `${path}/${partitionDirectoryName(partition)}`
  if (fileSystem.stat(from) === undefined) return
  const id = Buffer.from(random.fill(new Uint8Array(16))).toString('hex')
  const to = `${path}/${deletedDirectoryName(partition, id)}`
  fileSystem.rename(from, to)
  fileSystem.syncDirectory(path)
  removeFiles(fileSystem, to)
  fileSystem.syncDirectory(path)
}

function removeFiles(fileSystem: FileSystem, directory: string): void {
  for (const { name, kind } of fileSystem.list(directory) ?? []) {
    if (kind !== 'directory') fileSystem.remove(`${directory}/${name}`)
  }
  fileSystem.removeDirectory(directory)
}
