declare const brand: unique symbol

/** A place in a log, counted in records: 0 to 2^63-1. A `bigint`, so that the compiler refuses to add it to a byte position. */
export type Offset = bigint & { readonly [brand]: 'Offset' }

/** A place in a file, counted in bytes. */
export type FilePosition = number & { readonly [brand]: 'FilePosition' }

/** The reign of one leader over one partition: 0 to 2^31-1, only ever grows. -1 means none. */
export type LeaderEpoch = number & { readonly [brand]: 'LeaderEpoch' }

/** The identity of an idempotent producer; -1 means none. */
export type ProducerId = bigint & { readonly [brand]: 'ProducerId' }

/** Milliseconds since 1970-01-01T00:00:00Z; -1 means none. */
export type TimestampMs = number

export function offset(value: bigint | number): Offset {
  return BigInt(value) as Offset
}

export function filePosition(bytes: number): FilePosition {
  return bytes as FilePosition
}

export function leaderEpoch(value: number): LeaderEpoch {
  return value as LeaderEpoch
}

export function producerId(value: bigint | number): ProducerId {
  return BigInt(value) as ProducerId
}

/** What a field says when there is no leader epoch. */
export const NO_LEADER_EPOCH = leaderEpoch(-1)

/** What a field says when the batch has no idempotent producer. */
export const NO_PRODUCER_ID = producerId(-1)

/** What a field says when there is no timestamp. */
export const NO_TIMESTAMP: TimestampMs = -1
