import { MalformedMessageError } from '../../base/errors.ts'
import { createKernel, type Kernel, type KernelFactory } from '../kernel/kernel.ts'
import { kernelSlackBytes } from '../kernel/slack.ts'
import { BlockWorkspace } from './block-workspace.ts'
import { DecompressedTooLargeError } from './decompressed-too-large-error.ts'
import { ExpandedBytes } from './expanded-bytes.ts'

/** Magic number, version and the oldest version that can read it, of xerial's snappy-java. */
const xerialHeader = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1)
/** A block's size that is the start of another header: streams were joined. */
const xerialMagicStart = 0x8253_4e41
const blockBytesMax = 32 * 1024
/** A block expands to at most so many times its size: 64 bytes for the 3 bytes of a copy. */
const expansionMax = 22

/**
 * Snappy as Kafka's clients read and write it: Java and some others frame raw blocks as xerial's snappy-java does, librdkafka
 * and most others write one raw block.
 *
 * ```
 * 82 "SNAPPY" 00 | version 4 | oldest reader 4 | { size 4 | raw block of up to 32 KiB }*      (big-endian)
 * ```
 */
export class Snappy {
  readonly #workspace: BlockWorkspace
  readonly #output = new ExpandedBytes()

  constructor(createKernel: KernelFactory) {
    this.#workspace = new BlockWorkspace(createKernel)
  }

  /** `bytes` in xerial's framing. */
  compress(bytes: Uint8Array): Uint8Array {
    const streamStart = blockBytesMax + kernelSlackBytes
    const memoryBytes = streamStart + snappyStreamBytesMax(bytes.length) + kernelSlackBytes
    const kernel = this.#workspace.kernelFor(bytes.length, memoryBytes)
    return kernel.memory.slice(streamStart, writeSnappyStream(kernel, bytes, { blockStart: 0, streamStart }))
  }

  /**
   * What the stream holds: xerial's framing, also several streams joined, or one raw block. Throws `MalformedMessageError` when
   * it is damaged, cut, or holds more than `limitBytes`.
   */
  decompress(bytes: Uint8Array, limitBytes: number): Uint8Array {
    try {
      if (beginsWithMagic(bytes)) this.#expandAll(bytes, limitBytes)
      else this.#expand(bytes, 0, limitBytes)
      return this.#output.take()
    } finally {
      this.#output.clear()
    }
  }

  /** Expands the blocks of xerial's framing. */
  #expandAll(bytes: Uint8Array, limitBytes: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = xerialHeader.length
    while (at < bytes.length) {
      if (bytes.length - at < 4) throw new MalformedMessageError('snappy stream is cut inside a block size', at)
      const size = view.getUint32(at)
      if (size === xerialMagicStart) {
        at += xerialHeader.length
        continue
      }
      at += 4
      if (size > bytes.length - at) {
        throw new MalformedMessageError(`snappy block of ${size} bytes, ${bytes.length - at} remain`, at)
      }
      this.#expand(bytes.subarray(at, at + size), at, limitBytes - this.#output.length)
      at += size
    }
  }

  /** Expands a raw block that lies at `position` of the stream. */
  #expand(block: Uint8Array, position: number, limitBytes: number): void {
    const claimed = claimedSize(block)
    if (claimed > block.length * expansionMax) {
      throw new MalformedMessageError(`snappy block of ${block.length} bytes claims to hold ${claimed}`, position)
    }
    if (claimed > limitBytes)
      throw new DecompressedTooLargeError(`snappy holds more than ${limitBytes} bytes`, position)
    const outputStart = block.length + kernelSlackBytes
    const outputEnd = outputStart + claimed
    const kernel = this.#workspace.kernelFor(block.length + claimed, outputEnd + kernelSlackBytes)
    kernel.memory.set(block)
    const size = kernel.snappyDecompress({ start: 0, end: block.length, outputStart, outputEnd })
    if (size < 0) throw new MalformedMessageError('snappy block is damaged', position)
    this.#output.append(kernel.memory.subarray(outputStart, outputStart + size))
  }
}

/** The most that `contentBytes` take in xerial's framing. */
export function snappyStreamBytesMax(contentBytes: number): number {
  const blocks = Math.ceil(contentBytes / blockBytesMax)
  return xerialHeader.length + blocks * (4 + worstSizeOf(Math.min(contentBytes, blockBytesMax)))
}

/**
 * Writes `bytes` in xerial's framing into the kernel's memory, from `streamStart` on; returns where they end. There must be room
 * for `snappyStreamBytesMax`, and at `blockStart` for a block of them (at most 32 KiB), each with the kernel's slack.
 */
export function writeSnappyStream(
  kernel: Kernel,
  bytes: Uint8Array,
  { blockStart, streamStart }: { readonly blockStart: number; readonly streamStart: number },
): number {
  const { memory } = kernel
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length)
  memory.set(xerialHeader, streamStart)
  let at = streamStart + xerialHeader.length
  for (let start = 0; start < bytes.length; start += blockBytesMax) {
    const block = bytes.subarray(start, start + blockBytesMax)
    memory.set(block, blockStart)
    const outputStart = at + 4
    const outputEnd = outputStart + worstSizeOf(block.length)
    const size = kernel.snappyCompress({ start: blockStart, end: blockStart + block.length, outputStart, outputEnd })
    view.setInt32(at, size)
    at = outputStart + size
  }
  return at
}

/** What incompressible content may grow to, with room for the encoder to look ahead. */
function worstSizeOf(bytes: number): number {
  return bytes + Math.ceil(bytes / 6) + 32
}

/** Java compares the 8 bytes of the magic number too, and takes anything else for a raw block. */
function beginsWithMagic(bytes: Uint8Array): boolean {
  if (bytes.length < xerialHeader.length) return false
  return xerialHeader.subarray(0, 8).every((byte, index) => bytes[index] === byte)
}

/** The expanded size that a raw block begins with (a varint of up to 5 bytes); infinite when there is none. */
function claimedSize(block: Uint8Array): number {
  let size = 0
  let weight = 1
  for (const byte of block.subarray(0, 5)) {
    size += (byte & 127) * weight
    if (byte < 128) return size
    weight *= 128
  }
  return Infinity
}

/** The workspace of the two functions below. */
let shared: Snappy | undefined

/** `Snappy.compress` in a memory that all callers share. */
export function snappyCompress(bytes: Uint8Array): Uint8Array {
  shared ??= new Snappy(createKernel)
  return shared.compress(bytes)
}

/** `Snappy.decompress` in a memory that all callers share. */
export function snappyDecompress(bytes: Uint8Array, limitBytes: number): Uint8Array {
  shared ??= new Snappy(createKernel)
  return shared.decompress(bytes, limitBytes)
}
