/** What Bun has beyond Node: `true` collects at once. */
interface Runtime {
  readonly gc?: (isNow: boolean) => void
}

/** So many batches leave some 300 KB behind, and take far longer than a collection. */
const batchesPerCollection = 256

/**
 * Collects what a thread leaves behind that does nothing but compress. Each call of a native addon leaves a kilobyte that is freed by the next
 * collection; but Bun begins one by what JavaScript has allocated, which is next to nothing here, and memory grew by 3 MB a minute. Other
 * runtimes need no help.
 */
export class GarbageCollector {
  readonly #runtime = (globalThis as { readonly Bun?: Runtime }).Bun
  #batches = 0

  batchDone(): void {
    this.#batches++
    if (this.#batches % batchesPerCollection === 0) this.#runtime?.gc?.(true)
  }
}
