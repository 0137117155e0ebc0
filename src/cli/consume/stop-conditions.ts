import type { OutputStream } from '../output.ts'
import { SignalWatch, type StopSignal } from '../signals.ts'
import type { RecordTally } from './batch-printer.ts'

/** Why reading stops before it is done. */
export type StopCause = StopSignal | 'timeout' | 'count'

/** The longest time that timers know, in ms. */
const timerMax = 2 ** 31 - 1

/** Bytes read between two turns of the event loop, in which signals and timers are seen. */
const turnBytes = 4 * 1024 * 1024

/** Flushes in a row that send nothing, each as long as a nap of the output, after which a reader counts as stuck. */
const stuckFlushes = 5

/** The time is over, and the reader of standard output takes nothing of what is left. */
export class ReaderStuckError extends Error {
  override readonly name = 'ReaderStuckError'
}

/** What may end a reading, looked at between batches. */
export class StopConditions implements Disposable {
  readonly #signals = new SignalWatch()
  readonly #tally: RecordTally
  readonly #timer: NodeJS.Timeout | undefined
  /** Only with a timeout: to make one takes a while. */
  readonly #expiry: AbortController | undefined
  #bytesSinceTurn = 0

  constructor(tally: RecordTally, timeoutMs: number | undefined) {
    this.#tally = tally
    if (timeoutMs === undefined || timeoutMs > timerMax) return
    const expiry = new AbortController()
    this.#expiry = expiry
    this.#timer = setTimeout(() => expiry.abort(), timeoutMs)
    this.#timer.unref()
  }

  /** The reason to stop now, if there is one. */
  get cause(): StopCause | undefined {
    if (this.#tally.left <= 0) return 'count'
    return this.#signals.pending() ?? (this.#isExpired ? 'timeout' : undefined)
  }

  get #isExpired(): boolean {
    return this.#expiry?.signal.aborted === true
  }

  /** Lets signals and timers through when so many bytes have been read since the last time. */
  async pass(bytes: number): Promise<void> {
    this.#bytesSinceTurn += bytes
    if (this.#bytesSinceTurn >= turnBytes) await this.turn()
  }

  async turn(): Promise<void> {
    this.#bytesSinceTurn = 0
    await this.#signals.turn()
  }

  /** After a signal cut a write short: learns what it wants, and sends the rest unless it is to stop. */
  async settle(output: OutputStream): Promise<void> {
    await this.turn()
    if (this.cause === undefined) await this.flush(output)
  }

  /**
   * Sends all that waits in the output, however long its reader takes; a second signal ends the process. Once the time is over a reader
   * must go on taking it: throws `ReaderStuckError` when it does not.
   */
  async flush(output: OutputStream): Promise<void> {
    let [sent, idleFlushes] = [output.bytesSent, 0]
    while (!output.flush()) {
      await this.turn()
      idleFlushes = output.bytesSent === sent && this.#isExpired ? idleFlushes + 1 : 0
      sent = output.bytesSent
      if (idleFlushes >= stuckFlushes) throw new ReaderStuckError()
    }
  }

  /** Waits for `ms`, or until there is a reason to stop. */
  sleep(ms: number): Promise<void> {
    const stops = [this.#signals.stop, ...(this.#expiry === undefined ? [] : [this.#expiry.signal])]
    if (stops.some((signal) => signal.aborted)) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        for (const signal of stops) signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      for (const signal of stops) signal.addEventListener('abort', done)
    })
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#signals[Symbol.dispose]()
  }
}
