import { nativeCalls } from '../disk/native-calls.ts'

/** The signals that ask for an orderly stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** What the shell sees after an orderly stop: 128 and the number of the signal. */
export const exitCodeOfSignal: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const signalNumbers: Readonly<Record<StopSignal, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

/** Where signals come from: `process`, or a fake in tests. */
export interface SignalSource {
  on(signal: StopSignal, handler: () => void): unknown
  off(signal: StopSignal, handler: () => void): unknown
  /** Ends the process at once. */
  exit(code: number): void
}

export interface SignalWatchOptions {
  readonly source?: SignalSource
  /** Signals that the one who started us set to be ignored (`nohup`, background jobs of scripts): they stay ignored. */
  readonly ignored?: ReadonlySet<StopSignal>
}

/**
 * Watches for SIGINT, SIGTERM and SIGHUP from its construction to its disposal. The first is only noted, so that the work
 * can stop at a record border; a second one ends the process at once with the code of the first.
 *
 * Handlers run in the event loop: a loop of synchronous reads and writes must take a `turn` every few MiB and whenever a
 * wait says `interrupted`.
 */
export class SignalWatch {
  readonly #source: SignalSource
  readonly #handlers: readonly (readonly [StopSignal, () => void])[]
  #controller: AbortController | undefined
  #pending: StopSignal | undefined

  constructor({ source = process, ignored = inheritedIgnores() }: SignalWatchOptions = {}) {
    this.#source = source
    this.#handlers = stopSignals
      .filter((signal) => !ignored.has(signal))
      .map((signal) => [signal, () => this.#note(signal)])
    for (const [signal, handler] of this.#handlers) source.on(signal, handler)
  }

  /** The signal that asked us to stop, if one has been seen. */
  pending(): StopSignal | undefined {
    return this.#pending
  }

  /** Aborted with the first signal, for whoever waits in the event loop. */
  get stop(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#pending !== undefined) this.#controller.abort()
    return this.#controller.signal
  }

  /** Lets the event loop run once; a signal that has arrived before is `pending` afterwards. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  /** Gives the signals back to what they did before. */
  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) this.#source.off(signal, handler)
  }

  #note(signal: StopSignal): void {
    if (this.#pending !== undefined) {
      this.#source.exit(exitCodeOfSignal[this.#pending])
      return
    }
    this.#pending = signal
    this.#controller?.abort()
  }
}

function inheritedIgnores(): ReadonlySet<StopSignal> {
  const calls = nativeCalls()
  return new Set(stopSignals.filter((signal) => calls?.ignoresSignal(signalNumbers[signal]) === true))
}
