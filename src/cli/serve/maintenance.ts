import { spawn, type ChildProcess } from 'node:child_process'
import type { BrokerLog } from '../../broker/broker-log.ts'
import type { BrokerSettings } from '../../broker/broker-settings.ts'

/** What maintenance needs to know of the log that is served. */
export interface MaintainedLog {
  readonly path: string
  /** Whether any topic is compacted. */
  hasCompactedTopics(): boolean
  /** A number that grows with what is appended: nothing is to be compacted while it stands still. */
  appended(): bigint
}

/**
 * Applies retention and compacts while a server runs, as a cron job would: by `tslog retention` and `tslog compact`, each a process of its own, which has
 * its own memory and takes none of the server's time. One at a time.
 */
export class Maintenance {
  readonly #log: MaintainedLog
  readonly #settings: BrokerSettings
  readonly #report: BrokerLog
  readonly #timers: NodeJS.Timeout[] = []
  #running: ChildProcess | undefined
  #compactedAt = -1n

  constructor(log: MaintainedLog, settings: BrokerSettings, report: BrokerLog) {
    this.#log = log
    this.#settings = settings
    this.#report = report
  }

  start(): void {
    const { retentionCheckMs, cleanerEnabled, cleanerBackoffMs } = this.#settings
    this.#every(retentionCheckMs, () => this.#run(['retention']))
    if (cleanerEnabled) this.#every(cleanerBackoffMs, () => this.#compact())
  }

  /** Stops what runs: whoever is killed in it leaves nothing that the next one does not settle. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#running?.kill('SIGTERM')
  }

  #every(ms: number, act: () => void): void {
    const timer = setInterval(act, Math.min(Math.max(ms, 100), timerMsMax))
    timer.unref()
    this.#timers.push(timer)
  }

  #compact(): void {
    const appended = this.#log.appended()
    if (appended === this.#compactedAt || !this.#log.hasCompactedTopics() || this.#running !== undefined) return
    this.#compactedAt = appended
    this.#run(['compact', '--memory', String(this.#settings.cleanerMemoryBytes)])
  }

  #run(words: readonly string[]): void {
    if (this.#running !== undefined) return
    const [command = ''] = words
    const child = spawn(process.execPath, [...words, '-d', this.#log.path, '--json'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#running = child
    let said = ''
    child.stderr?.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-saidMax)))
    child.once('error', (error) => this.#report.error(`${command} cannot be run`, { reason: error.message }))
    child.once('close', (code, signal) => {
      this.#running = undefined
      if (code !== 0 && signal === null)
        this.#report.error(`${command} failed`, { code: code ?? -1, reason: said.trim() })
    })
  }
}

/** Characters of a failure that are kept. */
const saidMax = 2_000
/** The longest time that timers know, in ms. */
const timerMsMax = 2 ** 31 - 1
