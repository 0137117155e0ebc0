import { UsageError } from '../../base/errors.ts'
import { renderEnvelope } from '../format/json-envelope.ts'
import type { OutputRecord } from '../format/output-record.ts'
import { RecordFormat } from '../format/record-format.ts'
import { TerminalSink } from '../format/terminal-escape.ts'
import type { ByteSink } from '../output.ts'
import { NEWLINE, NUL, parseDelimiter } from '../values/delimiter.ts'

/** What a record looks like on standard output. */
export type RecordStyle =
  | {
      readonly kind: 'values'
      readonly delimiter: Uint8Array
      /** The key and this stand before the value. */
      readonly keyDelimiter: Uint8Array | undefined
      /** What stands for null is `NULL`, not nothing. */
      readonly hasNullMarker: boolean
    }
  | { readonly kind: 'format'; readonly format: RecordFormat; readonly delimiter: Uint8Array }
  | { readonly kind: 'json'; readonly metaOnly: boolean }

/** The flags that say it. */
export interface StyleOptions {
  readonly json: boolean
  readonly format: string | undefined
  readonly keyDelimiter: string | undefined
  readonly delimiter: string | undefined
  readonly nul: boolean
  readonly printNull: boolean
  readonly metaOnly: boolean
}

const noBytes = new Uint8Array()
const nullMarker = Uint8Array.of(78, 85, 76, 76)

/** Throws `UsageError` for a bad delimiter or format. `formatFlag` is how the command calls `--format`. */
export function recordStyle(options: StyleOptions, formatFlag: string): RecordStyle {
  const { format, keyDelimiter, printNull, metaOnly } = options
  if (metaOnly && (format !== undefined || keyDelimiter !== undefined)) {
    throw new UsageError(`--meta-only leaves out keys and values: it does not go with ${formatFlag} or -K`, {
      hint: `choose the fields by ${formatFlag} '%t %p %o %T %h\\n'`,
    })
  }
  if (options.json || metaOnly) return { kind: 'json', metaOnly }
  if (format !== undefined) {
    const nullText = printNull ? 'NULL' : ''
    return {
      kind: 'format',
      format: RecordFormat.compile(format, formatFlag, { nullText }),
      // A format is all that is written, unless somebody asks for more.
      delimiter: delimiterOf(options, noBytes),
    }
  }
  return {
    kind: 'values',
    delimiter: delimiterOf(options, NEWLINE),
    keyDelimiter: keyDelimiter === undefined ? undefined : parseDelimiter(keyDelimiter, '-K', { allowEmpty: true }),
    hasNullMarker: printNull,
  }
}

function delimiterOf({ nul, delimiter }: StyleOptions, otherwise: Uint8Array): Uint8Array {
  if (nul) return NUL
  return delimiter === undefined ? otherwise : parseDelimiter(delimiter, '-D', { allowEmpty: true })
}

export type RecordRenderer = (record: OutputRecord) => void

/** Writes records to `output`; what comes out of them is escaped where `escapes`, what the command adds never is. */
export function recordRenderer(style: RecordStyle, output: ByteSink, escapes: boolean): RecordRenderer {
  const shown = escapes ? new TerminalSink(output) : output
  switch (style.kind) {
    case 'json':
      // Its text has no control characters anyhow.
      return (record) => output.writeText(`${renderEnvelope(record, style)}\n`)
    case 'format':
      return (record) => {
        style.format.render(record, shown)
        output.write(style.delimiter)
      }
    case 'values':
      return valueRenderer(style, output, shown)
  }
}

function valueRenderer(
  { delimiter, keyDelimiter, hasNullMarker }: Extract<RecordStyle, { kind: 'values' }>,
  output: ByteSink,
  shown: ByteSink,
): RecordRenderer {
  const nullText = hasNullMarker ? nullMarker : noBytes
  return (record) => {
    if (keyDelimiter !== undefined) {
      shown.write(record.key ?? nullText)
      output.write(keyDelimiter)
    }
    shown.write(record.value ?? nullText)
    output.write(delimiter)
  }
}
