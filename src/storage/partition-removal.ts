import type { Random } from '../base/random.ts'
import { NotFoundError } from '../base/errors.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import {
  deletedDirectoryName,
  parseLogDirectoryName,
  partitionDirectoryName,
  type TopicPartition,
} from './file-names.ts'

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
  fileSystem.removeTree(to)
  fileSystem.syncDirectory(path)
}

/** Removes what deletions of a topic's partitions had renamed and not removed when they were cut short. */
export function removeDeletedDirectories({ fileSystem, path }: RemovalOptions, topic: string): void {
  for (const { name, kind } of fileSystem.list(path) ?? []) {
    const parsed = kind === 'directory' ? parseLogDirectoryName(name) : undefined
    if (parsed?.kind !== 'delete') continue
    const isOfTopic = deletedDirectoryName({ ...parsed, topic }, parsed.id) === name
    if (isOfTopic) fileSystem.removeTree(`${path}/${name}`)
  }
}

/** Why what is written into `files` would be lost: one of them has lost its name, or another file has it. `undefined` while all are in their places. */
export function removalOf(fileSystem: FileSystem, files: readonly OpenFile[]): NotFoundError | undefined {
  const removed = files.find(({ path, identity }) => fileSystem.stat(path)?.identity !== identity)
  return removed && new NotFoundError(`${removed.path} was removed or replaced while it was written`)
}
