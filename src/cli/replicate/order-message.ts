import { decode, encode } from '../../wire/codec.ts'
import { array, boolean, float64, int32, string, struct } from '../../wire/schema.ts'
import type { ReplicationRequest } from './request.ts'

const orderMessage = struct({
  patterns: array(string),
  all: boolean,
  partitions: array({ first: int32, last: int32 }),
  groups: boolean,
  keepsOld: boolean,
  overwritesDiverged: boolean,
  follows: boolean,
  isDryRun: boolean,
  isSlow: boolean,
  /** 0: no limit. */
  bytesPerSecond: float64,
})

const dialect = { version: 1, flexible: true } as const

export function encodeOrder(request: ReplicationRequest): Uint8Array {
  return encode(orderMessage.codec(dialect), { ...request, bytesPerSecond: request.bytesPerSecond ?? 0 })
}

/** Throws `MalformedMessageError`. */
export function decodeOrder(bytes: Uint8Array): ReplicationRequest {
  const order = decode(orderMessage.codec(dialect), bytes)
  return { ...order, bytesPerSecond: order.bytesPerSecond > 0 ? order.bytesPerSecond : undefined }
}
