import { createKernel, type Kernel } from '../record/kernel/kernel.ts'

/** So much at a time is copied to where the kernel sees it: it stays in the cache in between. */
const chunkBytes = 64 * 1024

/** Each kernel with a memory of its own takes a large stretch of the address space. */
const kernelsMax = 16

/** The fast checksum, and memory whose bytes it sees where they are. Everything is made when it is first needed. */
export class KernelMemory {
  #shared: Kernel | undefined
  /** The kernels of memory that was made here. */
  readonly #own = new WeakMap<ArrayBufferLike, Kernel>()
  #ownCount = 0
  readonly #gone = new FinalizationRegistry(() => this.#ownCount--)

  /** So many bytes of new memory, whose checksums cost no copy as long as there is not much of it. */
  make(bytes: number): Uint8Array<ArrayBuffer> {
    if (this.#ownCount >= kernelsMax) return new Uint8Array(bytes)
    const kernel = createKernel({ memoryBytes: bytes })
    this.#own.set(kernel.memory.buffer, kernel)
    this.#ownCount++
    this.#gone.register(kernel.memory.buffer, undefined)
    return kernel.memory
  }

  /** The CRC-32C of `bytes`, as uint32. */
  crc32c(bytes: Uint8Array): number {
    const own = this.#own.get(bytes.buffer)
    if (own === undefined) return this.#copiedCrc32c(bytes)
    const start = bytes.byteOffset - own.memory.byteOffset
    return own.crc32c(start, start + bytes.length, 0)
  }

  #copiedCrc32c(bytes: Uint8Array): number {
    const kernel = (this.#shared ??= createKernel({ memoryBytes: chunkBytes }))
    let crc = 0
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const part = bytes.length <= chunkBytes ? bytes : bytes.subarray(at, at + chunkBytes)
      kernel.memory.set(part)
      crc = kernel.crc32c(0, part.length, crc)
    }
    return crc
  }
}
