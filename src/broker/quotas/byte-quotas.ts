import type { TimestampMs } from '../../base/brands.ts'
import { directoryOwner } from '../authorizer.ts'
import type { ByteQuota, QuotaClient, QuotaFigures, Quotas } from '../quotas.ts'
import type { QuotaInForce, QuotaTable } from './quota-table.ts'
import { RecentSamples, type SampleWindows } from './recent-samples.ts'

export interface ByteQuotasOptions {
  readonly table: QuotaTable
  readonly windows: SampleWindows
  /** A clock that never jumps, in ms. */
  readonly now: () => TimestampMs
}

/** Of clients that share a quota. */
interface Counted {
  readonly quota: ByteQuota
  readonly user: string
  readonly clientId: string
  readonly bytes: RecentSamples
  readonly throttles: RecentSamples
  usedMs: TimestampMs
}

/** As many are counted at once: clients name themselves as they like. */
const countedMax = 10_000

/** Who has not come for so long is counted no more, in ms. */
const forgottenMs = 3_600_000

/**
 * Holds clients to the quotas of a table, as Kafka's ClientQuotaManager does: bytes are counted over some windows, and whoever is above the rate
 * waits until it is kept again. The owner of the directory, over its socket, has none.
 */
export class ByteQuotas implements Quotas {
  readonly #options: ByteQuotasOptions
  /** The one used longest ago is first. */
  readonly #counted = new Map<string, Counted>()

  constructor(options: ByteQuotasOptions) {
    this.#options = options
  }

  produced(client: QuotaClient, bytes: number): number {
    const quota = this.#inForce('producer_byte_rate', client)
    if (quota === undefined) return 0
    const nowMs = this.#options.now()
    const counted = this.#countedFor('producer_byte_rate', quota)
    counted.bytes.record(bytes, nowMs)
    return held(counted, throttleMs(counted.bytes, quota.limit, { nowMs, added: 0 }), nowMs)
  }

  fetched(client: QuotaClient, bytes: number): number {
    const quota = this.#inForce('consumer_byte_rate', client)
    if (quota === undefined) return 0
    const nowMs = this.#options.now()
    const counted = this.#countedFor('consumer_byte_rate', quota)
    // A batch that is too large for any window goes all the same when nothing else went: nobody would get past it.
    const waitMs = counted.bytes.isEmpty(nowMs) ? 0 : throttleMs(counted.bytes, quota.limit, { nowMs, added: bytes })
    if (waitMs === 0 && bytes > 0) counted.bytes.record(bytes, nowMs)
    return held(counted, waitMs, nowMs)
  }

  fetchBytesMax(client: QuotaClient): number {
    const quota = this.#inForce('consumer_byte_rate', client)
    if (quota === undefined) return Infinity
    const { count, sizeMs } = this.#options.windows
    return Math.floor((quota.limit * Math.max(1, count - 1) * sizeMs) / 1000)
  }

  figures(): QuotaFigures[] {
    const nowMs = this.#options.now()
    return [...this.#counted.values()].map(({ quota, user, clientId, bytes, throttles }) => ({
      quota,
      user,
      clientId,
      bytesPerSecond: bytes.perSecond(nowMs),
      throttleMs: throttles.average(nowMs),
    }))
  }

  #inForce(name: ByteQuota, { principal, clientId }: QuotaClient): QuotaInForce | undefined {
    const { table } = this.#options
    return table.isEmpty || principal === directoryOwner ? undefined : table.inForce(name, principal.name, clientId)
  }

  #countedFor(quota: ByteQuota, { counted: { user, clientId } }: QuotaInForce): Counted {
    const { windows, now } = this.#options
    const key = JSON.stringify([quota, user, clientId])
    const usedMs = now()
    const counted = this.#counted.get(key) ?? {
      quota,
      user,
      clientId,
      bytes: new RecentSamples(windows),
      throttles: new RecentSamples(windows),
      usedMs,
    }
    counted.usedMs = usedMs
    this.#counted.delete(key)
    this.#counted.set(key, counted)
    this.#forget(usedMs)
    return counted
  }

  #forget(nowMs: TimestampMs): void {
    for (const [key, { usedMs }] of this.#counted) {
      if (this.#counted.size <= countedMax && nowMs - usedMs < forgottenMs) return
      this.#counted.delete(key)
    }
  }
}

/** How long nothing may come so that the rate is kept again, in ms. */
function throttleMs(
  bytes: RecentSamples,
  limit: number,
  { nowMs, added }: { readonly nowMs: TimestampMs; readonly added: number },
): number {
  const rate = bytes.perSecond(nowMs, added)
  return rate <= limit ? 0 : Math.min(intMax, Math.round(((rate - limit) / limit) * bytes.spanMs(nowMs)))
}

/** What a throttle time may say. */
const intMax = 2 ** 31 - 1

function held(counted: Counted, waitMs: number, nowMs: TimestampMs): number {
  if (waitMs > 0) counted.throttles.record(waitMs, nowMs)
  return waitMs
}
