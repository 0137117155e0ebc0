import { CorruptSegmentError } from '../base/errors.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { decode, encode } from '../wire/codec.ts'
import { crc32c } from '../wire/crc32c.ts'
import type { Offset } from '../base/brands.ts'
import { array, int32, int64, nullable, string, struct, timestamp, uint32, type ValueOf } from '../wire/schema.ts'
import { batchFactsMessage, groupOffsetsMessage, leaderPartitionMessage, leaderTopicMessage } from './messages.ts'

/** The first bytes of every bundle; the digit is the version. */
export const bundleMagic: Uint8Array = new TextEncoder().encode('TSLOGBUNDLE1\n')

/** What stands in front of every frame: kind, length of the body, CRC-32C of kind, length and body. */
const frameHeadBytes = 9
const frameBytesMax = 256 * 1024 * 1024

export type BundleFrameKind = 'contents' | 'batches' | 'end'
const kinds: readonly BundleFrameKind[] = ['contents', 'batches', 'end']

/** What a bundle holds: written first, so that it can be looked at without the rest. */
export const bundleContents = struct({
  createdMs: timestamp,
  source: string,
  topics: array(leaderTopicMessage),
  partitions: array({
    topic: string,
    partition: int32,
    described: leaderPartitionMessage,
    /** The batches begin here; the log may have more before it, in an earlier bundle. */
    fromOffset: int64.as<Offset>(),
    /** The batch before `fromOffset`: what a copy must end with. */
    before: nullable(batchFactsMessage),
  }),
  groups: array(groupOffsetsMessage),
})
export type BundleContents = ValueOf<typeof bundleContents>

/** What stands at the end: a bundle without it was cut off. */
export const bundleEnd = struct({ frameCount: uint32, chainedCrc: uint32 })

/** In front of the batches of a frame: which partition of the contents they belong to. */
export const partitionIndexBytes = 4

const dialect = { version: 0, flexible: true } as const

export function encodeContents(contents: BundleContents): Uint8Array {
  return encode(bundleContents.codec(dialect), contents)
}

/** Throws `MalformedMessageError`. */
export function decodeContents(bytes: Uint8Array): BundleContents {
  return decode(bundleContents.codec(dialect), bytes)
}

export function encodeEnd(end: ValueOf<typeof bundleEnd>): Uint8Array {
  return encode(bundleEnd.codec(dialect), end)
}

export function decodeEnd(bytes: Uint8Array): ValueOf<typeof bundleEnd> {
  return decode(bundleEnd.codec(dialect), bytes)
}

/** The CRC of all frames so far: that of the one before, and of the CRC of this one. */
export function chainCrc(before: number, frameCrc: number): number {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setUint32(0, before)
  bytes.setUint32(4, frameCrc)
  return crc32c(new Uint8Array(bytes.buffer))
}

/** A frame as it is written. */
export function frameOf(kind: BundleFrameKind, pieces: readonly Uint8Array[]): { bytes: Uint8Array; crc: number } {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const bytes = new Uint8Array(frameHeadBytes + length)
  const view = new DataView(bytes.buffer)
  bytes[0] = kinds.indexOf(kind)
  view.setUint32(1, length)
  let at = frameHeadBytes
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  const crc = frameCrc(bytes)
  view.setUint32(5, crc)
  return { bytes, crc }
}

/** Of everything but the CRC itself. */
function frameCrc(bytes: Uint8Array): number {
  return crc32c(bytes.subarray(frameHeadBytes), crc32c(bytes.subarray(0, 5)))
}

export interface BundleFrame {
  readonly kind: BundleFrameKind
  readonly body: Uint8Array
  readonly crc: number
  /** Where the next frame begins, in bytes. */
  readonly end: number
}

/** Reads and checks the frame at `position`. Throws `CorruptSegmentError` when it is damaged or cut off. */
export function readFrame(file: OpenFile, position: number): BundleFrame {
  const head = new Uint8Array(frameHeadBytes)
  if (file.read(head, position) < frameHeadBytes)
    throw new CorruptSegmentError(file.path, position, 'the bundle is cut off')
  const view = new DataView(head.buffer)
  const length = view.getUint32(1)
  const kind = kinds[head[0] ?? kinds.length]
  if (kind === undefined || length > frameBytesMax || position + frameHeadBytes + length > file.size()) {
    throw new CorruptSegmentError(file.path, position, 'no frame of a bundle begins here, or it is cut off')
  }
  const bytes = new Uint8Array(frameHeadBytes + length)
  file.read(bytes, position)
  if (frameCrc(bytes) !== view.getUint32(5))
    throw new CorruptSegmentError(file.path, position, 'the CRC of the frame is wrong')
  return { kind, body: bytes.subarray(frameHeadBytes), crc: view.getUint32(5), end: position + bytes.length }
}
