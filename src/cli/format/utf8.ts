/** The text that bytes are in UTF-8, a byte order mark kept as a character; undefined when they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  if (!text.includes('\ufffd')) return text
  // The replacement character may stand there in its own right: only the bytes tell.
  return Buffer.from(text).equals(bytes) ? text : undefined
}

/** Bytes of the UTF-8 sequence at `at`; 0 when there is none that is whole, shortest and not a surrogate. */
export function utf8Length(source: Uint8Array, at: number, end: number): number {
  const length = lengthOfFirst(source[at] ?? 0)
  if (length < 2) return length
  if (at + length > end) return 0
  for (let i = 1; i < length; i++) if (((source[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  return isCodeOfLength(codePoint(source, at, length), length) ? length : 0
}

/** The code point of the sequence of `length` bytes at `at`, which is known to be well formed. */
export function codePoint(source: Uint8Array, at: number, length: number): number {
  const first = source[at] ?? 0
  let code = length === 1 ? first : first & (0xff >> (length + 1))
  for (let i = 1; i < length; i++) code = (code << 6) | ((source[at + i] ?? 0) & 0x3f)
  return code
}

/** Bytes that the first byte of a sequence announces; 0 for one that begins none. */
function lengthOfFirst(first: number): number {
  if (first < 0x80) return 1
  if (first < 0xc2) return 0
  if (first < 0xe0) return 2
  if (first < 0xf0) return 3
  return first < 0xf5 ? 4 : 0
}

/** Whether a code point needs so many bytes, and is one at all. */
function isCodeOfLength(code: number, length: number): boolean {
  if (length === 3) return code >= 0x800 && (code < 0xd800 || code > 0xdfff)
  return length === 2 || (code >= 0x1_0000 && code <= 0x10_ffff)
}
