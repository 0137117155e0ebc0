import type { Partition } from './partition.ts'

export interface DelayedOperationsOptions {
  /** As many may wait at once. */
  readonly operationsMax: number
  /** How often watched partitions are looked at for appends of other processes, in ms. */
  readonly foreignAppendsMs: number
}

/** What a wait ended with: something changed, the time is over, or nobody waits any more. */
export type WaitEnd = 'changed' | 'timeout' | 'cancelled'

/**
 * Requests that wait for data or time (Kafka's purgatory). A change of any watched partition wakes them, whoever made it; other processes do not
 * tell, so the partitions that somebody waits for are looked at a few times each 100 ms. Nothing runs while nobody waits.
 */
export class DelayedOperations {
  readonly #options: DelayedOperationsOptions
  readonly #wakers = new Set<() => void>()
  readonly #watched = new Map<Partition, number>()
  #lookout: ReturnType<typeof setInterval> | undefined
  #isClosed = false

  constructor(options: DelayedOperationsOptions) {
    this.#options = options
  }

  /** How many wait now. */
  get count(): number {
    return this.#wakers.size
  }

  /** Whether one more may wait; if not, an answer comes at once. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#wakers.size < this.#options.operationsMax
  }

  /** Resolves with the first change of one of `partitions`, after `waitMs`, or once `cancelled` is aborted. */
  wait(partitions: readonly Partition[], waitMs: number, cancelled: AbortSignal): Promise<WaitEnd> {
    return new Promise((resolve) => {
      const end = (why: WaitEnd): void => {
        clearTimeout(timer)
        cancelled.removeEventListener('abort', cancel)
        this.#wakers.delete(cancel)
        for (const stop of stops) stop()
        for (const partition of partitions) this.#unwatch(partition)
        resolve(why)
      }
      const cancel = (): void => end('cancelled')
      const timer = setTimeout(() => end('timeout'), waitMs)
      const stops = partitions.map((partition) => partition.onChange(() => end('changed')))
      for (const partition of partitions) this.#watch(partition)
      this.#wakers.add(cancel)
      cancelled.addEventListener('abort', cancel)
      if (cancelled.aborted || this.#isClosed) cancel()
    })
  }

  /** Ends every wait, now and later: the broker stops. */
  close(): void {
    this.#isClosed = true
    for (const cancel of this.#wakers) cancel()
  }

  #watch(partition: Partition): void {
    this.#watched.set(partition, (this.#watched.get(partition) ?? 0) + 1)
    this.#lookout ??= setInterval(() => this.#look(), this.#options.foreignAppendsMs)
  }

  #unwatch(partition: Partition): void {
    const left = (this.#watched.get(partition) ?? 1) - 1
    if (left > 0) this.#watched.set(partition, left)
    else this.#watched.delete(partition)
    if (this.#watched.size > 0 || this.#lookout === undefined) return
    clearInterval(this.#lookout)
    this.#lookout = undefined
  }

  #look(): void {
    for (const partition of this.#watched.keys()) partition.lookForForeignAppends()
  }
}
