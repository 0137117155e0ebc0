import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { BrokerLog } from '../../broker/broker-log.ts'
import { ExitCode } from '../exit-code.ts'

/** How a run ended: with exit code 0, with one that says that it may do better later, with another one or not even begun, or by a signal. */
export type RunResult = 'ok' | 'hindered' | 'failed' | 'killed'

export interface MaintenanceJobOptions {
  /** The name of the command, which is the first of its words. */
  readonly command: string
  /** The binary that has it. */
  readonly program: string
  readonly log: BrokerLog
  /** A clock that never jumps, in ms. */
  readonly elapsedMs: () => number
}

/** Characters of a failure that are kept. */
const saidMax = 2_000

/** How long a command that is asked to stop may take, in ms: it ends between two batches. */
const stopMs = 3_000

/** A command that a server has run beside it from time to time: never twice at once, and whatever becomes of it costs the server nothing. */
export class MaintenanceJob {
  readonly #options: MaintenanceJobOptions
  readonly #runs = new Map<RunResult, number>([
    ['ok', 0],
    ['hindered', 0],
    ['failed', 0],
    ['killed', 0],
  ])
  #running: { readonly child: ChildProcess; readonly ended: Promise<void> } | undefined
  #lastEndedMs: number | undefined
  #lastTookMs = 0
  #isStopping = false

  constructor(options: MaintenanceJobOptions) {
    this.#options = options
  }

  get command(): string {
    return this.#options.command
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** How many runs have ended, by how. */
  get runs(): ReadonlyMap<RunResult, number> {
    return this.#runs
  }

  /** How long the last run took, in ms. */
  get lastTookMs(): number {
    return this.#lastTookMs
  }

  /** Since the end of the last run, in ms; `undefined` before the first. */
  get sinceLastMs(): number | undefined {
    return this.#lastEndedMs === undefined ? undefined : this.#options.elapsedMs() - this.#lastEndedMs
  }

  /** Runs the command unless it runs still; `onEnd` is told how that ended. */
  run(words: readonly string[], onEnd?: (result: RunResult) => void): void {
    if (this.#running !== undefined || this.#isStopping) return
    const { command, program, log, elapsedMs } = this.#options
    const begunMs = elapsedMs()
    const end = (result: RunResult): void => {
      this.#running = undefined
      this.#lastEndedMs = elapsedMs()
      this.#lastTookMs = this.#lastEndedMs - begunMs
      this.#runs.set(result, (this.#runs.get(result) ?? 0) + 1)
      onEnd?.(result)
    }
    const cannotRun = (error: unknown): void => {
      const reason = error instanceof Error ? error.message : String(error)
      log.error(`${command} cannot be run`, { reason, hint: 'it is tried again when it is due next' })
      end('failed')
    }
    try {
      this.#begin(spawn(program, [command, ...words], { stdio: ['ignore', 'ignore', 'pipe'] }), end, cannotRun)
    } catch (error) {
      // Some of what keeps a process from being made is thrown: a want of memory.
      cannotRun(error)
    }
  }

  #begin(child: ChildProcess, end: (result: RunResult) => void, cannotRun: (error: Error) => void): void {
    let said = ''
    child.stderr?.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-saidMax)))
    const ended = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        cannotRun(error)
        resolve()
      })
      child.once('close', (code, signal) => {
        // After an error that was told there is nothing to add.
        if (this.#running?.child !== child) return
        end(this.#tellEnd(code, signal, said))
        resolve()
      })
    })
    this.#running = { child, ended }
  }

  #tellEnd(code: number | null, signal: NodeJS.Signals | null, said: string): RunResult {
    const { command, log } = this.#options
    if (code === 0) return 'ok'
    if (this.#isStopping) return 'killed'
    const reason = said.trim()
    if (code === ExitCode.temporary || code === ExitCode.locked) {
      log.warn(`${command} was hindered`, { code, reason, hint: 'it is tried again when it is due next' })
      return 'hindered'
    }
    const hint = `run tslog ${command} by hand to see more`
    const killer = signal ?? signalOf(code)
    if (killer === undefined) log.error(`${command} failed`, { code: code ?? -1, reason, hint })
    else log.error(`${command} was killed`, { signal: killer, reason, hint: 'the next run settles what it left' })
    return killer === undefined ? 'failed' : 'killed'
  }

  /** Ends what runs, and resolves once it has: until then it has the directory open. Whoever is killed in it leaves nothing that the next one does not settle. */
  async stop(graceMs = stopMs): Promise<void> {
    this.#isStopping = true
    const running = this.#running
    if (running === undefined) return
    running.child.kill('SIGTERM')
    const timer = setTimeout(() => running.child.kill('SIGKILL'), graceMs)
    await running.ended
    clearTimeout(timer)
  }
}

/** A command that ends in order for a signal says so by its exit code. */
function signalOf(code: number | null): NodeJS.Signals | undefined {
  const signals = Object.entries(constants.signals) as [NodeJS.Signals, number][]
  return signals.find(([, number]) => code === 128 + number)?.[0]
}
