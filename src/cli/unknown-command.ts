import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest-name.ts'
import { splitCommandLine } from './command-line.ts'
import { commandGroups } from './command-groups.ts'
import { subcommandsOf, topLevelWords } from './command-table.ts'
import { quoted } from './format/visible-text.ts'

/** What to say about a command line that names no command: the nearest one, or what another tool's habit is called here. */
export function unknownCommand(words: readonly string[]): UsageError {
  const { name, rest, group } = splitCommandLine(words)
  if (group !== undefined) return unknownSubcommand(group.name, name ?? group.name, rest)
  if (name === undefined) return withoutCommand(words)
  const near = nearest(name, [...topLevelWords().map(({ word }) => word), ...commandGroups.map(({ alias }) => alias)])
  return new UsageError(`there is no command ${quoted(name)}`, { hint: otherTools[name] ?? didYouMean(near) })
}

function unknownSubcommand(group: string, name: string, rest: readonly string[]): UsageError {
  const word = name === group ? firstOwnFlag(rest) : name.slice(group.length + 1)
  const subcommands = subcommandsOf(group).map((entry) => entry.word)
  const asFlag = subcommands.find((candidate) => rest.includes(`--${candidate}`))
  const near = asFlag ?? subcommandOf(otherWords[word ?? ''], subcommands) ?? nearest(word ?? '', subcommands)
  return new UsageError(`there is no command ${quoted(`${group} ${word ?? ''}`.trim())}`, {
    hint: near === undefined ? `${group} knows ${subcommands.join(', ')}` : didYouMean(`${group} ${near}`),
  })
}

/** What a word of other tools is here, where there is such a command. */
function subcommandOf(word: string | undefined, subcommands: readonly string[]): string | undefined {
  return subcommands.find((candidate) => candidate === word)
}

/** The first flag that is not a global one. */
function firstOwnFlag(words: readonly string[]): string | undefined {
  return words.find(
    (word, index) => word.startsWith('-') && !splitCommandLine(words.slice(index, index + 1)).hasOnlyGlobalFlags,
  )
}

function withoutCommand(words: readonly string[]): UsageError {
  const mode = words.find((word) => Object.hasOwn(kcatModes, word))
  if (mode !== undefined) {
    return new UsageError(`no command is named, only ${mode}`, { hint: kcatModes[mode] ?? didYouMean(undefined) })
  }
  const flag = firstOwnFlag(words)
  if (flag === undefined) return new UsageError('no command is named', { hint: didYouMean(undefined) })
  return new UsageError(`there is no flag ${quoted(flag)} before the command`, {
    hint: 'those of a command stand behind it, as in: tslog consume app-logs --since 10m',
  })
}

function didYouMean(name: string | undefined): string {
  return name === undefined ? 'see: tslog --help' : `did you mean: tslog ${name}`
}

/** kcat's modes, which are letters there and words here. */
const kcatModes: Readonly<Record<string, string>> = {
  '-P': 'to append records: tslog produce app-logs',
  '-C': 'to read records: tslog consume app-logs',
  '-L': 'to see the topics: tslog topics describe',
  '-Q': 'to see offsets: tslog offsets app-logs',
  '-G': 'to read in a group: tslog consume app-logs -g nightly',
  '-t': 'to read a topic: tslog consume app-logs',
}

/** Words of other tools for what stands under `topics` and `groups`. */
const otherWords: Readonly<Record<string, string>> = {
  add: 'create',
  edit: 'alter',
  info: 'describe',
  ls: 'list',
  rm: 'delete',
  seek: 'reset',
  show: 'describe',
}

/** Words of other tools for what we call otherwise. */
const otherTools: Readonly<Record<string, string>> = {
  cat: 'to read records: tslog consume app-logs',
  follow: 'to follow a topic: tslog tail app-logs',
  ls: 'to see the topics: tslog topics list',
  list: 'to see the topics: tslog topics list',
  pub: 'to append records: tslog produce app-logs',
  rm: 'to delete a topic: tslog topics delete app-logs --dry-run',
  sub: 'to follow a topic: tslog tail app-logs',
  trim: 'to delete the oldest records: tslog topics trim app-logs --before 30d --dry-run',
  version: 'to see the version: tslog --version',
}
