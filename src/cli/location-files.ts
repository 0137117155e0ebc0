import { DiskError, errorCode } from '../base/errors.ts'
import { fileCalls } from '../disk/file-calls.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { CliContext } from './context.ts'
import type { SettingsQuery, SettingsReader } from './settings-files.ts'

/** Answers what `resolveLocation` asks, from the file system. What cannot be read counts as not there. */
export function locationFiles(fileSystem: FileSystem): SettingsReader {
  return {
    readText: (path) => ifPossible(() => readText(path)),
    exists: (path) => ifPossible(() => fileSystem.stat(path)) !== undefined,
  }
}

/** What it takes to find the settings files of a run. */
export function settingsQuery(context: CliContext): SettingsQuery {
  const { environment, cwd } = context
  return { environment, cwd, files: locationFiles(context.fileSystem()) }
}

/** A settings file is some lines long; what is larger is none. */
const SETTINGS_BYTES_MAX = 1024 * 1024

/** People keep their settings behind symbolic links, which are followed here; what is no file, such as a pipe, would have us wait. */
function readText(path: string): string | undefined {
  const calls = fileCalls()
  // Hardly anybody has one: to look first is a tenth of the price of an error that is caught.
  if (calls.statusAt(path, true) === undefined) return undefined
  const fd = calls.open(path, 'input')
  try {
    const { kind, size } = calls.statusOf(fd)
    if (kind !== 'file' || size > SETTINGS_BYTES_MAX) return undefined
    const bytes = new Uint8Array(size)
    return new TextDecoder().decode(bytes.subarray(0, calls.read(fd, bytes)))
  } finally {
    calls.close(fd)
  }
}

function ifPossible<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (error instanceof DiskError || errorCode(error) !== '') return undefined
    throw error
  }
}
