import type { CommandGroup } from '../command-groups.ts'
import { commandTable, subcommandsOf, topLevelWords } from '../command-table.ts'
import type { CommandSpec } from '../command-spec.ts'
import { inWords } from '../flag-value.ts'
import { columns, heading, type TextStyle } from './terminal-text.ts'
import { usageOf } from './usage-line.ts'

/** What `tslog` alone says: fits a terminal of 25 lines, examples first. */
export function rootHelp(style: TextStyle): string {
  const shown = topLevelWords(commandTable.filter(({ isRare }) => isRare !== true))
  const rare = topLevelWords(commandTable.filter(({ isRare }) => isRare === true)).map(({ word }) => word)
  return `${[
    'tslog - Kafka you can pipe: topics in a plain directory',
    '',
    heading('EXAMPLES', style),
    '  $ cat access.log | tslog produce app-logs',
    '  $ tslog consume app-logs --since 1h | grep error',
    '  $ tslog tail app-logs',
    '',
    heading('COMMANDS', style),
    ...columns(
      shown.map(({ word, brief }) => [word, brief] as const),
      style,
      14,
    ),
    '',
    '-d DIR names the log directory (else TSLOG_DIR, ./.tslog, ~/.local/share/tslog).',
    `Also: ${rare.join(', ')}. Help: COMMAND -h, man tslog.`,
  ].join('\n')}\n`
}

/** What `tslog topics` alone says. */
export function groupHelp(group: CommandGroup, specs: readonly CommandSpec[], style: TextStyle): string {
  const rows = specs.map((spec) => [usageOf(spec).slice('tslog '.length), spec.summary] as const)
  const leftWidth = Math.max(...rows.map(([usage]) => usage.length)) + 4
  return `${[
    `tslog ${group.name} - ${inWords(subcommandsOf(group.name).map(({ word }) => word))} ${group.name}`,
    '',
    heading('COMMANDS', style),
    ...columns(rows, style, leftWidth),
    '',
    heading('EXAMPLES', style),
    ...specs.flatMap((spec) => spec.examples.slice(0, 1).map(({ command }) => `  $ ${command}`)),
    '',
    `tslog ${group.name} COMMAND --help says more.`,
  ].join('\n')}\n`
}
