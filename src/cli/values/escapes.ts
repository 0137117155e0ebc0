/** Reads `\xHH`, `\n`, `\r`, `\t`, `\0` and `\\` at a backslash. */
export interface Escape {
  readonly byte: number
  /** Characters of the escape, the backslash included. */
  readonly length: number
}

const letters: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '0': 0, '\\': 92 }

/** The escape that begins at `at`, where a backslash stands; undefined when it is none of ours. */
export function escapeAt(text: string, at: number): Escape | undefined {
  const hex = /^\\x([0-9a-f]{2})/i.exec(text.slice(at, at + 4))?.[1]
  if (hex !== undefined) return { byte: Number.parseInt(hex, 16), length: 4 }
  const letter = text[at + 1] ?? ''
  const byte = Object.hasOwn(letters, letter) ? letters[letter] : undefined
  return byte === undefined ? undefined : { byte, length: 2 }
}

/** The bytes of a text with escapes, everything else as UTF-8; the escape that is wrong otherwise. */
export function unescapeBytes(text: string): Uint8Array | { readonly wrong: string } {
  const bytes: number[] = []
  const encoder = new TextEncoder()
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('\\', at)
    const end = next === -1 ? text.length : next
    bytes.push(...encoder.encode(text.slice(at, end)))
    if (next === -1) break
    const escape = escapeAt(text, next)
    if (escape === undefined) return { wrong: text.slice(next, next + 2) }
    bytes.push(escape.byte)
    at = next + escape.length
  }
  return Uint8Array.from(bytes)
}
