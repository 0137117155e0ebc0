import { assert } from '../../base/assert.ts'
import { type BatchWalk, type WalkedBatches, walkedBatchesMax } from './batch-walk.ts'
import type { BlockTask, DecodeStop, EncodeStop, Kernel, LineDecoding, LineEncoding } from './kernel.ts'
import { assertBlockSize } from './block-size.ts'
import { kernelSlackBytes } from './slack.ts'
import { webAssembly, type WebAssemblyApi, type WebAssemblyModule } from './web-assembly.ts'
import { simdModule } from './kernel-module.generated.ts'

/** What lies below is the module's own; see memory-map.as.ts. */
const arenaStart = 65536
const pageBytes = 65536
const reportStart = 16960
const walkedStart = 17152

/** In the order of the numbers that the module answers with. */
const encodeStops: readonly EncodeStop[] = ['need-input', 'full', 'too-large']
const decodeStops: readonly DecodeStop[] = ['done', 'full', 'large', 'malformed']

/** What kernel.as.ts exports; ranges are addresses, booleans are numbers, unsigned numbers come back signed. */
interface KernelExports {
  readonly initializeCrc: () => void
  readonly crc32c: (start: number, end: number, seed: number) => number
  /** Start and end, next offset and end offset, leader epoch. */
  readonly walkBatches: (...walk: (number | bigint)[]) => number
  readonly encodeLines: (...task: number[]) => number
  readonly decodeLines: (...task: number[]) => number
  readonly lz4Compress: BlockFunction
  readonly lz4Decompress: BlockFunction
  readonly snappyCompress: BlockFunction
  readonly snappyDecompress: BlockFunction
}

/** Start and end, output start and end, history start; those that know no history ignore the fifth. */
type BlockFunction = (...task: number[]) => number

/** A kernel with a memory of its own, or nothing where the runtime has no SIMD. */
export function tryWasmKernel(memoryBytes: number): Kernel | undefined {
  const api = webAssembly()
  if (api === undefined) return undefined
  compiled ??= { module: tryCompile(api) }
  return compiled.module && new WasmKernel(memoryBytes, instantiate(api, compiled.module, memoryBytes))
}

/** The one state of this module: what an engine has learned of a module that is hot, it keeps with the module. */
let compiled: { readonly module: WebAssemblyModule | undefined } | undefined

/** A module with instructions that the engine does not know does not compile: this is the feature test too. */
function tryCompile(api: WebAssemblyApi): WebAssemblyModule | undefined {
  try {
    return new api.Module(Uint8Array.fromBase64(simdModule))
  } catch {
    return undefined
  }
}

interface Instance {
  readonly buffer: ArrayBuffer
  readonly exports: KernelExports
}

function instantiate(api: WebAssemblyApi, module: WebAssemblyModule, memoryBytes: number): Instance {
  const pages = Math.ceil((arenaStart + memoryBytes + kernelSlackBytes) / pageBytes)
  const memory = new api.Memory({ initial: pages, maximum: pages })
  const { exports } = new api.Instance(module, { env: { memory } })
  return { buffer: memory.buffer, exports: exports as KernelExports }
}

class WasmKernel implements Kernel {
  readonly kind = 'simd'
  readonly memory: Uint8Array<ArrayBuffer>
  readonly #exports: KernelExports
  readonly #report: Int32Array
  #walked: WalkedColumns | undefined

  constructor(memoryBytes: number, { buffer, exports }: Instance) {
    this.memory = new Uint8Array(buffer, arenaStart, memoryBytes)
    this.#report = new Int32Array(buffer, reportStart, 16)
    this.#exports = exports
    exports.initializeCrc()
  }

  crc32c(start: number, end: number, seed: number): number {
    this.#assertInside(start, end)
    return this.#exports.crc32c(arenaStart + start, arenaStart + end, seed) >>> 0
  }

