import type { Kernel, KernelFactory } from '../kernel/kernel.ts'

/** Up to here the WebAssembly takes longer to start than the TypeScript, which is not compiled yet either, to finish. */
const plainBytesMax = 4 * 1024
/** A fast kernel gets a multiple of this, so that contents of different sizes find room in it; untouched pages cost nothing. */
const memoryStepBytes = 512 * 1024
/** A kernel with more memory than this is not kept for the next call. */
const keptBytesMax = 16 * 1024 * 1024

/**
 * A kernel with a private memory for block codecs, made when first asked for. It is kept, so that a batch costs no start-up;
 * what lies in it between two calls of a codec means nothing.
 */
export class BlockWorkspace {
  readonly #createKernel: KernelFactory
  #kept: Kernel | undefined
  #isFast = false

  constructor(createKernel: KernelFactory) {
    this.#createKernel = createKernel
  }

  /** A kernel of `memoryBytes` or more to work on `contentBytes`: a fast one, unless there is little to do and none yet. */
  kernelFor(contentBytes: number, memoryBytes: number): Kernel {
    const isFast = this.#isFast || contentBytes > plainBytesMax
    const kept = this.#kept
    if (kept !== undefined && kept.memory.length >= memoryBytes && isFast === this.#isFast) return kept
    const kernel = isFast
      ? this.#createKernel({ memoryBytes: Math.ceil(memoryBytes / memoryStepBytes) * memoryStepBytes })
      : this.#createKernel({ memoryBytes, kind: 'plain' })
    if (memoryBytes <= keptBytesMax) {
      this.#kept = kernel
      this.#isFast = isFast
    }
    return kernel
  }
}
