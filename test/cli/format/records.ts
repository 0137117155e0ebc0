import { offset } from '../../../src/base/brands.ts'
import type { OutputRecord } from '../../../src/cli/format/output-record.ts'

/** A record with what is named, and little else. */
export function record(fields: Partial<OutputRecord> = {}): OutputRecord {
  return {
    topic: 't',
    partition: 0,
    offset: offset(0),
    timestampMs: -1,
    timestampType: 'CreateTime',
    key: null,
    value: null,
    headers: [],
    ...fields,
  }
}

/** UTF-8, or the bytes as they are. */
export function bytes(content: string | readonly number[]): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content)
}
