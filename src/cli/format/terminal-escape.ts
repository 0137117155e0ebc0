import type { ByteSink } from '../output.ts'
import { codePoint, utf8Length } from './utf8.ts'

/**
 * Shows the bytes of records on a terminal: whatever could move the cursor, change its settings or turn text round comes
 * out as `\x1b`, `\u202e`; newline and tab stay. Bytes that are not UTF-8 are escaped too, since a terminal may take
 * 0x80 to 0x9f for C1 controls.
 *
 * Each `write` must hold whole characters (a value, or a block of whole records): a character cut in two is escaped, so that
 * no two fields can build a control character together.
 */
export class TerminalSink implements ByteSink {
  readonly #below: ByteSink

  constructor(below: ByteSink) {
    this.#below = below
  }

  write(source: Uint8Array, start = 0, end = source.length): void {
    let safeFrom = start
    for (let at = start; at < end;) {
      const length = visibleLength(source, at, end)
      if (length > 0) {
        at += length
        continue
      }
      this.#below.write(source, safeFrom, at)
      at += this.#writeEscaped(source, at, end)
      safeFrom = at
    }
    this.#below.write(source, safeFrom, end)
  }

  writeText(text: string): void {
    this.write(new TextEncoder().encode(text))
  }

  /** Writes the escape of the character or byte at `at`; returns how many bytes it stands for. */
  #writeEscaped(source: Uint8Array, at: number, end: number): number {
    const length = utf8Length(source, at, end)
    const byte = source[at] ?? 0
    if (byte === 13) this.#below.writeText('\\r')
    else if (length < 2) this.#below.writeText(`\\x${hex(byte, 2)}`)
    else this.#below.writeText(escapedCode(codePoint(source, at, length)))
    return Math.max(1, length)
  }
}

/** Bytes of the character at `at` when it may be shown as it is; 0 when it must be escaped. */
function visibleLength(source: Uint8Array, at: number, end: number): number {
  const byte = source[at] ?? 0
  if (byte >= 0x20 && byte < 0x7f) return 1
  if (byte < 0x80) return byte === 10 || byte === 9 ? 1 : 0
  const length = utf8Length(source, at, end)
  return length > 0 && !isControl(codePoint(source, at, length)) ? length : 0
}

/** C1, the bidirectional controls, and the line separators that are not a newline. */
function isControl(code: number): boolean {
  if (code < 0xa0) return true
  if (code < 0x2000) return code === 0x61c
  if (code > 0x2069) return false
  return code === 0x200e || code === 0x200f || (code >= 0x2028 && code <= 0x202e) || code >= 0x2066
}

function escapedCode(code: number): string {
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
