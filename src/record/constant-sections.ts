import { ByteWriter } from '../wire/byte-writer.ts'
import type { RecordHeader } from './records.ts'

/** The key as a record carries it: its length as a varint (-1 for none) and its bytes. */
export function encodedKey(key: Uint8Array | null): Uint8Array {
  const writer = new ByteWriter()
  putNullable(writer, key)
  return writer.finish()
}

/** The headers as a record carries them: their count, then each name and value with their lengths, all as varints. */
export function encodedHeaders(headers: readonly RecordHeader[]): Uint8Array {
  const writer = new ByteWriter()
  writer.varint(headers.length)
  for (const { key, value } of headers) {
    putNullable(writer, new TextEncoder().encode(key))
    putNullable(writer, value)
  }
  return writer.finish()
}

function putNullable(writer: ByteWriter, bytes: Uint8Array | null): void {
  writer.varint(bytes === null ? -1 : bytes.length)
  if (bytes !== null) writer.put(bytes)
}
