import type { Uuid } from '../../base/uuid.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { PARTITION_METADATA } from '../file-names.ts'
import { readPartitionMetadata } from '../partition-metadata.ts'
import type { Finding } from './finding.ts'

/**
 * What is wrong with the `partition.metadata` of a partition whose topic has the id `topicId`, as far as that is known. One that is new, without a segment, gets it
 * on the disk when it is opened first: a power cut may have taken it.
 */
export function metadataFinding(
  fileSystem: FileSystem,
  directory: string,
  { topicId, isNew }: { readonly topicId: Uuid | undefined; readonly isNew: boolean },
): Finding | undefined {
  const path = `${directory}/${PARTITION_METADATA}`
  const metadata = readPartitionMetadata(fileSystem, directory)
  const found = (severity: Finding['severity'], reason: string): Finding => {
    return { severity, kind: 'partition-metadata', path, position: 0, end: 0, reason }
  }
  switch (metadata.kind) {
    case 'absent':
      return found(
        topicId === undefined || isNew ? 'note' : 'damage',
        'it is missing: Kafka would set the partition aside',
      )
    case 'damaged':
      return found('damage', metadata.reason)
    case 'metadata':
      if (topicId === undefined || metadata.topicId === topicId) return undefined
      return found('damage', `it names topic id ${metadata.topicId}, the topic has ${topicId}`)
  }
}
