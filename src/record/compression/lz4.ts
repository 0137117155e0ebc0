import { blockBytesMax } from '../kernel/block-size.ts'
import { createKernel, type Kernel, type KernelFactory } from '../kernel/kernel.ts'
import { kernelSlackBytes } from '../kernel/slack.ts'
import { BlockWorkspace } from './block-workspace.ts'
import { ExpandedBytes } from './expanded-bytes.ts'
import { Lz4FrameReader, type Lz4ReadOptions } from './lz4-frame-reader.ts'
import { xxhash32 } from './xxhash32.ts'

/** The high bit of a block's size: its bytes are not compressed. */
export const storedBit = 0x8000_0000

/** Magic number, flags (version 1, independent blocks), block size (64 KiB) as Kafka's Java clients write them; room for the checksum. */
const frameHeader = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0)
/** Of a block's size, and of the end mark. */
const sizeBytes = 4

/**
 * LZ4 frames as Kafka's Java clients read and write them (`Lz4BlockOutputStream`):
 *
 * ```
 * magic 4 | flags 1 | block size 1 | header checksum 1 | { size 4 (high bit: stored) | block }* | end mark 4 (zero)
 * ```
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export class Lz4 {
  readonly #workspace: BlockWorkspace
  readonly #output = new ExpandedBytes()

  constructor(createKernel: KernelFactory) {
    this.#workspace = new BlockWorkspace(createKernel)
  }

  /** `bytes` as one frame of independent 64 KiB blocks; a block that does not shrink is stored. */
  compress(bytes: Uint8Array): Uint8Array {
    const frameStart = Math.min(bytes.length, blockBytesMax) + kernelSlackBytes
    const memoryBytes = frameStart + lz4FrameBytesMax(bytes.length) + kernelSlackBytes
    const kernel = this.#workspace.kernelFor(bytes.length, memoryBytes)
    return kernel.memory.slice(frameStart, writeLz4Frame(kernel, bytes, { blockStart: 0, frameStart }))
  }

  /**
   * What the frame holds: blocks of any size, stored or not, linked or not (librdkafka may link them), with or without content
   * size and checksums, which are checked when they are there. Bytes after the end mark are ignored, as Java does. Throws
   * `MalformedMessageError` when the frame is damaged, cut, or holds more than `limitBytes`.
   */
  decompress(bytes: Uint8Array, limitBytes: number, options: Lz4ReadOptions = {}): Uint8Array {
    const memory = { workspace: this.#workspace, output: this.#output }
    try {
      return new Lz4FrameReader(memory, bytes, limitBytes).read(options)
    } finally {
      this.#output.clear()
    }
  }
}

/** The most that a frame of `contentBytes` takes. */
export function lz4FrameBytesMax(contentBytes: number): number {
  return frameHeader.length + contentBytes + sizeBytes * (Math.ceil(contentBytes / blockBytesMax) + 1)
}

/**
 * Writes `bytes` as a frame into the kernel's memory, from `frameStart` on; returns where it ends. There must be room for
 * `lz4FrameBytesMax`, and at `blockStart` for a block of them (at most `blockBytesMax`), each with the kernel's slack.
 */
export function writeLz4Frame(
  kernel: Kernel,
  bytes: Uint8Array,
  { blockStart, frameStart }: { readonly blockStart: number; readonly frameStart: number },
): number {
  const { memory } = kernel
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length)
  memory.set(frameHeader, frameStart)
  memory[frameStart + frameHeader.length - 1] = xxhash32(frameHeader.subarray(4, 6)) >>> 8
  let at = frameStart + frameHeader.length
  for (let start = 0; start < bytes.length; start += blockBytesMax) {
    const block = bytes.subarray(start, start + blockBytesMax)
    memory.set(block, blockStart)
    const outputStart = at + sizeBytes
    // One byte less than the block: what does not shrink is better stored.
    const outputEnd = outputStart + block.length - 1
    const size = kernel.lz4Compress({ start: blockStart, end: blockStart + block.length, outputStart, outputEnd })
    if (size < 0) memory.set(block, outputStart)
    view.setUint32(at, size < 0 ? storedBit + block.length : size, true)
    at = outputStart + (size < 0 ? block.length : size)
  }
  view.setUint32(at, 0, true)
  return at + sizeBytes
}

/** The workspace of the two functions below. */
let shared: Lz4 | undefined

/** `Lz4.compress` in a memory that all callers share. */
export function lz4Compress(bytes: Uint8Array): Uint8Array {
  shared ??= new Lz4(createKernel)
  return shared.compress(bytes)
}

/** `Lz4.decompress` in a memory that all callers share. */
export function lz4Decompress(bytes: Uint8Array, limitBytes: number, options: Lz4ReadOptions = {}): Uint8Array {
  shared ??= new Lz4(createKernel)
  return shared.decompress(bytes, limitBytes, options)
}
