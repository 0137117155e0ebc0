import type { CommandSpec, FlagSpec } from '../command-spec.ts'
import { columns, heading, wrap, type TextStyle } from './terminal-text.ts'
import { flagText, flagUsage, shownFlags, usageOf } from './usage-line.ts'

/** The help of one command, for `tslog COMMAND --help`. */
export function commandHelp(spec: CommandSpec, style: TextStyle): string {
  const { own, global } = shownFlags(spec)
  const sections = [
    section('USAGE', [`  ${usageOf(spec)}${own.length > 0 ? ' [flags]' : ''}`], style),
    section('EXAMPLES', exampleLines(spec), style),
    section('DESCRIPTION', descriptionLines(spec, style), style),
    section('FLAGS', flagLines(own, style), style),
    section('GLOBAL FLAGS', flagLines(global, style), style),
    section('EXIT CODES', exitCodeLines(spec, style), style),
  ]
  return [`tslog ${spec.name} - ${spec.summary}`, ...sections.filter((lines) => lines !== '')].join('\n\n') + '\n'
}

function section(title: string, lines: readonly string[], style: TextStyle): string {
  return lines.length === 0 ? '' : [heading(title, style), ...lines].join('\n')
}

function exampleLines(spec: CommandSpec): string[] {
  return spec.examples.flatMap(({ command, explanation }) => [`  # ${explanation}`, `  $ ${command}`])
}

function descriptionLines(spec: CommandSpec, style: TextStyle): string[] {
  return spec.description.flatMap((paragraph, index) => [
    ...(index === 0 ? [] : ['']),
    ...wrap(paragraph, style.width, 2),
  ])
}

function flagLines(flags: readonly (readonly [string, FlagSpec])[], style: TextStyle): string[] {
  const rows = flags.map(([name, flag]) => [flagUsage(name, flag, true), flagText(flag)] as const)
  return columns(rows, style, FLAG_COLUMN)
}

/** Wide enough for most flags, narrow enough for a sentence beside them at 80 columns. */
const FLAG_COLUMN = 32

function exitCodeLines(spec: CommandSpec, style: TextStyle): string[] {
  const rows = Object.entries({ 0: 'Done.', 2: 'Wrong usage.', ...spec.exitCodes })
  return [...columns(rows, style, 8), '  All codes: man tslog']
}
