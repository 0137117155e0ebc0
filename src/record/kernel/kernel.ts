import type { BatchWalk, WalkedBatches } from './batch-walk.ts'
import { PlainKernel } from './plain-kernel.ts'
import { tryWasmKernel } from './wasm-kernel.ts'

/** Which code runs: WebAssembly with SIMD, or TypeScript. Both give the same bytes. */
export type KernelKind = 'simd' | 'plain'

/**
 * The loops that touch every byte, on one memory of fixed size. All addresses are indexes into `memory`; ranges are half open.
 * A range outside `memory` is the caller's bug; what lies inside may be as hostile as it likes.
 */
export interface Kernel {
  readonly kind: KernelKind
  /** Where the caller puts its bytes: read files and pipes straight into it. */
  readonly memory: Uint8Array<ArrayBuffer>

  /** CRC-32C of [start, end) as uint32, going on from `seed`, the CRC of what comes before (0 for nothing). */
  crc32c(start: number, end: number, seed: number): number

  /** Takes batches of magic 2 that follow one another, CRCs included, up to one that is not ordinary; moves `walk` on. */
  walkBatches(walk: BatchWalk): WalkedBatches

  /** Turns lines into records until something is missing; moves `task` on. */
  encodeLines(task: LineEncoding): EncodeStop

  /** Turns records into lines until something is missing; moves `task` on. */
  decodeLines(task: LineDecoding): DecodeStop

  /** Compresses a raw block of at most 64 KiB; the size, or -1 when it does not fit into the output. */
  lz4Compress(task: BlockTask): number
  /** Expands a raw block; the size, or -1 when it is damaged or does not fit into the output. */
  lz4Decompress(task: BlockTask): number
  /** As `lz4Compress`. */
  snappyCompress(task: BlockTask): number
  /** As `lz4Decompress`. */
  snappyDecompress(task: BlockTask): number
}

/** One block to compress or to expand. */
export interface BlockTask {
  readonly start: number
  readonly end: number
  readonly outputStart: number
  readonly outputEnd: number
  /** How far down matches may reach (LZ4 with linked blocks); `outputStart` when absent. */
  readonly historyStart?: number
}

/** Where an encoder of lines stands. The kernel moves what is not `readonly`. */
export interface LineEncoding {
  /** The first byte that is not in a record yet: the start of a line. */
  inputPosition: number
  /** From `inputPosition` up to here there is no delimiter. */
  inputSearched: number
  readonly inputEnd: number
  /** Whether nothing follows `inputEnd`: bytes after the last delimiter are a line then. */
  readonly isFinal: boolean
  /** Where the next record goes. */
  outputPosition: number
  readonly outputEnd: number
  /** Of the next record; the number of records in the batch so far. */
  offsetDelta: number
  /** The batch is full when `offsetDelta` reaches this. */
  readonly recordsMax: number
  /** The byte that ends a line: 0 to 255. It is not part of the value. */
  readonly delimiter: number
  /** The records' timestamp less the batch's base timestamp, ms; may be negative. */
  readonly timestampDelta: number
  /** A longer value stops the encoder. */
  readonly valueBytesMax: number
  /** The key with its varint length as all records carry it; one byte of 1 is no key. */
  readonly keyStart: number
  readonly keyEnd: number
  /** The headers with their varint count; one byte of 0 is none. */
  readonly headersStart: number
  readonly headersEnd: number
  /** After 'too-large': bytes of the line at `inputPosition`, without its delimiter. */
  tooLargeBytes: number
}

/**
 * `need-input`: no delimiter in the rest of the input. `full`: the next record does not fit, nothing of it is consumed.
 * `too-large`: the next line, which is whole, is longer than `valueBytesMax`; nothing of it is consumed.
 */
export type EncodeStop = 'need-input' | 'full' | 'too-large'

/** Where a decoder of lines stands. The kernel moves what is not `readonly`. */
export interface LineDecoding {
  /** The first byte of the next record of an uncompressed v2 records section. */
  position: number
  readonly end: number
  readonly outputStart: number
  /** Where the next line goes; what lies between `outputStart` and here waits to be written. */
  outputPosition: number
  /** At least 8 bytes after `outputStart`. */
  readonly outputEnd: number
  readonly delimiter: number
  /** Records before this delta are passed over. */
  readonly firstOffsetDelta: number
  /** The decoder is done when `recordsWritten` reaches this. */
  readonly recordsMax: number
  /** Whether a null value is written as `NULL`, not as an empty line. */
  readonly hasNullMarker: boolean
  /** Records walked so far, those passed over included. */
  recordsSeen: number
  /** Records that became lines so far, a large one included. */
  recordsWritten: number
  /** After 'large': the value, without a delimiter, for the caller to write. */
  largeStart: number
  largeEnd: number
}

/**
 * `done`: `end` or `recordsMax` is reached. `full`: the next line does not fit behind those written. `large`: it does not even
 * fit into the empty output; the record counts as written, and the caller writes its value and the delimiter. `malformed`: the record
 * at `position` does not follow the format.
 */
export type DecodeStop = 'done' | 'full' | 'large' | 'malformed'

export interface KernelOptions {
  /** Size of `Kernel.memory`. Pages that are never touched cost nothing. */
  readonly memoryBytes: number
  /** The best to take; the runtime decides when absent. `plain` starts at once, the other takes about 1 ms the first time. */
  readonly kind?: KernelKind | undefined
}

/** How a kernel is made; `createKernel` outside of tests. */
export type KernelFactory = (options: KernelOptions) => Kernel

/** The best kernel that the runtime has; `plain` when asked for. */
export function createKernel({ memoryBytes, kind }: KernelOptions): Kernel {
  return (kind === 'plain' ? undefined : tryWasmKernel(memoryBytes)) ?? new PlainKernel(memoryBytes)
}
