import { type Offset, offset } from '../../src/base/brands.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { snapshotFooterRecord, snapshotHeaderRecord } from '../../src/storage/metadata-log/log-records.ts'
import { metadataRecordTypes } from '../../src/storage/metadata-log/metadata-record.ts'
import { ByteWriter } from '../../src/wire/byte-writer.ts'
import { encode } from '../../src/wire/codec.ts'
import type { Type } from '../../src/wire/schema.ts'
import { T0 } from './batches.ts'

/** The id of a topic of tests: one letter, over and over. */
export function topicId(letter: string): string {
  return `${letter.repeat(21)}A`
}

/** The value of a record of `__cluster_metadata`, by Kafka's name of it. Fields that are left out have their defaults. */
export function metadataRecord(name: string, fields: object = {}, version?: number): Uint8Array {
  const found = Object.entries(metadataRecordTypes).find(([, type]) => type.name === name)
  if (found === undefined) throw new Error(`no metadata record ${name}`)
  const [type, { message, versionLast }] = found
  const to = new ByteWriter()
  to.uvarint(1)
  to.uvarint(Number(type))
  to.uvarint(version ?? versionLast)
  const value = { ...(message.initial() as object), ...fields }
  message.codec({ version: version ?? versionLast, flexible: true }).write(to, value)
  return to.finish()
}

export const topicRecord = (name: string, id: string): Uint8Array =>
  metadataRecord('TopicRecord', { name, topicId: id })

export const partitionRecord = (id: string, partitionId: number): Uint8Array =>
  metadataRecord('PartitionRecord', { topicId: id, partitionId, replicas: [1], isr: [1], leader: 1, leaderEpoch: 0 })

export const topicConfig = (resourceName: string, name: string, value: string | null): Uint8Array =>
  metadataRecord('ConfigRecord', { resourceType: 2, resourceName, name, value })

export const brokerConfig = (resourceName: string, name: string, value: string | null): Uint8Array =>
  metadataRecord('ConfigRecord', { resourceType: 4, resourceName, name, value })

/** A batch of the metadata log. */
export function metadataBatch(values: readonly Uint8Array[], baseOffset: Offset = offset(0n)): Uint8Array {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 2 ** 30 })
  for (const value of values) builder.append({ key: null, value, timestamp: T0 })
  return builder.build(baseOffset)
}

/** The bytes of a `.checkpoint`: header, records, footer. */
export function metadataSnapshot(values: readonly Uint8Array[]): Uint8Array {
  const header = controlBatch(3, snapshotHeaderRecord, offset(0n))
  const footer = controlBatch(4, snapshotFooterRecord, offset(values.length + 1))
  return Buffer.concat([header, metadataBatch(values, offset(1n)), footer])
}

function controlBatch<T>(type: number, message: Type<T>, baseOffset: Offset): Uint8Array {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1000, isControl: true })
  const value = encode(message.codec({ version: 0, flexible: true }), message.initial())
  builder.append({ key: Uint8Array.of(0, 0, 0, type), value, timestamp: T0 })
  return builder.build(baseOffset)
}
