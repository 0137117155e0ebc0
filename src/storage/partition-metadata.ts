import { assert } from '../base/assert.ts'
import { NO_UUID, type Uuid, uuidToBytes } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { PARTITION_METADATA } from './file-names.ts'
import { readWholeFile, replaceWholeFile } from './whole-file.ts'

/** Which topic a partition directory belongs to, whatever its name. */
export type PartitionMetadata =
  | { readonly kind: 'metadata'; readonly topicId: Uuid }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly reason: string }

const bytesMax = 4096

/** Reads `partition.metadata`. Kafka: `PartitionMetadataFile`. */
export function readPartitionMetadata(fileSystem: FileSystem, partitionDirectory: string): PartitionMetadata {
  const file = readWholeFile(fileSystem, `${partitionDirectory}/${PARTITION_METADATA}`, bytesMax)
  if (file.kind === 'absent') return file
  if (file.kind === 'too-large') return { kind: 'damaged', reason: `${file.size} bytes are too many` }
  const [version = '', topic = ''] = new TextDecoder().decode(file.bytes).split(/\r?\n/)
  if (!/^version:\s+0\s*$/.test(version)) return { kind: 'damaged', reason: 'its first line is not "version: 0"' }
  const topicId = /^topic_id:\s+(\S+)\s*$/.exec(topic)?.[1]
  if (topicId === undefined || uuidToBytes(topicId) === undefined) {
    return { kind: 'damaged', reason: 'its second line is no "topic_id: " with 22 characters of base64url' }
  }
  return topicId === NO_UUID ? { kind: 'damaged', reason: 'its topic id is zero' } : { kind: 'metadata', topicId }
}

/** Writes `partition.metadata`, durably; it must be there before the first batch is. */
export function writePartitionMetadata(fileSystem: FileSystem, partitionDirectory: string, topicId: Uuid): void {
  assert(uuidToBytes(topicId) !== undefined && topicId !== NO_UUID, `topic id ${topicId}`)
  const text = `version: 0\ntopic_id: ${topicId}`
  replaceWholeFile(fileSystem, `${partitionDirectory}/${PARTITION_METADATA}`, new TextEncoder().encode(text))
}
