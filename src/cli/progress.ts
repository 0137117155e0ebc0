import type { Clock } from '../base/clock.ts'
import type { TimestampMs } from '../base/brands.ts'
import type { CliContext } from './context.ts'
import { humanBytes, humanCount, humanDuration } from './format/human-units.ts'
import { writeMessage } from './standard-streams.ts'

/** How far a long piece of work is; totals of the whole work so far. */
export interface ProgressFacts {
  readonly bytes: number
  /** Left out where records are not what is counted. */
  readonly records?: number | undefined
  /** Bytes of all the work, when known. */
  readonly bytesTotal?: number | undefined
}

export interface ProgressOptions {
  readonly clock: Clock
  /** Puts text on stderr. */
  readonly write: (text: string) => void
  /** Whether stderr is a terminal that moves its cursor (not `TERM=dumb`): only then is there a line. */
  readonly isTerminal: boolean
}

/** The least time between two drawings: ten a second. */
const REDRAW_MS = 100

/** Before that the start of the work weighs in too much for a word about its end. */
const ESTIMATE_MS = 500

/**
 * The line that shows on stderr how long work goes on: `1.2 GiB of 4 GiB, 345k records, 120k/s, 23s left`. `update` costs
 * next to nothing between drawings. Where there is no terminal only `showStatus` writes.
 */
export class ProgressLine {
  readonly #options: ProgressOptions
  readonly #startedMs: TimestampMs
  #facts: ProgressFacts = { bytes: 0, records: 0 }
  #drawnMs = Number.NEGATIVE_INFINITY
  #isDrawn = false

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#startedMs = options.clock.now()
  }

  /** Says how far the work is; draws when the last drawing is old enough. */
  update(facts: ProgressFacts): void {
    this.#facts = facts
    if (!this.#options.isTerminal) return
    const now = this.#options.clock.now()
    // A clock that was set back must not stop the line for hours.
    if (now - this.#drawnMs < REDRAW_MS && now >= this.#drawnMs) return
    this.#drawnMs = now
    this.#isDrawn = true
    this.#options.write(`\r${this.#text(now)}\u001b[K`)
  }

  /** One line for SIGUSR1, also without a terminal. */
  showStatus(): void {
    this.clear()
    this.#options.write(`${this.#text(this.#options.clock.now())}\n`)
  }

  /** Takes the line away, before anything else is written to stderr and at the end. */
  clear(): void {
    if (this.#isDrawn) this.#options.write('\r\u001b[K')
    this.#isDrawn = false
    this.#drawnMs = Number.NEGATIVE_INFINITY
  }

  #text(now: TimestampMs): string {
    return progressText(this.#facts, now - this.#startedMs)
  }
}

/** The line of a command: drawn on a terminal as standard error, but for `-q`. */
export function progressLineOf(context: CliContext, { quiet }: { readonly quiet: boolean }): ProgressLine {
  return new ProgressLine({
    clock: context.clock,
    write: (text) => writeMessage(context.stderr, text),
    isTerminal: !quiet && context.isTerminal(context.stderr) && context.environment['TERM'] !== 'dumb',
  })
}

/**
 * Adds up what is done of `bytesTotal` on the line, and gives the event loop a turn after every `bytesPerTurn`, which SIGUSR1 waits for: then what
 * it returns is to be awaited.
 */
export function countedOn(
  line: ProgressLine,
  { bytesTotal, bytesPerTurn }: { readonly bytesTotal: number; readonly bytesPerTurn: number },
): (bytes: number, records: number) => Promise<void> | void {
  const done = { bytes: 0, records: 0, bytesTotal }
  let turnAt = bytesPerTurn
  return (bytes, records) => {
    done.bytes += bytes
    done.records += records
    line.update({ ...done })
    if (done.bytes < turnAt) return undefined
    turnAt += bytesPerTurn
    return new Promise((resolve) => setImmediate(resolve))
  }
}

/** The words of the line; `elapsedMs` since the work began. */
export function progressText({ bytes, records, bytesTotal }: ProgressFacts, elapsedMs: number): string {
  const parts = [bytesTotal === undefined ? humanBytes(bytes) : `${humanBytes(bytes)} of ${humanBytes(bytesTotal)}`]
  if (records !== undefined) parts.push(`${humanCount(records)} record${records === 1 ? '' : 's'}`)
  if (elapsedMs > 0) parts.push(rateText({ bytes, records }, elapsedMs))
  if (bytesTotal !== undefined && bytes > 0 && bytesTotal > bytes && elapsedMs >= ESTIMATE_MS) {
    parts.push(`${humanDuration((elapsedMs / bytes) * (bytesTotal - bytes))} left`)
  }
  return parts.join(', ')
}

function rateText({ bytes, records }: ProgressFacts, elapsedMs: number): string {
  const perSecond = Math.round(((records ?? bytes) / elapsedMs) * 1000)
  return `${records === undefined ? humanBytes(perSecond) : humanCount(perSecond)}/s`
}

/** Where SIGUSR1 comes from: `process`, or a fake in tests. */
export interface StatusSignalSource {
  on(signal: 'SIGUSR1', handler: () => void): unknown
  off(signal: 'SIGUSR1', handler: () => void): unknown
}

/** Shows the status of `line` at each SIGUSR1 (seen at the next turn of the event loop) until disposed. */
export function showStatusOnSignal(line: ProgressLine, source: StatusSignalSource = process): Disposable {
  const handler = (): void => line.showStatus()
  source.on('SIGUSR1', handler)
  return { [Symbol.dispose]: () => void source.off('SIGUSR1', handler) }
}
