import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

/** What one type does once the version of the message, and so its encoding, is known. Made by `Type.codec`. */
export interface Codec<T> {
  /** The bytes that the smallest value takes: what a claimed count of items is held against before anything is allocated. */
  readonly sizeMin: number
  /** Throws `MalformedMessageError` when the bytes do not follow the type. */
  read(from: ByteReader): T
  write(to: ByteWriter, value: T): void
}

/** How one version of a message is written down. */
export interface Dialect {
  readonly version: number
  /** Compact lengths, and tagged fields at the end of every struct (KIP-482). */
  readonly flexible: boolean
  /** Whether tagged fields that the schema does not know stay with the value (see `unknownTags`) or are skipped. */
  readonly unknownTags?: 'keep' | 'skip'
}

/** The bytes of `value`. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  const to = new ByteWriter()
  codec.write(to, value)
  return to.finish()
}

/** The value at the start of `bytes`. What follows it is left alone, as Kafka does: later versions may add there. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return codec.read(new ByteReader(bytes))
}
