import { groupNamed, type CommandGroup } from './command-groups.ts'
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
  const group = groupNamed(word)
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
  const flags: Readonly<Record<string, FlagSpec>> = globalFlags
  for (const name in flags) {
    const flag = flags[name]
    const words = flag === undefined ? 0 : flagWords(word, name, flag)
    if (words > 0) return words
  }
  return 0
}

/** The same for one flag. */
function flagWords(word: string, name: string, { char, kind }: FlagSpec): number {
  if (word === `--${name}` || word === `-${char}`) return kind === 'bool' ? 1 : 2
  if (kind === 'bool') return 0
  const isAttached = word.startsWith('--') ? word.startsWith(`--${name}=`) : word.startsWith(`-${char}`)
  return isAttached ? 1 : 0
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
