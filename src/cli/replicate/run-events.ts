import type { Offset } from '../../base/brands.ts'
import { partitionDirectoryName } from '../../storage/file-names.ts'
import type { JsonValue } from '../format/json-document.ts'
import type { ReplicationProgress, ReplicationReport } from './request.ts'
import { RunTotals } from './run-totals.ts'

/** One line of `replicate --follow --json`. */
type RunEvent = Readonly<Record<string, JsonValue>>

/** What happens to a copy that follows its source, for machines: what came since the event before, breaks, and the totals in the end. */
export class RunEvents {
  readonly #totals = new RunTotals()
  #told = { bytes: 0, records: 0 }
  readonly #ends = new Map<string, Offset>()
  #groups = 0
  #hasCopied = false

  noteProgress(progress: ReplicationProgress): void {
    this.#totals.noteProgress(progress)
  }

  /** The copy is where its source was a moment ago; `undefined` when nothing is new. */
  copied(report: ReplicationReport): RunEvent | undefined {
    const partitions = report.partitions.flatMap((one) => {
      const key = partitionDirectoryName(one)
      const from = this.#ends.get(key) ?? one.fromOffset
      this.#ends.set(key, one.toOffset)
      if (from === one.toOffset && one.cutTo === undefined && this.#hasCopied) return []
      const cut = one.cutTo === undefined ? {} : { cutTo: one.cutTo }
      return [{ topic: one.topic, partition: one.partition, fromOffset: from, toOffset: one.toOffset, ...cut }]
    })
    this.#groups += report.groups
    if (this.#hasCopied && partitions.length === 0 && report.groups === 0) return undefined
    this.#hasCopied = true
    const total = this.#totals.counts
    const bytes = total.bytes - this.#told.bytes
    const records = total.records - this.#told.records
    this.#told = total
    return { event: 'copied', bytes, records, partitions, groups: report.groups }
  }

  /** It broke off. */
  broken(reason: RunEvent, retryMs: number): RunEvent {
    this.#totals.noteBreak()
    return { event: 'broken', ...reason, retryMs }
  }

  stopped(elapsedMs: number): RunEvent {
    return { event: 'stopped', ...this.#totals.counts, groups: this.#groups, elapsedMs }
  }
}
