import type { BrokerLog } from '../../broker/broker-log.ts'
import type { BrokerSettings } from '../../broker/broker-settings.ts'
import { MaintenanceJob, type RunResult } from './maintenance-job.ts'

/** What maintenance needs to know of the log that is served. */
export interface MaintainedLog {
  readonly path: string
  /** Whether any topic is compacted. */
  hasCompactedTopics(): boolean
  /** A number that grows with what is appended: nothing is to be compacted while it stands still. Throws nothing. */
  appended(): bigint
}

/** What maintenance is done with. */
export interface MaintenanceTools {
  readonly report: BrokerLog
  /** A clock that never jumps, in ms. */
  readonly elapsedMs: () => number
  /** The binary whose commands are run; this one by default. */
  readonly program?: string
}

/**
 * Applies retention and compacts while a server runs, as a cron job would: by `tslog retention` and `tslog compact`, each a process of its own, which has
 * its own memory and takes none of the server's time. One of each at a time: what makes room does not wait for hours of compaction.
 */
export class Maintenance {
  /** Both commands, for who watches them. */
  readonly jobs: readonly MaintenanceJob[]
  readonly #retention: MaintenanceJob
  readonly #compaction: MaintenanceJob
  readonly #log: MaintainedLog
  readonly #settings: BrokerSettings
  readonly #timers: NodeJS.Timeout[] = []
  #compactedAt = -1n

  constructor(log: MaintainedLog, settings: BrokerSettings, { report, elapsedMs, program }: MaintenanceTools) {
    this.#log = log
    this.#settings = settings
    const shared = { program: program ?? process.execPath, log: report, elapsedMs }
    this.#retention = new MaintenanceJob({ ...shared, command: 'retention' })
    this.#compaction = new MaintenanceJob({ ...shared, command: 'compact' })
    this.jobs = [this.#retention, this.#compaction]
  }

  start(): void {
    const { retentionCheckMs, cleanerEnabled, cleanerBackoffMs } = this.#settings
    this.#every(retentionCheckMs, () => this.#retention.run(this.#onDirectory()))
    if (cleanerEnabled) this.#every(cleanerBackoffMs, () => this.#compact())
  }

  /** Resolves once nothing of it has the directory open any more. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all(this.jobs.map((job) => job.stop()))
  }

  #every(ms: number, act: () => void): void {
    const timer = setInterval(act, Math.min(Math.max(ms, 100), timerMsMax))
    timer.unref()
    this.#timers.push(timer)
  }

  #compact(): void {
    if (this.#compaction.isRunning || !this.#log.hasCompactedTopics()) return
    const appended = this.#log.appended()
    if (appended === this.#compactedAt) return
    this.#compactedAt = appended
    const memory = String(this.#settings.cleanerMemoryBytes)
    this.#compaction.run(['--memory', memory, ...this.#onDirectory()], (result: RunResult) => {
      // What it was killed in is to be done still, or what another process was in the way of, such as retention; what it failed at would fail again
      // until something changes.
      if (result === 'killed' || result === 'hindered') this.#compactedAt = -1n
    })
  }

  #onDirectory(): string[] {
    return ['-d', this.#log.path, '--json']
  }
}

/** The longest time that timers know, in ms. */
const timerMsMax = 2 ** 31 - 1
