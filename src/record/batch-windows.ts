import type { BatchWindow } from './batch-window.ts'
import { createKernel, type Kernel } from './kernel/kernel.ts'

/** So many are on their way at a time, as a rule. */
const windowsMax = 8

/**
 * Memory for batches on their way from one place to another: taken for what comes, and given back once it is where it belongs, so that a copy of
 * any size goes through the same few pages. It lies in a kernel, whose checksums need no copy of it. What is never taken costs nothing.
 */
export class BatchWindows {
  /** Of each window. */
  readonly windowBytes: number
  /** Where the free ones begin; the one that was given back last is the next, since a cache may still hold it. */
  readonly #free: number[] = []
  #kernel: Kernel | undefined

  constructor(windowBytes: number) {
    this.windowBytes = windowBytes
    // The first one is for the checksums of what lies elsewhere.
    for (let at = windowsMax; at > 0; at--) this.#free.push(at * windowBytes)
  }

  /** Makes ready what the first window takes longest for. */
  open(): void {
    this.#opened()
  }

  /** A window of `windowBytes`, to be given back. */
  take(): BatchWindow {
    const start = this.#free.pop()
    if (start === undefined) return this.#another()
    const kernel = this.#opened()
    return {
      bytes: kernel.memory.subarray(start, start + this.windowBytes),
      crc32c: (from, to, seed = 0) => kernel.crc32c(start + from, start + to, seed),
    }
  }

  /** `bytes`, or any part of them, lay in a window, which may be taken again. What lies elsewhere is left to the garbage collector. */
  giveBack(bytes: Uint8Array): void {
    if (this.#kernel === undefined || bytes.length === 0) return
    const place = placeIn(this.#kernel, bytes)
    if (place !== undefined) this.#free.push(place - (place % this.windowBytes))
  }

  /** The CRC-32C of `bytes` from `start` to `end` (exclusive), wherever they lie, going on from `seed`. */
  crc32c(bytes: Uint8Array, start: number, end: number, seed = 0): number {
    const kernel = this.#opened()
    const place = placeIn(kernel, bytes)
    if (place !== undefined) return kernel.crc32c(place + start, place + end, seed)
    let crc = seed
    for (let at = start; at < end; at += this.windowBytes) {
      const part = bytes.subarray(at, Math.min(at + this.windowBytes, end))
      kernel.memory.set(part)
      crc = kernel.crc32c(0, part.length, crc)
    }
    return crc
  }

  /** Memory for more than what is expected. */
  #another(): BatchWindow {
    const bytes = new Uint8Array(this.windowBytes)
    return { bytes, crc32c: (from, to, seed) => this.crc32c(bytes, from, to, seed) }
  }

  #opened(): Kernel {
    return (this.#kernel ??= createKernel({ memoryBytes: (windowsMax + 1) * this.windowBytes }))
  }
}

/** Where `bytes` lie in the memory of a kernel. */
function placeIn({ memory }: Kernel, bytes: Uint8Array): number | undefined {
  return bytes.buffer === memory.buffer ? bytes.byteOffset - memory.byteOffset : undefined
}
