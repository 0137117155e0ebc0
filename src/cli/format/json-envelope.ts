import type { RecordHeader } from '../../record/records.ts'
import type { OutputRecord } from './output-record.ts'
import { utf8Text } from './utf8.ts'
import { visibleJson } from './visible-text.ts'

/**
 * A record as one line of JSON without the newline, in kcat's names and order:
 *
 *     {"topic":"t","partition":0,"offset":5,"tstype":"create","ts":1700,"headers":["a","1"],"key":"k","payload":"v"}
 *
 * - `tstype` and `ts` are left out when the record has no timestamp, `headers` when it has none; null stays null.
 * - Bytes that are not UTF-8 go as base64, by another name: `key_base64`, `payload_base64`; within `headers` as
 *   `{"base64":"/w=="}` in the place of the value.
 * - Control and bidirectional characters are `\u` escapes, so that the line can be shown on a terminal.
 * - kcat's `broker` is left out: a directory has none.
 *
 * With `metaOnly`, key and payload are left out. The line is valid JSON whatever the bytes are.
 */
export function renderEnvelope(record: OutputRecord, { metaOnly = false } = {}): string {
  const fields = [
    `"topic":${visibleJson(record.topic)}`,
    `"partition":${record.partition}`,
    `"offset":${record.offset}`,
  ]
  if (record.timestampMs !== -1) {
    fields.push(`"tstype":"${record.timestampType === 'LogAppendTime' ? 'logappend' : 'create'}"`)
    fields.push(`"ts":${record.timestampMs}`)
  }
  if (record.headers.length > 0) fields.push(`"headers":[${record.headers.map(renderHeader).join(',')}]`)
  if (!metaOnly) fields.push(renderField('key', record.key), renderField('payload', record.value))
  return `{${fields.join(',')}}`
}

function renderField(name: string, bytes: Uint8Array | null): string {
  if (bytes === null) return `"${name}":null`
  const text = utf8Text(bytes)
  return text === undefined ? `"${name}_base64":"${base64(bytes)}"` : `"${name}":${visibleJson(text)}`
}

function renderHeader({ key, value }: RecordHeader): string {
  const text = value === null ? undefined : utf8Text(value)
  if (text !== undefined) return `${visibleJson(key)},${visibleJson(text)}`
  return `${visibleJson(key)},${value === null ? 'null' : `{"base64":"${base64(value)}"}`}`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
