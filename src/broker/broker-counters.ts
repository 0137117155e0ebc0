import type { Metrics } from './metrics.ts'

/** Upper bounds of the buckets that request times are counted in, in ms. */
export const requestBucketsMs: readonly number[] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000]

/** How requests of one API went. */
export interface RequestCounts {
  /** By error code; 0 is none. */
  readonly byErrorCode: Map<number, number>
  /** Requests per bucket of `requestBucketsMs`, and a last one for all that took longer. */
  readonly buckets: number[]
  totalMs: number
}

/** What clients moved in and out of one topic. */
export interface TopicCounts {
  recordsIn: number
  bytesIn: number
  bytesOut: number
  refusedProduces: number
  refusedFetches: number
}

/** Counts for whoever looks: an addition or two on the path of a request, nothing is made but for a topic or API met first. */
export class BrokerCounters implements Metrics {
  readonly requests = new Map<string, RequestCounts>()
  readonly topics = new Map<string, TopicCounts>()
  commits = 0
  committedBatches = 0
  openConnections = 0

  request(api: string, elapsedMs: number, errorCode: number): void {
    const counts = this.requests.get(api) ?? this.#beginApi(api)
    counts.byErrorCode.set(errorCode, (counts.byErrorCode.get(errorCode) ?? 0) + 1)
    const found = requestBucketsMs.findIndex((bound) => elapsedMs <= bound)
    const bucket = found === -1 ? requestBucketsMs.length : found
    counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1
    counts.totalMs += elapsedMs
  }

  produced(topic: string, records: number, bytes: number): void {
    const counts = this.#topic(topic)
    counts.recordsIn += records
    counts.bytesIn += bytes
  }

  produceRefused(topic: string): void {
    this.#topic(topic).refusedProduces++
  }

  fetchRefused(topic: string): void {
    this.#topic(topic).refusedFetches++
  }

  fetched(topic: string, bytes: number): void {
    this.#topic(topic).bytesOut += bytes
  }

  committed(batches: number): void {
    this.commits += 1
    this.committedBatches += batches
  }

  connections(open: number): void {
    this.openConnections = open
  }

  #beginApi(api: string): RequestCounts {
    const counts = { byErrorCode: new Map(), buckets: Array<number>(requestBucketsMs.length + 1).fill(0), totalMs: 0 }
    this.requests.set(api, counts)
    return counts
  }

  #topic(topic: string): TopicCounts {
    return this.topics.get(topic) ?? this.#beginTopic(topic)
  }

  #beginTopic(topic: string): TopicCounts {
    const counts = { recordsIn: 0, bytesIn: 0, bytesOut: 0, refusedProduces: 0, refusedFetches: 0 }
    this.topics.set(topic, counts)
    return counts
  }
}
