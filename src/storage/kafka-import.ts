import type { FileSystem } from '../disk/file-system.ts'
import { type DirectoryOwner, directoryOwner } from './directory-ownership.ts'
import { METADATA_TOPIC, partitionDirectoryName } from './file-names.ts'
import type { ImportedTopics, ImportOptions } from './imported-topics.ts'
import type { LogDirectoryOptions } from './log-directory.ts'

/** What reads the files that Kafka keeps of topics: code that no directory of our own needs. */
export interface KafkaImport {
  importTopics(options: ImportOptions): ImportedTopics
  adoptDirectory(options: LogDirectoryOptions): void
}

/** Loads it for a directory that is Kafka's, or was; `undefined` for any other. `owner`: for who has just looked. */
export async function loadKafkaImport(
  fileSystem: FileSystem,
  path: string,
  owner: DirectoryOwner = directoryOwner(fileSystem, path),
): Promise<KafkaImport | undefined> {
  const metadata = `${path}/${partitionDirectoryName({ topic: METADATA_TOPIC, partition: 0 })}`
  const isNeeded = owner === 'kafka' || fileSystem.stat(metadata) !== undefined
  return isNeeded ? (await import('./adoption.ts')).kafkaImport : undefined
}
