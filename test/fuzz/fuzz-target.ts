import { TslogError } from '../../src/base/errors.ts'
import { KafkaError } from '../../src/protocol/kafka-error.ts'

/** A parser that is fed whatever bytes there are. */
export interface FuzzTarget {
  readonly name: string
  /** What it reads in earnest: the bytes that mutations begin with. Made when asked for, the same ones each time. */
  readonly seeds: () => readonly Uint8Array[]
  /** Words and numbers that random bytes would hardly hit upon. */
  readonly tokens?: readonly string[]
  /** No input is longer. */
  readonly bytesMax: number
  /** Makes sizes and checksums right in place, so that what lies behind them is reached. */
  readonly mend?: (bytes: Uint8Array) => void
  /** Parses. Whatever it throws is a fault: a refusal that callers know how to take has been caught. */
  readonly run: (bytes: Uint8Array) => void
}

/** Does something that may be refused, with an error that callers of a parser know. */
export function tried<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof TslogError || error instanceof KafkaError) return undefined
    throw error
  }
}
