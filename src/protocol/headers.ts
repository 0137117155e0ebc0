import type { ByteReader } from '../wire/byte-reader.ts'
import type { ByteWriter } from '../wire/byte-writer.ts'
import { struct } from '../wire/schema.ts'
import { apiRowOf, apiTable } from './api-keys.ts'

/**
 * What stands before every request: version 1, or 2 when the API's version is flexible, which adds tagged fields at
 * the end but leaves `clientId` in its old form. (Version 0, without `clientId`, was ControlledShutdown's alone.)
 */
export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  /** Given back with the response; the client's own count. */
  readonly correlationId: number
  /** What the client calls itself; null on the wire reads as empty. */
  readonly clientId: string
}

/** Reads a header, whatever its key and version: those are for the caller to judge. Throws `MalformedMessageError`. */
export function readRequestHeader(from: ByteReader): RequestHeader {
  const apiKey = from.int16()
  const apiVersion = from.int16()
  const correlationId = from.int32()
  const clientId = from.nullableString() ?? ''
  if (isFlexible(apiKey, apiVersion)) tags.codec(flexible).read(from)
  return { apiKey, apiVersion, correlationId, clientId }
}

export function writeRequestHeader(to: ByteWriter, header: RequestHeader): void {
  to.int16(header.apiKey)
  to.int16(header.apiVersion)
  to.int32(header.correlationId)
  to.nullableString(header.clientId)
  if (isFlexible(header.apiKey, header.apiVersion)) tags.codec(flexible).write(to, {})
}

/** Reads what stands before a response to this version of the API, and gives its correlation id. */
export function readResponseHeader(from: ByteReader, apiKey: number, apiVersion: number): number {
  const correlationId = from.int32()
  if (hasResponseTags(apiKey, apiVersion)) tags.codec(flexible).read(from)
  return correlationId
}

/** What a response header is for: the API and version that it answers. */
export function writeResponseHeader(to: ByteWriter, header: Omit<RequestHeader, 'clientId'>): void {
  to.int32(header.correlationId)
  if (hasResponseTags(header.apiKey, header.apiVersion)) tags.codec(flexible).write(to, {})
}

/** Tagged fields and nothing else; none is known in a header. */
const tags = struct({})
const flexible = { version: 0, flexible: true } as const

/** A key that we do not speak counts as not flexible: nothing behind its header is read. */
function isFlexible(apiKey: number, apiVersion: number): boolean {
  return apiVersion >= (apiRowOf(apiKey)?.flexibleSince ?? Infinity)
}

/** ApiVersions never has them, since it is asked before either side knows what the other reads. */
function hasResponseTags(apiKey: number, apiVersion: number): boolean {
  return apiKey !== apiTable.ApiVersions.key && isFlexible(apiKey, apiVersion)
}
