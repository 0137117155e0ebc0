import type { Principal } from './authorizer.ts'

/** Whose bytes are counted. */
export interface QuotaSubject {
  readonly principal: Principal
  readonly clientId: string
}

/** Slows clients down that send or read more than they may (KIP-219): the answer names the time, and the connection is not read for so long. */
export interface Quotas {
  /** Counts bytes and says how long to hold the client back, in ms; 0 for not at all. */
  count(kind: 'produce' | 'fetch', subject: QuotaSubject, bytes: number): number
}

/** For a broker without quotas. */
export const noQuotas: Quotas = { count: () => 0 }
