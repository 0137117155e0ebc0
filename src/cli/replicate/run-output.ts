import type { TimestampMs } from '../../base/brands.ts'
import { TslogError } from '../../base/errors.ts'
import type { CliContext } from '../context.ts'
import type { ProgressLine } from '../progress.ts'
import { quoted } from '../format/visible-text.ts'
import { printJson, say, warn } from '../results.ts'
import type { ReplicateOptions } from './plan.ts'
import type { RunWatch } from './replication-run.ts'
import { printReport, sentence } from './report.ts'
import type { ReplicationProgress, ReplicationReport } from './request.ts'
import { patternsWithoutTopic } from './topic-selection.ts'
import { RunEvents } from './run-events.ts'

/** What the command tells of a replication: the progress line and messages for people; with --json the report, and of one that follows its events. */
export class RunOutput implements RunWatch {
  readonly #options: ReplicateOptions
  readonly #context: CliContext
  readonly #progress: ProgressLine
  readonly #startedMs: TimestampMs
  readonly #events = new RunEvents()
  #report: ReplicationReport | undefined

  constructor(options: ReplicateOptions, context: CliContext, progress: ProgressLine) {
    this.#options = options
    this.#context = context
    this.#progress = progress
    this.#startedMs = context.clock.now()
  }

  readonly onProgress = (progress: ReplicationProgress): void => {
    this.#events.noteProgress(progress)
    const { bytes, records, bytesTotal } = progress
    this.#progress.update({ bytes, records, bytesTotal: bytesTotal || undefined })
  }

  readonly onReport = (report: ReplicationReport): void => {
    const isFirst = this.#report === undefined
    this.#report = report
    if (isFirst) this.#tellUnmatched(report)
    if (!this.#options.follow) return
    this.#progress.clear()
    if (isFirst) say(`${sentence(report)}; following`, this.#options, this.#context)
    this.#tell(this.#events.copied(report))
  }

  readonly onWarning = (text: string): void => {
    if (!this.#options.dryRun) warn(text, this.#options, this.#context)
  }

  readonly onBreak = (error: unknown, pauseMs: number): void => {
    this.#progress.clear()
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#options.json) {
      const hint = error instanceof TslogError ? error.hint : undefined
      this.#tell(this.#events.broken({ reason, ...(hint !== undefined && { hint }) }, pauseMs))
    } else warn(`${reason}; trying again in ${pauseMs / 1000} s`, this.#options, this.#context)
  }

  /** The result, once all is done. */
  async end(): Promise<void> {
    const elapsedMs = this.#context.clock.now() - this.#startedMs
    if (this.#options.follow) this.#tell(this.#events.stopped(elapsedMs))
    else if (this.#report !== undefined) {
      await printReport(this.#report, elapsedMs, { options: this.#options, context: this.#context })
    }
  }

  /** A pattern may match nothing yet; one with a slip in it would never. */
  #tellUnmatched({ partitions }: ReplicationReport): void {
    const { operands, partition } = this.#options
    if (partition.length > 0) return
    const names = new Set(partitions.map(({ topic }) => topic))
    for (const pattern of patternsWithoutTopic(operands.slice(0, -1), names)) {
      warn(`no topic matches ${quoted(pattern)}`, this.#options, this.#context)
    }
  }

  #tell(event: ReturnType<RunEvents['stopped']> | undefined): void {
    if (!this.#options.json || event === undefined) return
    printJson({ time: new Date(this.#context.clock.now()).toISOString(), ...event }, this.#context)
  }
}
