import type { RecordFacts } from '../support/kafka/facts.ts'

/** A record as both sides tell it; bytes are shown as latin1 text. */
export interface Comparable {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly string[]
}

export function comparable({ offset, timestamp, key, value, headers }: Comparable): Comparable {
  return { offset, timestamp, key, value, headers }
}

export function seenByKafka({ offset, timestamp, key, value, headers }: RecordFacts): Comparable {
  return {
    offset: Number(offset),
    timestamp: Number(timestamp),
    key: key && latin1(key),
    value: value && latin1(value),
    headers: headers.map((header) => `${header.key}=${header.value && latin1(header.value)}`),
  }
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
