import { assert } from '../base/assert.ts'
import { NO_UUID, type Uuid, uuidToBytes } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { PARTITION_METADATA } from './file-names.ts'
import { readWholeFile, replaceWholeFile, syncFile } from './whole-file.ts'

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
  // What a power cut may leave of one that was never synced tells nothing: the name, and perhaps the size.
  return file.bytes.every((byte) => byte === 0) ? { kind: 'absent' } : parse(new TextDecoder().decode(file.bytes))
}

function parse(text: string): PartitionMetadata {
  const [version = '', topic = ''] = text.split(/\r?\n/)
  if (!/^version:\s+0\s*$/.test(version)) return { kind: 'damaged', reason: 'its first line is not "version: 0"' }
  const topicId = /^topic_id:\s+(\S+)\s*$/.exec(topic)?.[1]
  if (topicId === undefined || uuidToBytes(topicId) === undefined) {
    return { kind: 'damaged', reason: 'its second line is no "topic_id: " with 22 characters of base64url' }
  }
  return topicId === NO_UUID ? { kind: 'damaged', reason: 'its topic id is zero' } : { kind: 'metadata', topicId }
}

/** Makes `partition.metadata` of a new partition; until `syncPartitionMetadata` and a sync of the directory the catalog alone tells the id for sure. */
export function beginPartitionMetadata(fileSystem: FileSystem, partitionDirectory: string, topicId: Uuid): void {
  const file = fileSystem.open(`${partitionDirectory}/${PARTITION_METADATA}`, 'create')
  try {
    file.truncate(0)
    file.write(bytesOf(topicId), 0)
  } finally {
    file.close()
  }
}

/** Makes durable what it says; its name is with the first sync of the directory, which the first batch waits for. */
export function syncPartitionMetadata(fileSystem: FileSystem, partitionDirectory: string): void {
  syncFile(fileSystem, `${partitionDirectory}/${PARTITION_METADATA}`)
}

/** Writes `partition.metadata`, durably; it must be there before the first batch is. */
export function writePartitionMetadata(fileSystem: FileSystem, partitionDirectory: string, topicId: Uuid): void {
  replaceWholeFile(fileSystem, `${partitionDirectory}/${PARTITION_METADATA}`, bytesOf(topicId))
}

function bytesOf(topicId: Uuid): Uint8Array {
  assert(uuidToBytes(topicId) !== undefined && topicId !== NO_UUID, `topic id ${topicId}`)
  return new TextEncoder().encode(`version: 0\ntopic_id: ${topicId}`)
}
