import { ByteReader } from '../wire/byte-reader.ts'
import { ByteWriter } from '../wire/byte-writer.ts'
import type { Dialect } from '../wire/codec.ts'
import type { Type } from '../wire/schema.ts'
import { type ApiName, type ApiRow, apiTable } from './api-keys.ts'
import { ErrorCode } from './error-codes.ts'
import {
  type RequestHeader,
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from './headers.ts'

/** One API: its row of the table, and what its requests and responses are made of. */
export interface Api<Request, Response> extends ApiRow {
  readonly name: string
  readonly request: Type<Request>
  readonly response: Type<Response>
}

export function api<Request, Response>(
  name: ApiName,
  request: Type<Request>,
  response: Type<Response>,
): Api<Request, Response> {
  return { name, ...apiTable[name], request, response }
}

/** Whether we speak this version of the API. */
export function speaks({ versions }: ApiRow, version: number): boolean {
  return versions.first <= version && version <= versions.last
}

/**
 * A whole message as it goes out: int32 size, header, body. In pieces, so that large `records` are sent from where
 * they are; they must not change before that.
 */
export type Frame = readonly Uint8Array[]

/** A request whose header was read; `body` stands behind it. */
export interface ReceivedRequest {
  readonly header: RequestHeader
  readonly body: ByteReader
}

/** How many list items a request may have in all: more than clients send, and some 40 MB as objects, 50 ms to read. */
const REQUEST_ITEMS_MAX = 250_000

/** As much for a response: one about all of a large cluster has millions. */
const RESPONSE_ITEMS_MAX = 10_000_000

/** Begins to read a request from its frame, without the size. Throws `MalformedMessageError`. */
export function openRequest(frame: Uint8Array): ReceivedRequest {
  const body = new ByteReader(frame, 0, REQUEST_ITEMS_MAX)
  return { header: readRequestHeader(body), body }
}

/**
 * Reads the body of a request in a version that we speak. Bytes are views of the frame. Throws
 * `MalformedMessageError`.
 */
export function decodeRequest<Request>(one: Api<Request, unknown>, version: number, body: ByteReader): Request {
  return one.request.codec(dialect(one, version)).read(body)
}

/** The frame of a request. */
export function encodeRequest<Request>(
  one: Api<Request, unknown>,
  header: Omit<RequestHeader, 'apiKey'>,
  value: Request,
): Frame {
  const to = begin()
  writeRequestHeader(to, { ...header, apiKey: one.key })
  one.request.codec(dialect(one, header.apiVersion)).write(to, value)
  return end(to)
}

/** The frame of the response to a request of this header. */
export function encodeResponse<Response>(
  one: Api<unknown, Response>,
  header: Pick<RequestHeader, 'apiVersion' | 'correlationId'>,
  value: Response,
): Frame {
  const { apiVersion, correlationId } = header
  const to = begin()
  writeResponseHeader(to, { apiKey: one.key, apiVersion, correlationId })
  one.response.codec(dialect(one, apiVersion)).write(to, value)
  return end(to)
}

/** A response, and which request it answers. */
export interface ReceivedResponse<Response> {
  readonly correlationId: number
  readonly value: Response
}

/**
 * Reads the response to a request of this version from its frame, without the size. A broker that does not know the
 * version of an ApiVersions request answers in version 0: it is read so. Throws `MalformedMessageError`.
 */
export function decodeResponse<Response>(
  one: Api<unknown, Response>,
  version: number,
  frame: Uint8Array,
): ReceivedResponse<Response> {
  const from = new ByteReader(frame, 0, RESPONSE_ITEMS_MAX)
  const correlationId = readResponseHeader(from, one.key, version)
  const spoken = isVersionRefused(one, frame, from.position) ? 0 : version
  return { correlationId, value: one.response.codec(dialect(one, spoken)).read(from) }
}

function isVersionRefused({ key }: ApiRow, frame: Uint8Array, position: number): boolean {
  return key === apiTable.ApiVersions.key && new ByteReader(frame, position).int16() === ErrorCode.UNSUPPORTED_VERSION
}

function dialect({ flexibleSince }: ApiRow, version: number): Dialect {
  return { version, flexible: version >= flexibleSince }
}

/** The size is known at the end. */
function begin(): ByteWriter {
  const to = new ByteWriter()
  to.int32(0)
  return to
}

function end(to: ByteWriter): Frame {
  to.setInt32(0, to.length - 4)
  return to.pieces()
}
