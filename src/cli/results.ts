import type { CliContext } from './context.ts'
import { wantsColour } from './format/colour.ts'
import { jsonText, type JsonValue } from './format/json-document.ts'
import { renderTable, type Table, type TableStyle } from './format/table.ts'
import { visibleText } from './format/visible-text.ts'
import { writeMessage, writeText } from './standard-streams.ts'
import { outputWidth } from './terminal-width.ts'

/** What of a command's options says how its result looks. */
export interface ResultOptions {
  readonly json: boolean
  readonly noColor: boolean
  readonly verbose: boolean
  readonly quiet: boolean
}

/** How text on standard output looks. */
export function resultStyle(options: ResultOptions, context: CliContext): TableStyle {
  const isTerminal = context.isTerminal(context.stdout)
  const { environment } = context
  const isColoured = wantsColour({ isTerminal, environment, noColor: options.noColor })
  return { isTerminal, isColoured, width: outputWidth(context) }
}

/** One table as the whole result: bordered on a terminal, tab-separated lines in a pipe. */
export async function printTable(table: Table, options: ResultOptions, context: CliContext): Promise<void> {
  const style = resultStyle(options, context)
  // An empty frame says less than nothing.
  if (table.rows.length === 0) return
  writeText(context.stdout, await renderTable(table, style))
}

/** One JSON document as the whole result. */
export function printJson(value: JsonValue, context: CliContext): void {
  writeText(context.stdout, `${jsonText(value)}\n`)
}

/** What was done, for people: on stderr when that is a terminal, or with `-v`. */
export function say(text: string, options: ResultOptions, context: CliContext): void {
  if (options.quiet || options.json) return
  if (options.verbose || context.isTerminal(context.stderr))
    writeMessage(context.stderr, `tslog: ${visibleText(text)}\n`)
}

/** What a user must know although the command goes on. */
export function warn(text: string, options: { readonly quiet: boolean }, context: CliContext): void {
  if (!options.quiet) writeMessage(context.stderr, `tslog: ${visibleText(text)}\n`)
}

/** `1 record`, `2 records`. */
export function counted(count: number | bigint, noun: string): string {
  return `${count} ${noun}${count === 1 || count === 1n ? '' : 's'}`
}
