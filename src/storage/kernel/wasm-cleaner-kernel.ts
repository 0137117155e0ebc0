import { assert } from '../../base/assert.ts'
import { offset, type Offset } from '../../base/brands.ts'
import { webAssembly, type WebAssemblyApi, type WebAssemblyMemory } from '../../record/kernel/web-assembly.ts'
import type {
  CleanerKernel,
  CleanerKernelOptions,
  FilteredRecords,
  KeyNoting,
  NotedKeys,
  RecordFiltering,
} from './cleaner-kernel.ts'
import { simdModule } from './kernel-module.generated.ts'
import { bytesOfSlots, keysOf, slotsFor, slotsWithin } from './map-size.ts'

const pageBytes = 65_536
/** The module's own page, see memory-map.as.ts; the map follows, and what the caller has of the memory follows that. */
const mapStart = pageBytes
const reportStart = 16_960
const slackBytes = 64
/** All that 32 bits can address. */
const pagesMax = 65_536

/** In the order of the numbers that the module answers with. */
const noteStops: readonly NotedKeys['stop'][] = ['done', 'full', 'malformed']

/** What kernel.as.ts exports; addresses and booleans are numbers, 64-bit numbers are bigints. */
interface KernelExports {
  readonly initializeCrc: () => void
  readonly crc32c: (start: number, end: number, seed: number) => number
  readonly setSecret: (first: bigint, second: bigint) => void
  readonly beginMap: (start: number, slots: number) => void
  readonly clearSlots: (start: number, slots: number) => void
  readonly keyCount: () => number
  readonly noteKeys: (...task: (number | bigint)[]) => number
  readonly filterRecords: (...task: (number | bigint)[]) => number
}

/** A kernel in WebAssembly, or nothing where the runtime has no SIMD. */
export function tryWasmCleanerKernel(options: CleanerKernelOptions): CleanerKernel | undefined {
  const api = webAssembly()
  if (api === undefined) return undefined
  try {
    const module = new api.Module(Buffer.from(simdModule, 'base64'))
    return new WasmCleanerKernel(options, { api, module })
  } catch (error) {
    if (error instanceof RangeError) throw error
    return undefined
  }
}

class WasmCleanerKernel implements CleanerKernel {
  readonly kind = 'simd'
  readonly #memory: WebAssemblyMemory
  readonly #exports: KernelExports
  readonly #slotsMax: number
  readonly #arenaStart: number
  #slots = 0
  #view: Uint8Array<ArrayBuffer>

  constructor(options: CleanerKernelOptions, { api, module }: { api: WebAssemblyApi; module: object }) {
    this.#slotsMax = slotsWithin(options.mapBytes)
    const mapPages = Math.ceil(bytesOfSlots(this.#slotsMax) / pageBytes)
    this.#arenaStart = mapStart + mapPages * pageBytes
    this.#memory = new api.Memory({ initial: mapPages + 2, maximum: pagesMax })
    this.#exports = new api.Instance(module, { env: { memory: this.#memory } }).exports as KernelExports
    this.#exports.initializeCrc()
    const secret = new DataView(options.secret.buffer, options.secret.byteOffset, 16)
    this.#exports.setSecret(secret.getBigUint64(0, true), secret.getBigUint64(8, true))
    this.#view = this.#arena()
  }

  get memory(): Uint8Array<ArrayBuffer> {
    return this.#view
  }

  get keyCount(): number {
    return this.#exports.keyCount()
  }

  reserve(bytes: number): void {
    if (bytes <= this.#view.length) return
    this.#memory.grow(Math.ceil((bytes - this.#view.length) / pageBytes))
    this.#view = this.#arena()
  }

  crc32c(start: number, end: number): number {
    this.#assertInside(start, end)
    return this.#exports.crc32c(this.#arenaStart + start, this.#arenaStart + end, 0) >>> 0
  }

  beginMap(keysWanted: number): number {
    // Fresh memory is empty already, and costs nothing before it is touched.
    this.#exports.clearSlots(mapStart, this.#slots)
    this.#slots = slotsFor(keysWanted, this.#slotsMax)
    this.#exports.beginMap(mapStart, this.#slots)
    return keysOf(this.#slots)
  }

  noteKeys(task: KeyNoting): NotedKeys {
    this.#assertInside(task.start, task.end)
    const { baseOffset, firstOffset, keysMax, recordCount } = task
    const start = this.#arenaStart + task.start
    const end = this.#arenaStart + task.end
    const stop = this.#exports.noteKeys(start, end, recordCount, baseOffset, firstOffset, keysMax)
    return { stop: noteStops[stop] ?? 'malformed', lastOffset: this.#reportedOffset() }
  }

  filterRecords(task: RecordFiltering): FilteredRecords | undefined {
    this.#assertInside(task.start, task.end)
    this.#assertInside(task.out, task.out + task.end - task.start)
    const { baseShift } = task
    const isWhole = this.#exports.filterRecords(
      this.#arenaStart + task.start,
      this.#arenaStart + task.end,
      task.recordCount,
      task.baseOffset,
      task.latestOffset,
      Number(task.keepsTombstones),
      Number(task.mustCopy),
      Number(baseShift === 'first'),
      BigInt(baseShift === 'first' ? 0 : baseShift),
      this.#arenaStart + task.out,
    )
    if (isWhole === 0) return undefined
    const report = this.#report()
    return {
      kept: report.getUint32(0, true),
      tombstones: report.getUint32(4, true),
      keyless: report.getUint32(8, true),
      outBytes: report.getUint32(12, true),
      baseShift: Number(report.getBigInt64(16, true)),
      largestTimestampDelta: Number(report.getBigInt64(24, true)),
    }
  }

  #reportedOffset(): Offset {
    return offset(this.#report().getBigInt64(0, true))
  }

  #report(): DataView {
    return new DataView(this.#memory.buffer, reportStart, 32)
  }

  #arena(): Uint8Array<ArrayBuffer> {
    const bytes = this.#memory.buffer.byteLength - this.#arenaStart - slackBytes
    return new Uint8Array(this.#memory.buffer, this.#arenaStart, bytes)
  }

  #assertInside(start: number, end: number): void {
    const size = this.#view.length
    assert(start >= 0 && start <= end && end <= size, `range ${start} to ${end} of a memory of ${size} bytes`)
  }
}
