import type { CommandSpec, FlagSpec } from '../cli/command-spec.ts'
import { commandGroups } from '../cli/command-groups.ts'
import { allSpecs, subcommandsOf, topLevelWords } from '../cli/command-table.ts'
import { inWords } from '../cli/flag-value.ts'
import { argUsage, flagText, shownFlags } from '../cli/help/usage-line.ts'
import { serveSettingList } from '../cli/serve/setting-list.ts'
import { globalFlags } from '../cli/specs/global-flags.ts'

/** The day of the last change of what the pages say besides the specifications. */
const DATE = 'November 23, 2026'

/** All man pages by file name, as mdoc source: `tslog.1` and one `tslog-WORD.1` for each first word of a command. */
export async function manPages(): Promise<ReadonlyMap<string, string>> {
  const specs = await allSpecs()
  const pages = new Map([['tslog.1', mainPage()]])
  for (const { word, brief } of topLevelWords()) {
    const own = specs.filter((spec) => spec.name.split(' ')[0] === word)
    const isGroup = commandGroups.some((group) => group.name === word)
    pages.set(`tslog-${word}.1`, isGroup ? groupPage(word, own) : commandPage(word, brief, own))
  }
  return pages
}

function commandPage(word: string, brief: string, [spec]: readonly CommandSpec[]): string {
  if (spec === undefined) return ''
  return page(`tslog-${word}`, brief, [
    section('SYNOPSIS', synopsis(spec)),
    section('DESCRIPTION', [...paragraphs(spec.description), ...flagList(shownFlags(spec).own)]),
    section('SETTINGS', word === 'serve' ? serveSettings() : []),
    section('EXIT STATUS', exitStatus(spec)),
    section('EXAMPLES', examples(spec)),
    section('SEE ALSO', ['.Xr tslog 1']),
  ])
}

function groupPage(word: string, specs: readonly CommandSpec[]): string {
  const what = inWords(subcommandsOf(word).map((entry) => entry.word))
  return page(`tslog-${word}`, `${what} ${word}`, [
    section('SYNOPSIS', specs.flatMap(synopsis)),
    section('DESCRIPTION', specs.flatMap(subsection)),
    section('EXIT STATUS', ['See', '.Xr tslog 1', 'for all codes.', ...specs.flatMap(ownExitCodes)]),
    section('EXAMPLES', specs.flatMap(examples)),
    section('SEE ALSO', ['.Xr tslog 1']),
  ])
}

function subsection(spec: CommandSpec): string[] {
  return [`.Ss tslog ${spec.name}`, ...paragraphs(spec.description), ...flagList(shownFlags(spec).own)]
}

function page(name: string, brief: string, sections: readonly (readonly string[])[]): string {
  const head = [
    '.\\" Made by `npm run man` from src/cli/specs; a test compares.',
    `.Dd ${DATE}`,
    `.Dt ${name.toUpperCase()} 1`,
    '.Os',
    '.Sh NAME',
    `.Nm ${name}`,
    `.Nd ${text(brief)}`,
  ]
  return `${wrapped([...head, ...sections.flat()]).join('\n')}\n`
}

/** Text lines of at most 80 bytes, as mdoc wants them; lines of macros and of examples stay. */
function wrapped(lines: readonly string[]): string[] {
  let isLiteral = false
  return lines.flatMap((line) => {
    if (/^\.[BE]d\b/.test(line)) isLiteral = line.startsWith('.Bd')
    return isLiteral || line.startsWith('.') ? [line] : wrapText(line)
  })
}

