/** What is wrong with a record of a batch. */
export interface BadRecord {
  /** 0 for the first of the batch. */
  readonly index: number
  readonly reason: string
}

export interface RecordWalk {
  /** Records of magic 2, not compressed any more. */
  readonly bytes: Uint8Array
  readonly start: number
  /** As many as the batch says. */
  readonly count: number
  /** Whether a record without a key is wrong: nothing could compact it. */
  readonly needsKeys: boolean
}

/**
 * The first record that does not follow the format, or `undefined`: each fills its length, offsets count from 0, nothing is left over. Walks over
 * lengths without making anything, since every record that a client sends uncompressed comes through here.
 */
export function findBadRecord({ bytes, start, count, needsKeys }: RecordWalk): BadRecord | undefined {
  const cursor = new LengthCursor(bytes, start)
  for (let index = 0; index < count; index++) {
    const reason = walkRecord(cursor, index, needsKeys)
    if (reason !== undefined) return { index, reason }
  }
  const left = bytes.length - cursor.position
  return left === 0 ? undefined : { index: count, reason: `${left} bytes follow the ${count} records` }
}

function walkRecord(cursor: LengthCursor, index: number, needsKeys: boolean): string | undefined {
  const length = cursor.varint()
  const end = cursor.position + length
  if (length < 0 || end > cursor.bytes.length) return `it says ${length} bytes`
  cursor.position++
  cursor.skipVarlong()
  if (cursor.varint() !== index) return 'its offset does not follow'
  const keyLength = cursor.varint()
  if (keyLength < 0 && needsKeys) return 'the topic is compacted, and it has no key'
  cursor.pass(keyLength)
  cursor.pass(cursor.varint())
  const reason = walkHeaders(cursor, end)
  if (reason !== undefined) return reason
  return cursor.position === end ? undefined : `it says ${length} bytes and takes others`
}

function walkHeaders(cursor: LengthCursor, end: number): string | undefined {
  const count = cursor.varint()
  if (count < 0) return `it says ${count} headers`
  // A header takes two bytes or more, so that a lie about their number does not last long.
  if (count > (end - cursor.position) / 2) return `it says ${count} headers`
  for (let header = 0; header < count; header++) {
    const nameLength = cursor.varint()
    if (nameLength < 0) return 'a header has no name'
    cursor.pass(nameLength)
    cursor.pass(cursor.varint())
  }
  return undefined
}

/** Reads varints and passes over what they span. Bytes behind the end read as nothing, and the position gives it away. */
class LengthCursor {
  readonly bytes: Uint8Array
  position: number

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes
    this.position = position
  }

  /** A zig-zag number of 32 bits. */
  varint(): number {
    let byte = this.bytes[this.position++] ?? 0
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    let shift = 7
    for (; byte >= 0x80 && shift < 35; shift += 7) {
      byte = this.bytes[this.position++] ?? 0
      value |= (byte & 0x7f) << shift
    }
    if (shift === 35 && byte > 0x0f) this.#spoil()
    return (value >>> 1) ^ -(value & 1)
  }

  /** A number of 64 bits, of which nobody asks what it is. */
  skipVarlong(): void {
    let byte = 0x80
    let left = 10
    for (; byte >= 0x80 && left > 0; left--) byte = this.bytes[this.position++] ?? 0
    if (left === 0 && byte > 1) this.#spoil()
  }

  /** Passes over `length` bytes; a null, -1, has none. */
  pass(length: number): void {
    if (length > 0) this.position += length
    // No length below that of a null is any.
    else if (length < -1) this.#spoil()
  }

  /** What was read is nothing that readers take: the record cannot come out at its end. */
  #spoil(): void {
    this.position = this.bytes.length + 1
  }
}
