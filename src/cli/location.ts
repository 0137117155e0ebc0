import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest-name.ts'
import { parseJavaProperties } from '../storage/java-properties.ts'
import { inWords } from './flag-value.ts'
import { quoted } from './format/visible-text.ts'
import { outputKeys, outputSetting } from './output-settings.ts'
import { homeOf, settingsFiles, type SettingsFile, type SettingsQuery } from './settings-files.ts'
import { parseBrokerList } from './values/broker-list.ts'
import type { BrokerAddress } from './values/broker-list.ts'

/** Where the log is, and who said so. */
export type Location = DirectoryLocation | BrokersLocation

export interface DirectoryLocation {
  readonly kind: 'directory'
  /** Absolute, or relative to the working directory as typed. */
  readonly path: string
  readonly source: LocationSource
  /** What to tell the user on stderr, one line each. */
  readonly warnings: readonly string[]
}

export interface BrokersLocation {
  readonly kind: 'brokers'
  readonly addresses: readonly BrokerAddress[]
  readonly source: LocationSource
  readonly warnings: readonly string[]
}

/** From the strongest to the weakest. */
export type LocationSource = 'flag' | 'environment' | SettingsFile['source'] | 'default'

export interface LocationQuery extends SettingsQuery {
  /** As given on the command line. */
  readonly flags: { readonly dir?: string | undefined; readonly bootstrapServer?: string | undefined }
}

/**
 * Finds the log: flag, else environment (`TSLOG_DIR`, `TSLOG_BROKERS`), else `./tslog.properties`, else
 * `$XDG_CONFIG_HOME/tslog/tslog.properties`, else `./.tslog` when there is one, else `$XDG_DATA_HOME/tslog`.
 * The files say it with Kafka's keys: `log.dirs` or `log.dir` (one directory, relative to the file), `bootstrap.servers`.
 * Throws `UsageError` when one of these says both, or says something that is neither.
 */
export function resolveLocation(query: LocationQuery): Location {
  return fromFlags(query) ?? fromEnvironment(query) ?? fromFiles(query)
}

function fromFiles(query: LocationQuery): Location {
  const warnings: string[] = []
  for (const file of settingsFiles(query)) {
    const settings = parseJavaProperties(file.text)
    warnings.push(...warningsOf(settings, file))
    const location = fromFile(settings, file)
    if (location !== undefined) return { ...location, warnings }
  }
  return { ...defaultLocation(query), warnings }
}

function fromFlags({ flags }: LocationQuery): Location | undefined {
  const { dir, bootstrapServer } = flags
  if (dir === '') throw new UsageError('--dir: the name of the directory is empty', { hint: 'for example --dir logs' })
  return choose({ dir, brokers: bootstrapServer, source: 'flag', names: ['--dir', '--bootstrap-server'] })
}

/** An empty variable is as none. */
function fromEnvironment({ environment }: LocationQuery): Location | undefined {
  const dir = environment['TSLOG_DIR'] || undefined
  const brokers = environment['TSLOG_BROKERS'] || undefined
  return choose({ dir, brokers, source: 'environment', names: ['TSLOG_DIR', 'TSLOG_BROKERS'] })
}

interface Choice {
  readonly dir: string | undefined
  readonly brokers: string | undefined
  readonly source: LocationSource
  /** What the two are called there. */
  readonly names: readonly [string, string]
}

function choose({ dir, brokers, source, names }: Choice): Location | undefined {
  if (dir !== undefined && brokers !== undefined) {
    throw new UsageError(`both ${names[0]} and ${names[1]} are given`, {
      hint: 'a log is either a directory (-d DIR) or brokers (-b HOST:PORT)',
    })
  }
  if (dir !== undefined) return { kind: 'directory', path: dir, source, warnings: [] }
  if (brokers === undefined) return undefined
  return { kind: 'brokers', addresses: parseBrokerList(brokers, names[1]), source, warnings: [] }
}

function fromFile(settings: ReadonlyMap<string, string>, file: SettingsFile): Location | undefined {
  const name = (key: string): string => `${key} in ${file.path}`
  return choose({
    dir: directoryOf(settings, file),
    brokers: settings.get('bootstrap.servers') || undefined,
    source: file.source,
    names: [name('log.dirs'), name('bootstrap.servers')],
  })
}

function directoryOf(settings: ReadonlyMap<string, string>, file: SettingsFile): string | undefined {
  const dir = settings.get('log.dirs') || settings.get('log.dir')
  if (!dir) return undefined
  if (dir.includes(',')) {
    throw new UsageError(`log.dirs in ${file.path}: ${quoted(dir)} names several directories`, {
      hint: 'tslog works on one log directory at a time: name it with -d',
    })
  }
  return dir.startsWith('/') ? dir : `${file.directory}/${dir}`
}

/** Whether what a setting of this name says is for nobody else's eyes. */
export function isSecretKey(name: string): boolean {
  return /password|secret|jaas|token|credential|^ssl\.keystore\.key$/i.test(name)
}

/** Those, and what points to them. */
const secretKey = /password|secret|jaas|token|credential|^ssl\.(keystore|key)\b/i

/** How brokers are to be spoken to. */
const securityKey = /^(security|sasl|ssl)\./i

/** Where the log is; how to speak to brokers is read elsewhere. */
const locationKeys: readonly string[] = ['log.dirs', 'log.dir', 'bootstrap.servers']

function warningsOf(settings: ReadonlyMap<string, string>, { path, source }: SettingsFile): string[] {
  return [...settings].flatMap(([key, value]) => {
    if (locationKeys.includes(key)) return []
    const output = outputSetting(key)
    if (output !== undefined) return output.values.includes(value) ? [] : [badValue(key, value, path)]
    const isSecret = secretKey.test(key)
    if (!isSecret && !securityKey.test(key)) return [unknownWarning(key, path)]
    if (source !== 'working-directory') return []
    const what = isSecret ? 'secrets are' : 'how brokers are spoken to is'
    return [`${path}: ${quoted(key)} is ignored: ${what} only read from your own configuration directory`]
  })
}

function badValue(key: string, value: string, path: string): string {
  return `${path}: ${quoted(value)} is ignored: ${key} is ${inWords(outputSetting(key)?.values ?? [])}`
}

function unknownWarning(key: string, path: string): string {
  const known = [...locationKeys, ...outputKeys]
  const near = nearest(key, known)
  const hint = near === undefined ? `it may say ${known.join(', ')}` : `did you mean ${near}?`
  return `${path}: ${quoted(key)} is ignored: there is no such setting; ${hint}`
}

function defaultLocation({ cwd, environment, files }: LocationQuery): Location {
  const source = 'default'
  if (files.exists(`${cwd}/.tslog`)) return { kind: 'directory', path: './.tslog', source, warnings: [] }
  const home = homeOf(environment, 'XDG_DATA_HOME', '.local/share')
  if (home === undefined) {
    throw new UsageError('no log directory: neither XDG_DATA_HOME nor HOME is set', { hint: 'name it with -d DIR' })
  }
  return { kind: 'directory', path: `${home}/tslog`, source, warnings: [] }
}
