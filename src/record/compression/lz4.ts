import { blockBytesMax } from '../kernel/block-size.ts'
import { createKernel, type Kernel, type KernelFactory } from '../kernel/kernel.ts'
import { kernelSlackBytes } from '../kernel/slack.ts'
import { BlockWorkspace } from './block-workspace.ts'
import { Lz4FrameReader, type Lz4ReadOptions } from './lz4-frame-reader.ts'
import { xxhash32 } from './xxhash32.ts'

/** The high bit of a block's size: its bytes are not compressed. */
export const storedBit = 0x8000_0000

/** Magic number, flags (version 1, independent blocks) and block size (64 KiB), as Kafka's Java clients write them. */
const frameStart = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40)

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

  constructor(createKernel: KernelFactory) {
    this.#workspace = new BlockWorkspace(createKernel)
  }

  /** `bytes` as one frame of independent 64 KiB blocks; a block that does not shrink is stored. */
  compress(bytes: Uint8Array): Uint8Array {
    const blockBytes = Math.min(bytes.length, blockBytesMax)
    const kernel = this.#workspace.kernelFor(bytes.length, 2 * (blockBytes + kernelSlackBytes))
    const blocks = Math.ceil(bytes.length / blockBytesMax)
    const frame = new Uint8Array(frameStart.length + 1 + bytes.length + 4 * blocks + 4)
    frame.set(frameStart)
    frame[frameStart.length] = xxhash32(frameStart.subarray(4)) >>> 8
    let at = frameStart.length + 1
    for (let start = 0; start < bytes.length; start += blockBytesMax) {
      at = writeBlock(kernel, bytes.subarray(start, start + blockBytesMax), frame, at)
    }
    return frame.slice(0, at + 4)
  }

  /**
   * What the frame holds: blocks of any size, stored or not, linked or not (librdkafka may link them), with or without content
   * size and checksums, which are checked when they are there. Bytes after the end mark are ignored, as Java does. Throws
   * `MalformedMessageError` when the frame is damaged, cut, or holds more than `limitBytes`.
   */
  decompress(bytes: Uint8Array, limitBytes: number, options: Lz4ReadOptions = {}): Uint8Array {
    return new Lz4FrameReader(this.#workspace, bytes, limitBytes).read(options)
  }
}

/** Writes the size and the block, compressed or stored, to `frame` at `at`; returns where the next goes. */
function writeBlock(kernel: Kernel, block: Uint8Array, frame: Uint8Array, at: number): number {
  kernel.memory.set(block)
  const outputStart = block.length + kernelSlackBytes
  // One byte less than the block: what does not shrink is better stored.
  const outputEnd = outputStart + block.length - 1
  const size = kernel.lz4Compress({ start: 0, end: block.length, outputStart, outputEnd })
  const content = size < 0 ? block : kernel.memory.subarray(outputStart, outputStart + size)
  const view = new DataView(frame.buffer)
  view.setUint32(at, size < 0 ? storedBit + block.length : size, true)
  frame.set(content, at + 4)
  return at + 4 + content.length
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
