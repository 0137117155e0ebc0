import { unreachable } from '../../base/assert.ts'
import type { CompressionCodec } from '../codec.ts'
import { gzipCompress, gzipDecompress } from './gzip.ts'
import { lz4Compress, lz4Decompress } from './lz4.ts'
import { snappyCompress, snappyDecompress } from './snappy.ts'
import { tooLarge } from './zlib.ts'
import { zstdCompress, zstdDecompress } from './zstd.ts'

/** Undoes `compress`; `decompress` is one, and so may be a function with faster means at hand. */
export type Decompressor = (codec: CompressionCodec, bytes: Uint8Array, limitBytes: number) => Uint8Array

/**
 * What one batch may decompress to when nobody says otherwise: 192 MiB, that is 192 times the default `max.message.bytes`. Kafka has no such bound,
 * and logs may well be 100 times smaller compressed. Whatever writes batches keeps to it, so that all readers can read them, and a reader of a
 * bomb, which holds it twice while it grows, stays below 512 MB.
 */
export const decompressedBytesMaxDefault = 192 * 1024 * 1024

/** `bytes` as one stream of `codec`. `level` is within `compressionLevels(codec)`; by default it is Kafka's. */
export function compress(codec: CompressionCodec, bytes: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipCompress(bytes, level)
    case 'snappy':
      return snappyCompress(bytes)
    case 'lz4':
      return lz4Compress(bytes)
    case 'zstd':
      return zstdCompress(bytes, level)
    default:
      return unreachable(codec)
  }
}

/**
 * What the stream `bytes` holds. Reads whatever Kafka's clients write: gzip with several members, snappy in xerial framing
 * or as one raw block, LZ4 and zstd frames without a content size. Throws `MalformedMessageError` when the stream is damaged
 * and `DecompressedTooLargeError`, which is one, when it gives more than `limitBytes`; it stops early then, so that a bomb costs no more than that.
 */
export function decompress(codec: CompressionCodec, bytes: Uint8Array, limitBytes: number): Uint8Array {
  switch (codec) {
    case 'none':
      if (bytes.length > limitBytes) throw tooLarge('plain', limitBytes)
      return bytes
    case 'gzip':
      return gzipDecompress(bytes, limitBytes)
    case 'snappy':
      return snappyDecompress(bytes, limitBytes)
    case 'lz4':
      return lz4Decompress(bytes, limitBytes)
    case 'zstd':
      return zstdDecompress(bytes, limitBytes)
    default:
      return unreachable(codec)
  }
}

/** `decompress` for magic 0 and 1, whose LZ4 frames may carry a wrong header checksum (KAFKA-3160). */
export function decompressLegacy(codec: CompressionCodec, bytes: Uint8Array, limitBytes: number): Uint8Array {
  if (codec === 'lz4') return lz4Decompress(bytes, limitBytes, { ignoreHeaderChecksum: true })
  return decompress(codec, bytes, limitBytes)
}
