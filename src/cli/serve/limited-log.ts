import type { BrokerLog, LogFacts } from '../../broker/broker-log.ts'

/** So many warnings and errors of one event are told one by one in a window. */
const linesMax = 10

/** In ms. */
const windowMs = 10_000

/**
 * Tells the first few warnings and errors of each event in ten seconds, and at the end of these how many more there were: a client that comes again and
 * again, or a disk that fails, fills no other disk with lines.
 */
export class LimitedLog implements BrokerLog {
  readonly #log: BrokerLog
  /** How often each event has come since the first line of its window. */
  readonly #counts = new Map<string, number>()

  constructor(log: BrokerLog) {
    this.#log = log
  }

  info(event: string, facts?: LogFacts): void {
    this.#log.info(event, facts)
  }

  warn(event: string, facts?: LogFacts): void {
    this.#tell('warn', event, facts)
  }

  error(event: string, facts?: LogFacts): void {
    this.#tell('error', event, facts)
  }

  #tell(level: 'warn' | 'error', event: string, facts: LogFacts | undefined): void {
    const count = this.#counts.get(event) ?? 0
    this.#counts.set(event, count + 1)
    if (count === 0) setTimeout(() => this.#endWindow(level, event), windowMs).unref()
    if (count < linesMax) this.#log[level](event, facts)
  }

  #endWindow(level: 'warn' | 'error', event: string): void {
    const more = (this.#counts.get(event) ?? 0) - linesMax
    this.#counts.delete(event)
    if (more > 0) this.#log[level](event, { more, seconds: windowMs / 1_000 })
  }
}
