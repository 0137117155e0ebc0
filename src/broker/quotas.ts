import type { Principal } from './authorizer.ts'

/** Whose bytes are counted. */
export interface QuotaClient {
  readonly principal: Principal
  readonly clientId: string
}

/** What clients are held back by, each in bytes a second. */
export type ByteQuota = 'producer_byte_rate' | 'consumer_byte_rate'

/** How fast some clients that share a quota move their bytes, and how they were held back for it. */
export interface QuotaFigures {
  readonly quota: ByteQuota
  /** Empty where the quota is that of a client id, whoever uses it. */
  readonly user: string
  /** Empty where the quota is that of a user, whatever clients it has. */
  readonly clientId: string
  readonly bytesPerSecond: number
  /** How long they were held back on average, when they were, in ms. */
  readonly throttleMs: number
}

/** Slows clients down that send or read more than they may (KIP-219): the answer names the time, and the connection is not read for so long. */
export interface Quotas {
  /** Counts the bytes of a request and says how long to hold its client back, in ms; 0 for not at all. */
  produced(client: QuotaClient, bytes: number): number
  /**
   * Whether an answer may go: 0 when it may, and is counted; else how long to hold the client back, in ms, with an answer without records. Nothing is
   * counted then.
   */
  fetched(client: QuotaClient, bytes: number): number
  /** The most bytes of one answer to a Fetch: more would never go. */
  fetchBytesMax(client: QuotaClient): number
  /** Of all clients of late that have a quota. */
  figures(): QuotaFigures[]
}
