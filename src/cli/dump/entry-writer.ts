import type { ByteSink } from '../output.ts'
import { palette, type Palette } from '../format/colour.ts'
import { jsonText, type JsonValue } from '../format/json-document.ts'
import { utf8Text } from '../format/utf8.ts'
import { visibleText } from '../format/visible-text.ts'
import type { DumpEntry, DumpValue } from './dump-entry.ts'

export interface EntryStyle {
  readonly json: boolean
  readonly isTerminal: boolean
  readonly isColoured: boolean
}

/**
 * Puts entries on standard output. JSON: one object a line. In a pipe: one line an entry, its kind and its fields separated by tabs, bytes as
 * they are. On a terminal: the kind, and each field with its name.
 */
export class EntryWriter {
  readonly #sink: ByteSink
  readonly #recordSink: ByteSink
  readonly #style: EntryStyle
  readonly #palette: Palette

  /** Bytes of records go to `records`, which escapes what a terminal must not see. */
  constructor(sinks: { readonly text: ByteSink; readonly records: ByteSink }, style: EntryStyle) {
    this.#sink = sinks.text
    this.#recordSink = sinks.records
    this.#style = style
    this.#palette = palette(style.isColoured)
  }

  write(entry: DumpEntry): void {
    if (this.#style.json) {
      this.#sink.writeText(`${jsonText(jsonOf(entry))}\n`)
      return
    }
    this.#writeText(entry)
    for (const record of entry.records ?? []) this.#writeText(record)
  }

  #writeText({ kind, fields }: DumpEntry): void {
    this.#sink.writeText(this.#style.isTerminal ? this.#headOf(kind) : kind)
    for (const [name, value] of Object.entries(fields)) {
      if (!this.#style.isTerminal) this.#sink.writeText('\t')
      else if (isNothing(value)) continue
      else this.#sink.writeText(`  ${this.#palette.dim(name)} `)
      this.#writeValue(value)
    }
    this.#sink.writeText('\n')
  }

  #headOf(kind: string): string {
    const text = kind === 'record' ? `  ${kind}` : kind
    return kind === 'damage' ? this.#palette.red(text) : this.#palette.bold(text)
  }

  #writeValue(value: DumpValue): void {
    if (value instanceof Uint8Array) this.#recordSink.write(value)
    else if (value === null) this.#sink.writeText('-')
    else if (typeof value === 'string') this.#sink.writeText(visibleText(value))
    else this.#sink.writeText(jsonText(value))
  }
}

/** A terminal has no columns to keep, so it is spared what says nothing. */
function isNothing(value: DumpValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function jsonOf({ kind, fields, records }: DumpEntry): JsonValue {
  const json: Record<string, JsonValue> = { kind }
  for (const [name, value] of Object.entries(fields)) addField(json, name, value)
  if (records !== undefined) json['records'] = records.map((record) => jsonOfRecord(record))
  return json
}

/** Within its batch a record needs no kind. */
function jsonOfRecord({ fields }: DumpEntry): JsonValue {
  const json: Record<string, JsonValue> = {}
  for (const [name, value] of Object.entries(fields)) addField(json, name, value)
  return json
}

function addField(json: Record<string, JsonValue>, name: string, value: DumpValue): void {
  if (!(value instanceof Uint8Array)) {
    json[name] = value
    return
  }
  const text = utf8Text(value)
  if (text === undefined) json[`${name}_base64`] = Buffer.from(value).toString('base64')
  else json[name] = text
}
