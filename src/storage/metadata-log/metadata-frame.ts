import { MalformedMessageError } from '../../base/errors.ts'
import { ByteReader } from '../../wire/byte-reader.ts'
import type { Type } from '../../wire/schema.ts'

/** The value of a record of `__cluster_metadata` before its message is read: unsigned varints frame version, type and version. */
export interface MetadataFrame {
  /** Which record it is: Kafka's `apiKey`. */
  readonly type: number
  readonly version: number
  /** Stands at the message. */
  readonly message: ByteReader
}

const frameVersion = 1

/** Takes the frame off. Throws `MalformedMessageError` when it is cut short or of a later kind. */
export function readMetadataFrame(value: Uint8Array): MetadataFrame {
  const message = new ByteReader(value)
  const found = message.uvarint()
  if (found !== frameVersion) {
    throw new MalformedMessageError(`metadata frame of version ${found}, known is ${frameVersion}`, 0)
  }
  return { type: message.uvarint(), version: message.uvarint(), message }
}

/** Reads the message of a frame: every one of them is flexible in all versions. Throws `MalformedMessageError`. */
export function readMetadataMessage<T>(type: Type<T>, { version, message }: MetadataFrame): T {
  return type.codec({ version, flexible: true }).read(message)
}
