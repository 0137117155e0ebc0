import { MalformedMessageError } from '../base/errors.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import { ByteWriter } from '../wire/byte-writer.ts'
import type { Type } from '../wire/schema.ts'

/** A record for the end of an internal topic's partition; a null value is a tombstone. */
export interface RecordToAppend {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** How the keys and values of internal topics declare themselves: an int16 version, then the fields. */
export interface VersionedSchema<T> {
  /** What messages of errors call it. */
  readonly name: string
  readonly type: Type<T>
  readonly versionFirst: number
  /** Inclusive. */
  readonly versionLast: number
  /** The first version with compact lengths and tagged fields, if any. */
  readonly flexibleSince?: number
  /** Later versions only add at the end, so that they read as the last version known. */
  readonly isOpenEnded?: boolean
}

/** The version that `bytes` begin with. Throws `MalformedMessageError` when they are too short. */
export function versionOf(bytes: Uint8Array): number {
  return new ByteReader(bytes).int16()
}

/** Reads the version and then the value. Throws `MalformedMessageError` for a version that is not known. */
export function readVersioned<T>(schema: VersionedSchema<T>, bytes: Uint8Array): { version: number; value: T } {
  const from = new ByteReader(bytes)
  const version = from.int16()
  const { name, versionFirst, versionLast } = schema
  if (version < versionFirst || (version > versionLast && schema.isOpenEnded !== true)) {
    throw new MalformedMessageError(`${name} of version ${version}, known are ${versionFirst} to ${versionLast}`, 0)
  }
  // Not one codec for each later version: there are as many as bytes can claim, and codecs are kept.
  return { version, value: codecOf(schema, Math.min(version, versionLast)).read(from) }
}

/** Writes the version and then the value in it. */
export function writeVersioned<T>(schema: VersionedSchema<T>, version: number, value: T): Uint8Array<ArrayBuffer> {
  const to = new ByteWriter(64)
  to.int16(version)
  codecOf(schema, version).write(to, value)
  return to.finish()
}

function codecOf<T>({ type, flexibleSince = Infinity }: VersionedSchema<T>, version: number) {
  return type.codec({ version, flexible: version >= flexibleSince })
}
