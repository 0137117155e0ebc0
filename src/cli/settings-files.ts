/** The file looked for in the working directory and in `$XDG_CONFIG_HOME/tslog`. */
export const SETTINGS_FILE = 'tslog.properties'

export interface SettingsQuery {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly files: SettingsReader
}

/** The two questions put to the file system. */
export interface SettingsReader {
  /** The text of a file; undefined when there is none that can be read. */
  readText(path: string): string | undefined
  exists(path: string): boolean
}

export interface SettingsFile {
  readonly path: string
  readonly directory: string
  /**
   * Credentials of the user's own file must not be sent to brokers that `working-directory` named: anybody can put a file where the user
   * will `cd` to.
   */
  readonly source: 'working-directory' | 'user-file'
  readonly text: string
}

/** Those that are there, the stronger one first; each is read when it is asked for. */
export function* settingsFiles(query: SettingsQuery): Generator<SettingsFile> {
  const { cwd, environment, files } = query
  const text = files.readText(`${cwd}/${SETTINGS_FILE}`)
  if (text !== undefined) yield { path: `./${SETTINGS_FILE}`, directory: cwd, source: 'working-directory', text }
  const home = homeOf(environment, 'XDG_CONFIG_HOME', '.config')
  if (home === undefined) return
  const directory = `${home}/tslog`
  const path = `${directory}/${SETTINGS_FILE}`
  const own = files.readText(path)
  if (own !== undefined) yield { path, directory, source: 'user-file', text: own }
}

/** A relative path in an XDG variable is to be ignored (XDG Base Directory Specification). */
export function homeOf(environment: SettingsQuery['environment'], variable: string, below: string): string | undefined {
  const named = environment[variable]
  if (named?.startsWith('/')) return named
  const home = environment['HOME']
  return home ? `${home}/${below}` : undefined
}
