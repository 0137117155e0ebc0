import { DiskError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { CLEAN_SHUTDOWN_ASIDE, CLEAN_SHUTDOWN_MARKER } from './file-names.ts'
import { replaceWholeFile } from './whole-file.ts'

/**
 * `.kafka_cleanshutdown`: while it is there, every log of the data directory was closed in order and needs no recovery. Kafka
 * believes it without a look, so it goes before the first write and comes only when all is synced. Kafka:
 * `CleanShutdownFileHandler`.
 */
export function hasCleanShutdownMarker(fileSystem: FileSystem, directory: string): boolean {
  return fileSystem.stat(`${directory}/${CLEAN_SHUTDOWN_MARKER}`) !== undefined
}

/** Takes the marker away, durably, but keeps what it says for its return. Returns whether there was one. */
export function setCleanShutdownMarkerAside(fileSystem: FileSystem, directory: string): boolean {
  return move(fileSystem, directory, { from: CLEAN_SHUTDOWN_MARKER, to: CLEAN_SHUTDOWN_ASIDE })
}

/**
 * Makes the marker, durably: the last step of closing every partition of the directory. One that was set aside comes back: it names the epoch
 * under which the broker was registered when it stopped, and with another one its controller takes the shutdown for an unclean one.
 */
export function writeCleanShutdownMarker(fileSystem: FileSystem, directory: string): void {
  if (move(fileSystem, directory, { from: CLEAN_SHUTDOWN_ASIDE, to: CLEAN_SHUTDOWN_MARKER })) return
  const text = '{"version":0,"brokerEpoch":-1}'
  replaceWholeFile(fileSystem, `${directory}/${CLEAN_SHUTDOWN_MARKER}`, new TextEncoder().encode(text))
}

/** False when it is not there; another process may have been first. */
function move(fileSystem: FileSystem, directory: string, { from, to }: { from: string; to: string }): boolean {
  if (fileSystem.stat(`${directory}/${from}`) === undefined) return false
  try {
    fileSystem.rename(`${directory}/${from}`, `${directory}/${to}`)
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return false
    throw error
  }
  fileSystem.syncDirectory(directory)
  return true
}
