import { MalformedMessageError } from '../../base/errors.ts'
import { readControlRecord } from '../../record/control-record.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import {
  type MetadataRecord,
  readMetadataControl,
  readMetadataRecord,
} from '../../storage/metadata-log/metadata-record.ts'
import { type Json, plainJson } from '../../wire/plain-json.ts'

/** A record in words instead of bytes. */
export interface RecordWords {
  readonly type: string
  readonly key: Json
  readonly value: Json
}

/** A record of `__cluster_metadata`; `undefined` for one of a later Kafka. */
export function describeMetadata(value: Uint8Array | null): RecordWords | undefined {
  if (value === null) return undefined
  return readable(() => {
    const record = readMetadataRecord(value)
    return { type: record.name, key: null, value: valueOf(record) }
  })
}

/** The record of a control batch: how a transaction ended, or what KRaft says to itself. */
export function describeControl(batch: RecordBatch, value: Uint8Array | null): RecordWords | undefined {
  return readable(() => {
    const control = readControlRecord(batch)
    const { type } = control
    if ('coordinatorEpoch' in control) {
      return { type, key: { type }, value: { coordinatorEpoch: control.coordinatorEpoch } }
    }
    const record = value === null ? undefined : readMetadataControl(type, value)
    return record && { type, key: { type }, value: valueOf(record) }
  })
}

function valueOf({ version, value }: MetadataRecord): Json {
  return plainJson({ version, ...(value as object) })
}

function readable(read: () => RecordWords | undefined): RecordWords | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}
