import { dirname, resolve } from 'node:path'
import { NotFoundError, UsageError } from '../base/errors.ts'
import { replaceWholeFile } from '../storage/whole-file.ts'
import type { OptionsOf } from './command-spec.ts'
import { canAsk } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { ExitCode } from './exit-code.ts'
import { askForDirectory, askToReplace } from './init/questions.ts'
import { checkSettings, type LocationSetting, settingsText } from './init/settings-text.ts'
import { printJson, say } from './results.ts'
import { homeOf, SETTINGS_FILE } from './settings-files.ts'
import type { initSpec } from './specs/init.ts'
import { parseBrokerList } from './values/broker-list.ts'

export type InitOptions = OptionsOf<typeof initSpec>

/** Writes where the log is into a settings file, for this directory or for the user. Asks for what no flag says, where it can. */
export async function init(options: InitOptions, context: CliContext): Promise<number> {
  const mayAsk = !options.yes && canAsk(context)
  const path = settingsPath(options, context)
  if (!(await mayWrite(path, mayAsk, { options, context }))) return ExitCode.failed
  const kept = absolute(settingOf(options) ?? (await chosenDirectory(mayAsk, { options, context })), options, context)
  const text = settingsText(kept)
  checkSettings(text, kept)
  const fileSystem = context.fileSystem()
  if (options.user) fileSystem.makeDirectory(dirname(path))
  replaceWholeFile(fileSystem, path, new TextEncoder().encode(text))
  report(path, kept, { options, context })
  return ExitCode.done
}

interface Invocation {
  readonly options: InitOptions
  readonly context: CliContext
}

function settingsPath({ user }: InitOptions, { cwd, environment }: CliContext): string {
  if (!user) return `${cwd}/${SETTINGS_FILE}`
  const home = homeOf(environment, 'XDG_CONFIG_HOME', '.config')
  if (home === undefined) {
    throw new NotFoundError('no place for settings: neither XDG_CONFIG_HOME nor HOME is set', {
      hint: 'without --user they are kept in the current directory',
    })
  }
  return `${home}/tslog/${SETTINGS_FILE}`
}

async function mayWrite(path: string, mayAsk: boolean, { options, context }: Invocation): Promise<boolean> {
  if (options.force || context.fileSystem().stat(path) === undefined) return true
  if (mayAsk) return askToReplace(path)
  throw new UsageError(`${path} is there already: --force replaces it`, { hint: 'tslog init --dir logs --force' })
}

/** What the flags say. Throws `UsageError` for brokers that no command could read. */
function settingOf({ dir, bootstrapServer }: InitOptions): LocationSetting | undefined {
  if (dir !== undefined) return { kind: 'directory', path: dir }
  if (bootstrapServer === undefined) return undefined
  parseBrokerList(bootstrapServer, '--bootstrap-server')
  return { kind: 'brokers', list: bootstrapServer }
}

async function chosenDirectory(mayAsk: boolean, { options, context }: Invocation): Promise<LocationSetting> {
  const usual = defaultDirectory(options, context)
  return { kind: 'directory', path: mayAsk ? await askForDirectory(usual) : usual }
}

/** What every command takes without any settings. */
function defaultDirectory({ user }: InitOptions, { environment }: CliContext): string {
  const home = user ? homeOf(environment, 'XDG_DATA_HOME', '.local/share') : undefined
  return home === undefined ? '.tslog' : `${home}/tslog`
}

/** In the user's file a path means the same wherever it is read; a project's moves with its directory. */
function absolute(setting: LocationSetting, { user }: InitOptions, { cwd }: CliContext): LocationSetting {
  if (setting.kind !== 'directory' || !user) return setting
  return { kind: 'directory', path: resolve(cwd, setting.path) }
}

function report(path: string, setting: LocationSetting, { options, context }: Invocation): void {
  const where = setting.kind === 'directory' ? setting.path : setting.list
  if (options.json) {
    const key = setting.kind === 'directory' ? 'log.dirs' : 'bootstrap.servers'
    printJson({ file: path, settings: { [key]: where } }, context)
  }
  say(`wrote ${path}: the log is ${where}`, options, context)
}
