import { createKernel, type Kernel } from '../record/kernel/kernel.ts'

/** So much at a time is copied to where the kernel sees it: it stays in the cache in between. */
const chunkBytes = 64 * 1024

/** The fast checksum; its memory is made when it is first needed. */
export class KernelMemory {
  #kernel: Kernel | undefined

  /** The CRC-32C of `bytes`, as uint32. */
  crc32c(bytes: Uint8Array): number {
    const kernel = (this.#kernel ??= createKernel({ memoryBytes: chunkBytes }))
    let crc = 0
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const part = bytes.subarray(at, at + chunkBytes)
      kernel.memory.set(part)
      crc = kernel.crc32c(0, part.length, crc)
    }
    return crc
  }
}
