import { visibleJson } from './visible-text.ts'

/** What `jsonText` writes. A field that is `undefined` is left out. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined }

/**
 * JSON on one line: as `JSON.stringify`, but offsets (`bigint`) are numbers with all their digits, numbers that JSON does not have are null, and
 * control characters are escaped so that the line can be shown on a terminal.
 */
export function jsonText(value: JsonValue): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return visibleJson(value)
  if (typeof value === 'object') return jsonOfObject(value)
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value)
}

function jsonOfObject(value: readonly JsonValue[] | { readonly [name: string]: JsonValue | undefined }): string {
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`
  const fields = Object.entries(value).flatMap(([name, field]) =>
    field === undefined ? [] : [`${visibleJson(name)}:${jsonText(field)}`],
  )
  return `{${fields.join(',')}}`
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value)
}
