import { DiskError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { CliContext } from './context.ts'
import type { SettingsQuery, SettingsReader } from './settings-files.ts'

/** Answers what `resolveLocation` asks, from the file system. What cannot be read counts as not there. */
export function locationFiles(fileSystem: FileSystem): SettingsReader {
  return {
    readText: (path) => ifPossible(() => readText(fileSystem, path)),
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

function readText(fileSystem: FileSystem, path: string): string | undefined {
  const file = fileSystem.open(path, 'read')
  try {
    const size = file.size()
    if (size > SETTINGS_BYTES_MAX) return undefined
    const bytes = new Uint8Array(size)
    return new TextDecoder().decode(bytes.subarray(0, file.read(bytes, 0)))
  } finally {
    file.close()
  }
}

function ifPossible<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (error instanceof DiskError) return undefined
    throw error
  }
}
