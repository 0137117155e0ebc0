import { assert } from '../../base/assert.ts'
import { crc32c } from '../../wire/crc32c.ts'
import type { BatchWalk, WalkedBatches } from './batch-walk.ts'
import type { BlockTask, DecodeStop, EncodeStop, Kernel, LineDecoding, LineEncoding } from './kernel.ts'
import { assertBlockSize } from './block-size.ts'
import { decodeLines } from './plain-decode-lines.ts'
import { encodeLines } from './plain-encode-lines.ts'
import { lz4Compress, lz4Decompress } from './plain-lz4.ts'
import { walkBatches } from './plain-walk-batches.ts'
import { snappyCompress, snappyDecompress } from './plain-snappy.ts'

/**
 * The kernel in TypeScript: says what the WebAssembly has to do, does it where there is no SIMD, and is the cheaper one for a
 * few lines, since it needs no start-up.
 */
export class PlainKernel implements Kernel {
  readonly kind = 'plain'
  readonly memory: Uint8Array<ArrayBuffer>
  #hashTable: Uint16Array | undefined

  constructor(memoryBytes: number) {
    this.memory = new Uint8Array(memoryBytes)
  }

  crc32c(start: number, end: number, seed: number): number {
    this.#assertInside(start, end)
    return crc32c(this.memory.subarray(start, end), seed)
  }

  walkBatches(walk: BatchWalk): WalkedBatches {
    this.#assertInside(walk.position, walk.end)
    return walkBatches(this.memory, walk)
  }

  encodeLines(task: LineEncoding): EncodeStop {
    this.#assertInside(task.inputPosition, task.inputEnd)
    this.#assertInside(task.outputPosition, task.outputEnd)
    return encodeLines(this.memory, task)
  }

  decodeLines(task: LineDecoding): DecodeStop {
    this.#assertInside(task.position, task.end)
    this.#assertInside(task.outputStart, task.outputEnd)
    return decodeLines(this.memory, task)
  }

  lz4Compress(task: BlockTask): number {
    return lz4Compress(this.memory, this.#compressible(task), this.#emptyHashTable())
  }

  lz4Decompress(task: BlockTask): number {
    return lz4Decompress(this.memory, this.#checked(task))
  }

  snappyCompress(task: BlockTask): number {
    return snappyCompress(this.memory, this.#compressible(task), this.#emptyHashTable())
  }

  snappyDecompress(task: BlockTask): number {
    return snappyDecompress(this.memory, this.#checked(task))
  }

  #emptyHashTable(): Uint16Array {
    this.#hashTable ??= new Uint16Array(1 << 14)
    return this.#hashTable.fill(0)
  }

  #compressible(task: BlockTask): BlockTask {
    assertBlockSize(task)
    return this.#checked(task)
  }

  #checked(task: BlockTask): BlockTask {
    this.#assertInside(task.start, task.end)
    this.#assertInside(task.historyStart ?? task.outputStart, task.outputEnd)
    return task
  }

  #assertInside(start: number, end: number): void {
    const size = this.memory.length
    assert(start >= 0 && start <= end && end <= size, `range ${start} to ${end} of a memory of ${size} bytes`)
  }
}