/** Breaks between words, but not where a full stop at the end of the line would make a sentence of what is none. */
function wrapText(line: string): string[] {
  if (line.length <= LINE_BYTES_MAX) return [line]
  const space = [...line.slice(0, LINE_BYTES_MAX + 1).matchAll(/(?<![.?!)]) (?![.'])/g)].at(-1)
  if (space === undefined) return [line]
  return [line.slice(0, space.index), ...wrapText(line.slice(space.index + 1))]
}

const LINE_BYTES_MAX = 80

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.Sh ${title}`, ...lines]
}

function synopsis(spec: CommandSpec): string[] {
  const args = spec.args.map((arg) =>
    arg.required === true ? `.Ar ${text(argUsage(arg))}` : `.Op Ar ${text(argUsage(arg).slice(1, -1))}`,
  )
  return [`.Nm tslog ${spec.name}`, '.Op Ar flags', ...args]
}

/** Paragraphs with a break between, one sentence a line as mdoc wants it. */
function paragraphs(all: readonly string[]): string[] {
  return all.flatMap((paragraph, index) => [...(index === 0 ? [] : ['.Pp']), ...sentences(paragraph)])
}

function sentences(paragraph: string): string[] {
  return paragraph.split(/(?<=[.:?!]\)?) (?=[A-Z"])/).map(text)
}

function flagList(flags: readonly (readonly [string, FlagSpec])[]): string[] {
  if (flags.length === 0) return []
  const items = flags.flatMap(([name, flag]) => [`.It ${flagItem(name, flag)}`, ...sentences(flagText(flag))])
  return ['.Bl -tag -width Ds', ...items, '.El']
}

/** `Fl p , Fl -partition Ar N`, mdoc's way of `-p, --partition N`. */
function flagItem(name: string, flag: FlagSpec): string {
  const letter = flag.char === undefined ? [] : [`Fl ${flag.char} ,`]
  const no = flag.kind === 'bool' && flag.allowNo === true ? '[no-]' : ''
  const value = flag.kind === 'bool' ? [] : [`Ar ${text(flag.value)}`]
  return [...letter, `Fl -${no}${text(name)}`, ...value].join(' ')
}

/** What the file of --config-file may say. */
function serveSettings(): string[] {
  const items = serveSettingList().flatMap(({ name, defaultText, doc, range, example }) => [
    `.It ${text(`${name}=${defaultText}`)}`,
    ...sentences(doc),
    ...(/^(one|any) of .*,/.test(range()) ? [`${text(capitalized(range()))}.`] : []),
    ...(defaultText === '' ? [`For example ${text(example.replace(/\.*$/, '.'))}`] : []),
  ])
  return [
    'Lines of the',
    '.Fl -config-file ,',
    'and words of',
    '.Fl -override ,',
    'with their defaults; sizes may have units (8MiB), and times (5m).',
    'Settings of Kafka that have no meaning here are passed over, with a word about it; any other name is an error.',
    '.Bl -tag -width Ds',
    ...items,
    '.El',
  ]
}

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function examples(spec: CommandSpec): string[] {
  return spec.examples.flatMap(({ command, explanation }) => [
    `${text(explanation)}:`,
    '.Bd -literal -offset indent',
    literal(command),
    '.Ed',
  ])
}

function exitStatus(spec: CommandSpec): string[] {
  return ['0 when done, 2 for wrong usage; see', '.Xr tslog 1', 'for all codes.', ...ownExitCodes(spec)]
}

function ownExitCodes(spec: CommandSpec): string[] {
  const rows = Object.entries(spec.exitCodes ?? {})
  if (rows.length === 0) return []
  const title = spec.name.includes(' ') ? ['.Pp', `tslog ${spec.name}:`] : []
  return [
    ...title,
    '.Bl -tag -width Ds',
    ...rows.flatMap(([code, meaning]) => [`.It ${code}`, ...sentences(meaning)]),
    '.El',
  ]
}

function mainPage(): string {
  return page('tslog', 'Kafka you can pipe: topics in a plain directory', [
    section('SYNOPSIS', ['.Nm', '.Op Ar global flags', '.Ar command', '.Op Ar ...']),
    section('DESCRIPTION', mainDescription),
    section('COMMANDS', commandList()),
    section('GLOBAL FLAGS', ['They stand before the command or after it.', ...flagList(shownGlobalFlags())]),
    section('ENVIRONMENT', environment),
    section('FILES', files),
    section('EXIT STATUS', allExitCodes()),
    section('EXAMPLES', mainExamples),
    section('SEE ALSO', seeAlso()),
  ])
}

function shownGlobalFlags(): [string, FlagSpec][] {
  return Object.entries<FlagSpec>(globalFlags).filter(([, flag]) => flag.hidden !== true)
}

const mainDescription = [
  'A log directory holds topics as Apache Kafka keeps them on disk.',
  'Commands append records to a topic and read them back through pipes; many may work on one directory at the same time.',
  '.Pp',
  'Standard output carries records or results only; everything else goes to standard error.',
  'With',
  '.Fl -json ,',
  'results are one JSON document (or one a line), and errors are JSON on standard error.',
  'Colours, tables and progress appear on a terminal only.',
  'On SIGUSR1 a command that takes its time says on standard error, in one line, how far it is.',
]

function commandList(): string[] {
  const items = topLevelWords().flatMap(({ word, brief }) => [`.It Xr tslog-${word} 1`, text(brief)])
  return ['.Bl -tag -width Ds', ...items, '.El']
}

const environment = [
  '.Bl -tag -width Ds',
  '.It Ev TSLOG_DIR',
  'The log directory, when no flag says where the log is.',
  '.It Ev TSLOG_BROKERS',
  'Brokers instead of a directory, as -b names them; both variables at once are an error.',
  '.It Ev TSLOG_CLIENT_CONFIG',
  "A file that says how to speak to brokers, instead of the user's own below.",
  '.It Ev TSLOG_DEBUG',
  'When 1, an error shows where in the program it arose.',
  '.It Ev NO_COLOR , TERM',
  'No colour when NO_COLOR is not empty or TERM is dumb.',
  '.It Ev XDG_CONFIG_HOME , XDG_DATA_HOME',
  'Where the files below are; ~/.config and ~/.local/share by default.',
  '.El',
]

const files = [
  'A flag is stronger than the environment, and that than these files, in this order:',
  '.Bl -tag -width Ds',
  '.It Pa ./tslog.properties',
  'Where the log is, in the syntax of Java properties: log.dirs or bootstrap.servers.',
  'And how commands speak to people: color (auto or never), quiet and verbose (true or false), as --no-color, -q and -v do;',
  'with -v nothing is quiet, with -q nothing is verbose.',
  'What goes to a pipe depends on no file.',
  '.It Pa $XDG_CONFIG_HOME/tslog/tslog.properties',
  'The same for the user, and how to speak to the brokers of -b: security.protocol (PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL),',
  'ssl.ca.location, ssl.certificate.location and ssl.key.location (PEM), sasl.mechanism (PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512),',
  'sasl.username, and sasl.password or sasl.password.file; sasl.jaas.config is read too.',
  'Brokers that ./tslog.properties names are told nothing of it.',
  '.It Pa ./.tslog',
  'The log directory when nothing names one, if it exists.',
  '.It Pa $XDG_DATA_HOME/tslog',
  'The log directory otherwise.',
  '.El',
]

function allExitCodes(): string[] {
  const rows: readonly (readonly [string, string])[] = [
    ['0', 'Done; also when the reader closed the pipe.'],
    ['1', 'Failed, or any item of several failed.'],
    ['2', 'Wrong usage: an unknown flag or a bad value.'],
    ['3', 'Not found: directory, topic, partition or group; offset out of range.'],
    ['4', 'Nothing matched or nothing to do, with --exit-code only.'],
    ['5', 'Damage found in the data, or the peer has diverged.'],
    ['6', 'Locked by another writer.'],
    [
      '75',
      'Try again later: a broker or peer cannot be reached, the disk is full, or another writer held its lock for too long.',
    ],
    ['77', 'Not allowed.'],
    ['124', 'The time of --timeout has passed.'],
    ['129, 130, 143', 'SIGHUP (outside serve), SIGINT, SIGTERM, after an orderly stop.'],
  ]
  return ['.Bl -tag -width Ds', ...rows.flatMap(([code, meaning]) => [`.It ${code}`, text(meaning)]), '.El']
}

const mainExamples = [
  '.Bd -literal -offset indent',
  'cat access.log | tslog produce app-logs',
  'tslog consume app-logs --since 1h | grep error',
  'tslog tail app-logs',
  '.Ed',
]

function seeAlso(): string[] {
  const names = topLevelWords()
    .map(({ word }) => `tslog-${word}`)
    .toSorted()
  return names.map((name, index) => `.Xr ${name} 1${index < names.length - 1 ? ' ,' : ''}`)
}

/** Text for a line of mdoc: no control line by accident, no escape, and dashes that stay dashes when copied. */
function text(source: string): string {
  const escaped = source.replaceAll('\\', '\\e').replaceAll('-', '\\-')
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}

/** The same for a line that is shown as it is. */
function literal(source: string): string {
  return text(source)
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
}
