import { ByteWriter } from '../../../src/wire/byte-writer.ts'

export interface NaiveRecord {
  readonly offsetDelta: number
  readonly timestampDelta?: number
  readonly key?: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

/** A v2 record, field by field as the format says. */
export function naiveRecord({
  offsetDelta,
  timestampDelta = 0,
  key = null,
  value,
  headers = [],
}: NaiveRecord): Uint8Array {
  const body = new ByteWriter()
  body.int8(0)
  body.varlong(BigInt(timestampDelta))
  body.varint(offsetDelta)
  writeNullable(body, key)
  writeNullable(body, value)
  body.put(naiveHeaders(headers))
  const bytes = body.finish()
  const record = new ByteWriter()
  record.varint(bytes.length)
  record.put(bytes)
  return record.finish()
}

/** The headers section of a record. */
export function naiveHeaders(headers: NonNullable<NaiveRecord['headers']>): Uint8Array {
  const writer = new ByteWriter()
  writer.varint(headers.length)
  for (const { key, value } of headers) {
    writeNullable(writer, Buffer.from(key))
    writeNullable(writer, value)
  }
  return writer.finish()
}

/** The key section of a record. */
export function naiveKey(key: Uint8Array | null): Uint8Array {
  const writer = new ByteWriter()
  writeNullable(writer, key)
  return writer.finish()
}

function writeNullable(writer: ByteWriter, bytes: Uint8Array | null): void {
  writer.varint(bytes === null ? -1 : bytes.length)
  if (bytes !== null) writer.put(bytes)
}

/** What lies between delimiters; a last line without one counts when `isFinal`. */
export function naiveLines(input: Uint8Array, delimiter: number, isFinal: boolean): Uint8Array[] {
  const lines: Uint8Array[] = []
  let start = 0
  for (let i = 0; i < input.length; i++) {
    if (input[i] !== delimiter) continue
    lines.push(input.slice(start, i))
    start = i + 1
  }
  if (isFinal && start < input.length) lines.push(input.slice(start))
  return lines
}
