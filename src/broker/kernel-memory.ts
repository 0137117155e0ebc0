import type { BatchWindow } from '../record/batch-window.ts'
import { createKernel, type Kernel } from '../record/kernel/kernel.ts'

/** As much as one read of a partition gives at most, in bytes. */
const windowBytes = 2 * 1024 * 1024

/** The memory of the fast checksum, made when it is first needed: reads go through it, and what clients send is copied there to be checked. */
export class KernelMemory {
  #kernel: Kernel | undefined

  /** The whole of it, to read batches into. What lies there stays until the next call of anything here. */
  readonly window = (): BatchWindow => {
    const kernel = this.#ready()
    return { bytes: kernel.memory, crc32c: (start, end) => kernel.crc32c(start, end, 0) }
  }

  /** The CRC-32C of `bytes`, as uint32. */
  crc32c(bytes: Uint8Array): number {
    const kernel = this.#ready()
    const { memory } = kernel
    let crc = 0
    for (let at = 0; at < bytes.length; at += memory.length) {
      const part = bytes.subarray(at, at + memory.length)
      memory.set(part)
      crc = kernel.crc32c(0, part.length, crc)
    }
    return crc
  }

  #ready(): Kernel {
    return (this.#kernel ??= createKernel({ memoryBytes: windowBytes }))
  }
}