  walkBatches(walk: BatchWalk): WalkedBatches {
    this.#assertInside(walk.position, walk.end)
    const columns = (this.#walked ??= new WalkedColumns(this.memory.buffer))
    const [start, end] = [arenaStart + walk.position, arenaStart + walk.end]
    const count = this.#exports.walkBatches(start, end, walk.nextOffset, walk.endOffset, walk.leaderEpoch)
    walk.position = this.#reported(0) - arenaStart
    columns.take(count, walk)
    return columns
  }

  encodeLines(task: LineEncoding): EncodeStop {
    this.#assertInside(task.inputPosition, task.inputEnd)
    this.#assertInside(task.outputPosition, task.outputEnd)
    const stop = this.#exports.encodeLines(
      arenaStart + task.inputPosition,
      arenaStart + task.inputSearched,
      arenaStart + task.inputEnd,
      Number(task.isFinal),
      arenaStart + task.outputPosition,
      arenaStart + task.outputEnd,
      task.delimiter,
      task.timestampDelta,
      task.offsetDelta,
      task.recordsMax,
      task.valueBytesMax,
      arenaStart + task.keyStart,
      task.keyEnd - task.keyStart,
      arenaStart + task.headersStart,
      task.headersEnd - task.headersStart,
    )
    task.inputPosition = this.#reported(0) - arenaStart
    task.inputSearched = this.#reported(1) - arenaStart
    task.outputPosition = this.#reported(2) - arenaStart
    task.offsetDelta = this.#reported(3)
    if (stop === 2) task.tooLargeBytes = this.#reported(4)
    return encodeStops[stop] ?? 'too-large'
  }

  decodeLines(task: LineDecoding): DecodeStop {
    this.#assertInside(task.position, task.end)
    this.#assertInside(task.outputStart, task.outputPosition)
    this.#assertInside(task.outputPosition, task.outputEnd)
    const stop = this.#exports.decodeLines(
      arenaStart + task.position,
      arenaStart + task.end,
      arenaStart + task.outputStart,
      arenaStart + task.outputPosition,
      arenaStart + task.outputEnd,
      task.delimiter,
      task.firstOffsetDelta,
      Math.min(task.recordsMax - task.recordsWritten, 0x7fff_ffff),
      Number(task.hasNullMarker),
    )
    task.position = this.#reported(0) - arenaStart
    task.outputPosition = this.#reported(1) - arenaStart
    task.recordsSeen += this.#reported(2)
    task.recordsWritten += this.#reported(3)
    task.largeStart = this.#reported(4) - arenaStart
    task.largeEnd = this.#reported(5) - arenaStart
    return decodeStops[stop] ?? 'malformed'
  }

  lz4Compress(task: BlockTask): number {
    assertBlockSize(task)
    return this.#block(task, this.#exports.lz4Compress)
  }

  lz4Decompress(task: BlockTask): number {
    return this.#block(task, this.#exports.lz4Decompress)
  }

  snappyCompress(task: BlockTask): number {
    assertBlockSize(task)
    return this.#block(task, this.#exports.snappyCompress)
  }

  snappyDecompress(task: BlockTask): number {
    return this.#block(task, this.#exports.snappyDecompress)
  }

  #block(task: BlockTask, run: BlockFunction): number {
    this.#assertInside(task.start, task.end)
    this.#assertInside(task.historyStart ?? task.outputStart, task.outputEnd)
    return run(
      arenaStart + task.start,
      arenaStart + task.end,
      arenaStart + task.outputStart,
      arenaStart + task.outputEnd,
      arenaStart + (task.historyStart ?? task.outputStart),
    )
  }

  #reported(index: number): number {
    return this.#report[index] ?? 0
  }

  #assertInside(start: number, end: number): void {
    const size = this.memory.length
    assert(start >= 0 && start <= end && end <= size, `range ${start} to ${end} of a memory of ${size} bytes`)
  }
}

/** What `walkBatches` puts into the module's own memory; see walk-batches.as.ts. */
class WalkedColumns implements WalkedBatches {
  count = 0
  records = 0
  readonly sizes: Uint32Array
  readonly offsetCounts: Uint32Array
  readonly maxTimestamps: Float64Array
  readonly ofProducers: Uint8Array
  readonly #records: Float64Array

  constructor(buffer: ArrayBuffer) {
    this.maxTimestamps = new Float64Array(buffer, walkedStart, walkedBatchesMax)
    this.sizes = new Uint32Array(buffer, walkedStart + 8 * walkedBatchesMax, walkedBatchesMax)
    this.offsetCounts = new Uint32Array(buffer, walkedStart + 12 * walkedBatchesMax, walkedBatchesMax)
    this.ofProducers = new Uint8Array(buffer, walkedStart + 16 * walkedBatchesMax, walkedBatchesMax)
    this.#records = new Float64Array(buffer, reportStart + 8, 1)
  }

  /** Moves `walk` on over the batches that were taken. */
  take(count: number, walk: BatchWalk): void {
    this.count = count
    this.records = this.#records[0] ?? 0
    let offsets = 0
    for (let index = 0; index < count; index++) offsets += this.offsetCounts[index] ?? 0
    walk.nextOffset += BigInt(offsets)
  }
}
