import type { TimestampMs } from './brands.ts'

/** Where time comes from; given to constructors, so that tests and the simulation own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z; may jump, also backwards. */
  now(): TimestampMs
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() }
