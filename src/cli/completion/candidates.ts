import { splitCommandLine } from '../command-line.ts'
import type { ArgSpec, CommandSpec, FlagSpec } from '../command-spec.ts'
import { commandTable, subcommandsOf, topLevelWords } from '../command-table.ts'
import { flagOfWord } from '../flag-lookup.ts'
import { globalFlags } from '../specs/global-flags.ts'
import type { LogNames } from './log-names.ts'
import { type Candidate, configNames, configSettings } from './config-words.ts'

/** What to offer: words, and names of files where the shell knows better than we do. */
export interface Offer {
  readonly candidates: readonly Candidate[]
  readonly paths: 'files' | 'directories' | undefined
}

/** What completes the last of `words` (which may be empty); `words` begin behind `tslog`. */
export async function offer(words: readonly string[], names: LogNames): Promise<Offer> {
  const current = words.at(-1) ?? ''
  const line = splitCommandLine(words.slice(0, -1))
  const spec = await specNamed(line.name)
  const attached = /^(--[^=]+)=/.exec(current)?.[1]
  const flag = valueFlag(spec, attached ?? words.at(-2))
  if (flag !== undefined) {
    const prefix = attached === undefined ? '' : `${attached}=`
    return matching(await flagValues(flag, current.slice(prefix.length), names), current, prefix)
  }
  if (current.startsWith('-')) return matching(wordsOnly(flagCandidates(spec)), current)
  if (line.name === undefined) return matching(commandWords(topLevelWords()), current)
  if (line.name === line.group?.name) return matching(commandWords(subcommandsOf(line.group.name)), current)
  return matching(await operandValues(spec, line.rest, names), current)
}

const noCommand: CommandSpec = { name: '', summary: '', description: [], args: [], flags: globalFlags, examples: [] }

async function specNamed(name: string | undefined): Promise<CommandSpec> {
  return (await commandTable.find((entry) => entry.name === name)?.load()) ?? noCommand
}

function matching(all: Offer, current: string, prefix = ''): Offer {
  const candidates = all.candidates
    .map(({ word, summary }) => ({ word: prefix + word, summary }))
    .filter(({ word }) => word.startsWith(current))
  return { candidates, paths: all.paths }
}

function wordsOnly(candidates: readonly Candidate[]): Offer {
  return { candidates, paths: undefined }
}

function plain(words: readonly string[]): Offer {
  return wordsOnly(words.map((word) => ({ word, summary: '' })))
}

function commandWords(entries: readonly { readonly word: string; readonly brief: string }[]): Offer {
  return wordsOnly(entries.map(({ word, brief }) => ({ word, summary: brief })))
}

type ValueFlag = Exclude<FlagSpec, { kind: 'bool' }>

/** The flag that `word` is, when the next word is its value. */
function valueFlag(spec: CommandSpec, word: string | undefined): ValueFlag | undefined {
  const flag = flagOfWord(spec, word ?? '')?.flag
  return flag === undefined || flag.kind === 'bool' ? undefined : flag
}

async function flagValues(flag: ValueFlag, typed: string, names: LogNames): Promise<Offer> {
  if (flag.kind === 'choice') return plain(flag.options)
  if (flag.completes === 'config-settings') return wordsOnly(configSettings(typed))
  if (flag.completes === 'config-names') return wordsOnly(configNames())
  if (flag.kind === 'string' && flag.suggests !== undefined) return plain(flag.suggests)
  return named(flag.completes, names)
}

async function operandValues(spec: CommandSpec, rest: readonly string[], names: LogNames): Promise<Offer> {
  const arg = argAt(spec, rest)
  if (arg?.options !== undefined) return plain(arg.options)
  return named(arg?.completes, names)
}

async function named(kind: Completes, names: LogNames): Promise<Offer> {
  switch (kind) {
    case 'topics':
      return plain(names.topics())
    case 'groups':
      return plain(await names.groups())
    case 'files':
    case 'directories':
      return { candidates: [], paths: kind }
    case undefined:
      return plain([])
  }
}

type Completes = 'topics' | 'groups' | 'files' | 'directories' | undefined

/** The argument that the next operand after `rest` is. */
function argAt(spec: CommandSpec, rest: readonly string[]): ArgSpec | undefined {
  const operands = rest.filter((word, index) => isOperand(valueFlag(spec, rest[index - 1]), word)).length
  const last = spec.args.at(-1)
  return spec.args[operands] ?? (last?.multiple === true ? last : undefined)
}

function isOperand(flagBefore: ValueFlag | undefined, word: string): boolean {
  if (flagBefore === undefined) return !word.startsWith('-')
  return flagBefore.kind === 'string' && flagBefore.asOperand === true
}

function flagCandidates(spec: CommandSpec): Candidate[] {
  return Object.entries(spec.flags)
    .filter(([, flag]) => flag.hidden !== true)
    .flatMap(([name, flag]) => {
      const off = flag.kind === 'bool' && flag.allowNo === true ? [{ word: `--no-${name}`, summary: '' }] : []
      return [{ word: `--${name}`, summary: flag.summary }, ...off]
    })
    .concat({ word: '--help', summary: 'Show help.' })
}
