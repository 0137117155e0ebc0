import type { JsonValue } from '../format/json-document.ts'

/** What a field holds; bytes are written as they are in a pipe, and as text or base64 in JSON. */
export type DumpValue = JsonValue | Uint8Array

/** One thing that a file holds: a batch, an index entry, a line of a checkpoint, or a stretch that cannot be read. */
export interface DumpEntry {
  /** `batch`, `record`, `damage`, `index`... */
  readonly kind: string
  /** In the order of the columns of a pipe, which are only ever added to at the end. */
  readonly fields: Readonly<Record<string, DumpValue>>
  /** What lies in a batch: nested in JSON, lines of their own in text. */
  readonly records?: readonly DumpEntry[]
}

/** Where something cannot be read; its fields say where, and what may have been there. */
export function damageEntry(damage: {
  readonly position: number
  readonly reason: string
  readonly file: string
  /** Bytes of it, exclusive; the rest of the file when not known. */
  readonly end?: number
  readonly firstOffset?: bigint
  readonly nextOffset?: bigint
}): DumpEntry {
  const { position, end, firstOffset, nextOffset, reason, file } = damage
  return {
    kind: 'damage',
    fields: {
      position,
      end: end ?? null,
      firstOffset: firstOffset ?? null,
      nextOffset: nextOffset ?? null,
      reason,
      file,
    },
  }
}
