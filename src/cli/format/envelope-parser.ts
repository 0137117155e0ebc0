import { TslogError } from '../../base/errors.ts'
import type { TimestampMs } from '../../base/brands.ts'
import type { HeaderValue } from '../values/header.ts'
import { utf8Text } from './utf8.ts'
import { quoted } from './visible-text.ts'

/** What a line of `produce -J` says of a record. */
export interface Envelope {
  readonly topic: string | undefined
  readonly partition: number | undefined
  readonly timestampMs: TimestampMs | undefined
  readonly key: Uint8Array | null
  /** The value; null for a tombstone. */
  readonly payload: Uint8Array | null
  readonly headers: readonly HeaderValue[]
}

/** A line of `produce -J` is not an envelope; the message names the line and the field. Exit code 1. */
export class EnvelopeError extends TslogError {
  override readonly name = 'EnvelopeError'
}

/**
 * Reads what `renderEnvelope` writes, and what kcat's `-J` writes. `offset`, `tstype`, `broker` and fields that nobody knows
 * are passed over: the log gives offsets. All fields may be missing but the payload, which must be there, if only as null:
 * a line with a misspelt name would else become a tombstone. `where` names the line in errors (`standard input line 3`).
 * Throws `EnvelopeError`.
 */
export function parseEnvelope(line: Uint8Array, where: string): Envelope {
  const fields = parseObject(line, where)
  const payload = bytesField(fields, 'payload', where)
  if (payload === undefined) {
    throw failure(where, 'has no "payload"', 'write "payload":null for a tombstone')
  }
  return {
    topic: topicField(fields, where),
    partition: integerField(fields, 'partition', { max: 2 ** 31 - 1, where }),
    timestampMs: integerField(fields, 'ts', { max: Number.MAX_SAFE_INTEGER, where }),
    key: bytesField(fields, 'key', where) ?? null,
    payload,
    headers: headersField(fields, where),
  }
}

type Fields = ReadonlyMap<string, unknown>

function parseObject(line: Uint8Array, where: string): Fields {
  const parsed = parseJson(line, where)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw failure(where, 'is not a JSON object')
  // A map of the own fields: neither `__proto__` in the line nor anything inherited counts as a field.
  return new Map(Object.entries(parsed))
}

function parseJson(line: Uint8Array, where: string): unknown {
  const text = utf8Text(line)
  if (text === undefined) throw failure(where, 'is not UTF-8')
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    // Also what an engine says of JSON that is nested too deep.
    throw failure(where, `is not JSON: ${quoted(error instanceof Error ? error.message : String(error))}`)
  }
}

function topicField(fields: Fields, where: string): string | undefined {
  const topic = fields.get('topic')
  if (topic === undefined || topic === null) return undefined
  if (typeof topic !== 'string') throw failure(where, 'field "topic" must be a string')
  return topic
}

interface IntegerFacts {
  readonly max: number
  readonly where: string
}

function integerField(fields: Fields, name: string, { max, where }: IntegerFacts): number | undefined {
  const value = fields.get(name)
  if (value === undefined || value === null || value === -1) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
    throw failure(where, `field "${name}" must be a whole number from 0 to ${max}`)
  }
  return value
}

/** `name` or `name_base64`; undefined when there is neither. */
function bytesField(fields: Fields, name: string, where: string): Uint8Array | null | undefined {
  const plain = fields.get(name)
  const encoded = fields.get(`${name}_base64`)
  if (encoded === undefined) {
    if (plain === undefined || plain === null) return plain
    if (typeof plain !== 'string') throw notText(where, name)
    return utf8Bytes(plain, name, where)
  }
  if (plain !== undefined) throw failure(where, `has both "${name}" and "${name}_base64"`)
  return base64Bytes(encoded, `${name}_base64`, where)
}

function notText(where: string, name: string): EnvelopeError {
  return failure(where, `field "${name}" must be a string or null`, `jq turns JSON into a string: .${name} |= tojson`)
}

function headersField(fields: Fields, where: string): HeaderValue[] {
  const flat = fields.get('headers')
  if (flat === undefined || flat === null) return []
  if (!Array.isArray(flat) || flat.length % 2 !== 0) {
    throw failure(where, 'field "headers" must be an array of name, value, name, value...')
  }
  const headers: HeaderValue[] = []
  for (let at = 0; at < flat.length; at += 2) {
    headers.push({ name: headerName(flat[at], where), value: headerValue(flat[at + 1], where) })
  }
  return headers
}

function headerName(item: unknown, where: string): string {
  if (typeof item === 'string' && item.isWellFormed()) return item
  throw failure(where, 'field "headers" has a name that is not a string')
}

function headerValue(item: unknown, where: string): Uint8Array | null {
  if (item === null) return null
  if (typeof item === 'string') return utf8Bytes(item, 'headers', where)
  if (typeof item === 'object' && 'base64' in item) return base64Bytes(item.base64, 'headers', where)
  throw failure(where, 'field "headers" has a value that is neither a string, null nor {"base64":"..."}')
}

/** Half of a surrogate pair has no bytes in UTF-8: taking it would change the record without a word. */
function utf8Bytes(text: string, name: string, where: string): Uint8Array {
  if (!text.isWellFormed()) throw failure(where, `field "${name}" has half of a surrogate pair`)
  return new TextEncoder().encode(text)
}

function base64Bytes(text: unknown, name: string, where: string): Uint8Array {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : undefined
  // Node passes over what is not base64; what encodes back to the same text had nothing to pass over.
  if (bytes?.toString('base64') !== text || bytes === undefined) throw failure(where, `field "${name}" is not base64`)
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

function failure(where: string, message: string, hint?: string): EnvelopeError {
  return new EnvelopeError(`${where} ${message}`, hint === undefined ? {} : { hint })
}
