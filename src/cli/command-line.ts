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
}

/**
 * Finds the command's name behind global flags (`tslog -d x topics list`), so that these may stand before it as well as
 * after it. A flag that is not global ends the search.
 */
export function splitCommandLine(argv: readonly string[]): CommandLine {
  const first = skipGlobalFlags(argv, 0)
  const word = argv[first]
  if (word === undefined || word.startsWith('-')) return { name: undefined, rest: argv, group: undefined }
  const group = commandGroups.find((candidate) => candidate.name === word || candidate.alias === word)
  const before = argv.slice(0, first)
  if (group === undefined) return { name: word, rest: [...before, ...argv.slice(first + 1)], group }
  const second = skipGlobalFlags(argv, first + 1)
  const subcommand = argv[second]
  if (subcommand === undefined || subcommand.startsWith('-')) {
    return { name: group.name, rest: [...before, ...argv.slice(first + 1)], group }
  }
  const rest = [...before, ...argv.slice(first + 1, second), ...argv.slice(second + 1)]
  return { name: `${group.name} ${subcommand}`, rest, group }
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
  return flags.includes('--json') || (flags.includes('-J') && !flags.includes('produce'))
}

/** Whether the line asks for help: `--help` or `-h` anywhere before `--`. */
export function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  return flags.includes('--help') || flags.includes('-h')
}
