import type { TimestampMs } from '../../base/brands.ts'
import type { QuotaTable } from './quota-table.ts'
import { RecentSamples, type SampleWindows } from './recent-samples.ts'

export interface ConnectionQuotasOptions {
  readonly table: QuotaTable
  readonly windows: SampleWindows
  /** A clock that never jumps, in ms. */
  readonly now: () => TimestampMs
}

/** Addresses that are counted at once. */
const countedMax = 10_000

/** Holds addresses to their connection_creation_rate (KIP-612). */
export class ConnectionQuotas {
  readonly #options: ConnectionQuotasOptions
  /** The one used longest ago is first. */
  readonly #counted = new Map<string, RecentSamples>()

  constructor(options: ConnectionQuotasOptions) {
    this.#options = options
  }

  /** 0 for a connection that may come in, which is counted; else how long it is to be kept waiting, in ms, and then closed. */
  refusalMs(host: string): number {
    const { table, windows, now } = this.#options
    const limit = host === '' ? undefined : table.ofAddress('connection_creation_rate', host)
    if (limit === undefined) return 0
    const samples = this.#counted.get(host) ?? new RecentSamples(windows)
    this.#counted.delete(host)
    this.#counted.set(host, samples)
    const [oldest] = this.#counted.keys()
    if (this.#counted.size > countedMax && oldest !== undefined) this.#counted.delete(oldest)
    const nowMs = now()
    const rate = samples.perSecond(nowMs, 1)
    if (rate > limit) return Math.min(windows.sizeMs, Math.ceil(((rate - limit) / limit) * samples.spanMs(nowMs)))
    samples.record(1, nowMs)
    return 0
  }
}
