import { unreachable } from '../../base/assert.ts'
import type { CompressionCodec } from '../codec.ts'
import { blockBytesMax } from '../kernel/block-size.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { kernelSlackBytes } from '../kernel/slack.ts'
import { gzipCompress, gzipMemberBytesMax } from './gzip.ts'
import { lz4FrameBytesMax, writeLz4Frame } from './lz4.ts'
import { snappyStreamBytesMax, writeSnappyStream } from './snappy.ts'
import { zstdCompressInto, zstdFrameBytesMax } from './zstd.ts'

/** Bytes at the start of a kernel's memory that `compressInto` works in. */
export const compressWorkBytes = blockBytesMax + kernelSlackBytes

/** What `compress` makes of `bytes`, how, and where to put it. */
export interface CompressTask {
  readonly codec: CompressionCodec
  readonly level: number | undefined
  /** Anywhere but in the kernel's memory. */
  readonly bytes: Uint8Array
  /** From here on there is room for `compressedBytesMax`; at least `compressWorkBytes`. */
  readonly start: number
}

/** `compress` without memory of its own: writes the stream into the memory of `kernel`, and returns where it ends. */
export function compressInto(kernel: Kernel, { codec, level, bytes, start }: CompressTask): number {
  switch (codec) {
    case 'none':
      return put(kernel, bytes, start)
    case 'gzip':
      return put(kernel, gzipCompress(bytes, level), start)
    case 'snappy':
      return writeSnappyStream(kernel, bytes, { blockStart: 0, streamStart: start })
    case 'lz4':
      return writeLz4Frame(kernel, bytes, { blockStart: 0, frameStart: start })
    case 'zstd':
      return start + zstdCompressInto(kernel.memory.subarray(start), bytes, level)
    default:
      return unreachable(codec)
  }
}

/** The most that a stream of `contentBytes` takes, with the kernel's slack after it. */
export function compressedBytesMax(codec: CompressionCodec, contentBytes: number): number {
  return streamBytesMax(codec, contentBytes) + kernelSlackBytes
}

function streamBytesMax(codec: CompressionCodec, contentBytes: number): number {
  switch (codec) {
    case 'none':
      return contentBytes
    case 'gzip':
      return gzipMemberBytesMax(contentBytes)
    case 'snappy':
      return snappyStreamBytesMax(contentBytes)
    case 'lz4':
      return lz4FrameBytesMax(contentBytes)
    case 'zstd':
      return zstdFrameBytesMax(contentBytes)
    default:
      return unreachable(codec)
  }
}

function put(kernel: Kernel, bytes: Uint8Array, start: number): number {
  kernel.memory.set(bytes, start)
  return start + bytes.length
}
