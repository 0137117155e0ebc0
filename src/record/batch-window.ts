import { crc32c } from '../wire/crc32c.ts'
import type { BatchWalk, WalkedBatches } from './kernel/batch-walk.ts'
import type { Kernel } from './kernel/kernel.ts'

/** Memory that batches are read into, and the fastest way to checksum a part of it. */
export interface BatchWindow {
  readonly bytes: Uint8Array
  /** CRC-32C of bytes `start` to `end` (exclusive), as uint32; `seed` is that of what comes before, when it is not the beginning. */
  crc32c(start: number, end: number, seed?: number): number
  /** Takes many ordinary batches at once, where the memory is a kernel's. */
  readonly walkBatches?: (walk: BatchWalk) => WalkedBatches
}

/** A window that costs nothing to make: right for a few batches. */
export function plainBatchWindow(bytes: number): BatchWindow {
  const memory = new Uint8Array(bytes)
  return { bytes: memory, crc32c: (start, end, seed) => crc32c(memory.subarray(start, end), seed) }
}

/** The first `bytes` of a window: what is wanted of a large batch alone costs no reading of what follows it. */
export function frontOf(window: BatchWindow, bytes: number): BatchWindow {
  return { bytes: window.bytes.subarray(0, bytes), crc32c: (start, end, seed) => window.crc32c(start, end, seed) }
}

/** The whole memory of `kernel` as a window: right for megabytes and more. */
export function kernelBatchWindow(kernel: Kernel): BatchWindow {
  return {
    bytes: kernel.memory,
    crc32c: (start, end, seed = 0) => kernel.crc32c(start, end, seed),
    walkBatches: (walk) => kernel.walkBatches(walk),
  }
}
