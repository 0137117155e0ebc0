import { MalformedMessageError } from '../../base/errors.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { kernelSlackBytes } from '../kernel/slack.ts'
import type { BlockWorkspace } from './block-workspace.ts'
import { DecompressedTooLargeError } from './decompressed-too-large-error.ts'
import type { ExpandedBytes } from './expanded-bytes.ts'
import { xxhash32 } from './xxhash32.ts'

const frameMagic = 0x184d_2204
/** How far back a match may reach, into the blocks before when they are linked. */
const historyBytesMax = 65_536
/** A block expands to at most so many times its size: 255 bytes for each byte of a match length. */
const expansionMax = 255

/** Bits of the flags; the upper two are the version, 1. */
const flag = {
  blockIndependence: 0x20,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  reserved: 0x02,
  dictionary: 0x01,
}

export interface Lz4ReadOptions {
  /** For messages of magic 0 and 1, whose producers hashed the magic number along (KAFKA-3160): the checksum says nothing. */
  readonly ignoreHeaderChecksum?: boolean
}

interface FrameHeader {
  readonly flags: number
  readonly blockBytesMax: number
  /** -1 when the frame does not say. */
  readonly contentBytes: number
}

/** Reads one LZ4 frame; see `Lz4.decompress`. */
export class Lz4FrameReader {
  readonly #workspace: BlockWorkspace
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #limitBytes: number
  readonly #output: ExpandedBytes
  #position = 0
  /** Bytes of the blocks before that lie below `historyBytesMax` in the kernel's memory. */
  #historyBytes = 0

  /** `output` is empty, and whatever a failure leaves in it is the caller's to clear. */
  constructor(memory: { workspace: BlockWorkspace; output: ExpandedBytes }, bytes: Uint8Array, limitBytes: number) {
    this.#workspace = memory.workspace
    this.#output = memory.output
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#limitBytes = limitBytes
  }

  read(options: Lz4ReadOptions): Uint8Array {
    const header = this.#readHeader(options)
    const room = Math.min(header.blockBytesMax, this.#bytes.length * expansionMax)
    const memoryBytes = historyBytesMax + room + Math.min(header.blockBytesMax, this.#bytes.length)
    const kernel = this.#workspace.kernelFor(this.#bytes.length, memoryBytes + 2 * kernelSlackBytes)
    for (;;) {
      const sizeAndBit = this.#uint32()
      if (sizeAndBit === 0) break
      this.#readBlock(kernel, header, sizeAndBit)
    }
    const content = this.#output.take()
    this.#checkContent(header, content)
    return content
  }

  #readHeader({ ignoreHeaderChecksum = false }: Lz4ReadOptions): FrameHeader {
    if (this.#uint32() !== frameMagic) this.#fail('is no LZ4 frame', 0)
    const descriptorStart = this.#position
    const flags = this.#uint8()
    const blockSizeByte = this.#uint8()
    if (!isKnown(flags, blockSizeByte)) {
      this.#fail(`LZ4 frame has flags ${flags} and block size ${blockSizeByte}`, descriptorStart)
    }
    if ((flags & flag.dictionary) !== 0) this.#fail('LZ4 frame needs a dictionary', descriptorStart)
    const contentBytes = (flags & flag.contentSize) === 0 ? -1 : this.#uint32() + this.#uint32() * 2 ** 32
    const checksum = xxhash32(this.#bytes.subarray(descriptorStart, this.#position)) >>> 8
    const isTrue = this.#uint8() === (checksum & 0xff)
    if (!isTrue && !ignoreHeaderChecksum) this.#fail('LZ4 header does not have its checksum', descriptorStart)
    return { flags, blockBytesMax: 1 << (8 + 2 * (blockSizeByte >> 4)), contentBytes }
  }

  #readBlock(kernel: Kernel, { flags, blockBytesMax }: FrameHeader, sizeAndBit: number): void {
    const size = sizeAndBit % 0x8000_0000
    const start = this.#position
    if (size > blockBytesMax) this.#fail(`LZ4 block of ${size} bytes, ${blockBytesMax} at most`, start)
    const block = this.#take(size)
    if ((flags & flag.blockChecksum) !== 0 && this.#uint32() !== xxhash32(block)) {
      this.#fail('LZ4 block does not have its checksum', start)
    }
    const isLinked = (flags & flag.blockIndependence) === 0
    const isStored = sizeAndBit >= 0x8000_0000
    const expandedBytes = isStored ? copyStored(kernel, block) : this.#expand(kernel, block, blockBytesMax, start)
    if (this.#output.length + expandedBytes > this.#limitBytes) {
      throw new DecompressedTooLargeError(`LZ4 frame holds more than ${this.#limitBytes} bytes`, start)
    }
    this.#output.append(kernel.memory.subarray(historyBytesMax, historyBytesMax + expandedBytes))
    if (isLinked) this.#keepHistory(kernel, expandedBytes)
  }

  /** Expands a block behind the history; its own bytes lie behind the room for that. */
  #expand(kernel: Kernel, block: Uint8Array, blockBytesMax: number, start: number): number {
    const outputEnd = historyBytesMax + Math.min(blockBytesMax, this.#bytes.length * expansionMax)
    const blockStart = outputEnd + kernelSlackBytes
    kernel.memory.set(block, blockStart)
    const size = kernel.lz4Decompress({
      start: blockStart,
      end: blockStart + block.length,
      outputStart: historyBytesMax,
      outputEnd,
      historyStart: historyBytesMax - this.#historyBytes,
    })
    return size < 0 ? this.#fail('LZ4 block is damaged', start) : size
  }

  #keepHistory(kernel: Kernel, expandedBytes: number): void {
    const end = historyBytesMax + expandedBytes
    this.#historyBytes = Math.min(historyBytesMax, this.#historyBytes + expandedBytes)
    kernel.memory.copyWithin(historyBytesMax - this.#historyBytes, end - this.#historyBytes, end)
  }

  #checkContent({ flags, contentBytes }: FrameHeader, content: Uint8Array): void {
    if (contentBytes >= 0 && contentBytes !== content.length) {
      this.#fail(`LZ4 frame says it holds ${contentBytes} bytes and holds ${content.length}`, this.#position)
    }
    if ((flags & flag.contentChecksum) !== 0 && this.#uint32() !== xxhash32(content)) {
      this.#fail('LZ4 content does not have its checksum', this.#position)
    }
  }

  #uint8(): number {
    return this.#take(1)[0] ?? 0
  }

  #uint32(): number {
    this.#take(4)
    return this.#view.getUint32(this.#position - 4, true)
  }

  #take(size: number): Uint8Array {
    const remaining = this.#bytes.length - this.#position
    if (size > remaining) this.#fail(`LZ4 frame is cut: ${size} bytes are due, ${remaining} remain`, this.#position)
    this.#position += size
    return this.#bytes.subarray(this.#position - size, this.#position)
  }

  #fail(message: string, position: number): never {
    throw new MalformedMessageError(message, position)
  }
}

/** Version 1, reserved bits clear, and a block size of 4 (64 KiB) to 7 (4 MiB). */
function isKnown(flags: number, blockSizeByte: number): boolean {
  return flags >> 6 === 1 && (flags & flag.reserved) === 0 && (blockSizeByte & 0x8f) === 0 && blockSizeByte >= 0x40
}

function copyStored(kernel: Kernel, block: Uint8Array): number {
  kernel.memory.set(block, historyBytesMax)
  return block.length
}
