import type { Partition } from './partition.ts'

export interface DelayedOperationsOptions {
  /** As many may wait at once. */
  readonly operationsMax: number
}

/** What a wait ended with: something changed, the time is over, or nobody waits any more. */
export type WaitEnd = 'changed' | 'timeout' | 'cancelled'

/**
 * Requests that wait for data or time (Kafka's purgatory). A change of any watched partition wakes them: all appends come through this process, also
 * those of commands. Nothing runs while nothing happens.
 */
export class DelayedOperations {
  readonly #options: DelayedOperationsOptions
  readonly #wakers = new Set<() => void>()
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
        resolve(why)
      }
      const cancel = (): void => end('cancelled')
      const timer = setTimeout(() => end('timeout'), waitMs)
      const stops = partitions.map((partition) => partition.onChange(() => end('changed')))
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
}
