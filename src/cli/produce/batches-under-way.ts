import type { AppendedRange } from '../../store/log-store.ts'

/** So many batches may be on their way: what a broker remembers of a producer (Kafka: max.in.flight.requests.per.connection). */
const underWayMax = 5

/** Batches of which it is not known yet that they arrived, in the order in which they were sent. */
export class BatchesUnderWay {
  readonly #arrivals: Promise<void>[] = []

  get size(): number {
    return this.#arrivals.length
  }

  /** Takes in a batch and calls `arrived` when it has; waits for the oldest ones while too many are on their way. Throws what became of these. */
  async add(arrival: Promise<AppendedRange>, arrived: (range: AppendedRange) => void): Promise<void> {
    const counted = arrival.then(arrived)
    // What fails is thrown to whoever waits for it, however much later that is.
    counted.catch(() => undefined)
    this.#arrivals.push(counted)
    while (this.#arrivals.length >= underWayMax) await this.#oldest()
  }

  /** Waits until all have arrived; throws what became of the first that did not. */
  async settle(): Promise<void> {
    while (this.#arrivals.length > 0) await this.#oldest()
  }

  async #oldest(): Promise<void> {
    await this.#arrivals[0]
    void this.#arrivals.shift()
  }
}
