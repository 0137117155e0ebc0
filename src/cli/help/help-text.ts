import { splitCommandLine } from '../command-line.ts'
import type { CommandSpec } from '../command-spec.ts'
import { allSpecs, commandTable } from '../command-table.ts'
import { unknownCommand } from '../unknown-command.ts'
import { commandHelp } from './command-help.ts'
import { groupHelp, rootHelp } from './root-help.ts'
import { stdoutStyle } from './terminal-text.ts'

/** The help that a command line asks for (`tslog help X` and `tslog X --help` are the same). Throws `UsageError` for an unknown X. */
export async function helpText(words: readonly string[]): Promise<string> {
  const style = stdoutStyle(process.env)
  const asked = withoutHelp(words)
  const { name, group } = splitCommandLine(asked)
  if (name === undefined) return rootHelp(style)
  if (group !== undefined && name === group.name) return groupHelp(group, await specsOf(group.name), style)
  const entry = commandTable.find((candidate) => candidate.name === name)
  if (entry === undefined) throw unknownCommand(asked)
  return commandHelp(await entry.load(), style)
}

/** The words that say of what: `-h`, `--help` and a leading `help` are taken off. */
function withoutHelp(words: readonly string[]): readonly string[] {
  const others = words.filter((word) => word !== '--help' && word !== '-h')
  const { name, rest } = splitCommandLine(others)
  return name === 'help' ? rest : others
}

async function specsOf(group: string): Promise<CommandSpec[]> {
  return (await allSpecs()).filter((spec) => spec.name.startsWith(`${group} `))
}
