import { commandGroups, type CommandGroup } from './command-table.ts'
import { globalFlags } from './specs/global-flags.ts'
import type { FlagSpec } from './command-spec.ts'

/** A command line taken apart as far as the command's name. */
export interface CommandLine {
  /** `consume`, `topics list`, `topics` (nothing follows), or undefined when no word is there. */
  readonly name: string | undefined
  /** All that is not the name: global flags that stood before it come first. */
  readonly rest: readonly string[]
  readonly group: CommandGroup | undefined
  /** Whether nothing but global flags is in `rest`. */
  readonly hasOnlyGlobalFlags: boolean
}

/**
 * Finds the command's name behind global flags (`tslog -d x topics list`), so that these may stand before it as well as
 * after it. A flag that is not global ends the search.
 */
export function splitCommandLine(argv: readonly string[]): CommandLine {
  const first = skipGlobalFlags(argv, 0)
  const word = argv[first]
  if (word === undefined || word.startsWith('-')) return commandLine(undefined, argv, undefined)
  const group = commandGroups.find((candidate) => candidate.name === word || candidate.alias === word)
  const without = [...argv.slice(0, first), ...argv.slice(first + 1)]
  if (group === undefined) return commandLine(word, without, group)
  const second = skipGlobalFlags(without, first)
  const subcommand = without[second]
  if (subcommand === undefined || subcommand.startsWith('-')) return commandLine(group.name, without, group)
  const rest = [...without.slice(0, second), ...without.slice(second + 1)]
  return commandLine(`${group.name} ${subcommand}`, rest, group)
}

function commandLine(name: string | undefined, rest: readonly string[], group: CommandGroup | undefined): CommandLine {
  return { name, rest, group, hasOnlyGlobalFlags: skipGlobalFlags(rest, 0) === rest.length }
}

/** The index of the first word from `start` on that is neither a global flag nor the value of one. */
function skipGlobalFlags(argv: readonly string[], start: number): number {
  let index = start
  for (;;) {
    const words = globalFlagWords(argv[index] ?? '')
    if (words === 0) return Math.min(index, argv.length)
    index += words
  }
}

/** How many words a global flag takes, itself included; 0 when `word` is none. */
function globalFlagWords(word: string): number {
  if (!word.startsWith('-')) return 0
  for (const [name, flag] of Object.entries<FlagSpec>(globalFlags)) {
    if (word === `--${name}` || word === `-${flag.char}`) return flag.kind === 'bool' ? 1 : 2
    if (flag.kind === 'bool') continue
    if (word.startsWith(`--${name}=`)) return 1
    if (!word.startsWith('--') && word.startsWith(`-${flag.char}`)) return 1
  }
  return 0
}

/** Whether errors should be JSON: known even when the rest of the line cannot be parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  return flags.includes('--json') || (flags.includes('-J') && splitCommandLine(argv).name !== 'produce')
}

/** Whether the line asks for help: `--help` or `-h` anywhere before `--`. */
export function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  return flags.includes('--help') || flags.includes('-h')
}
