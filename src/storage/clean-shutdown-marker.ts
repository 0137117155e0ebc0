import type { FileSystem } from '../disk/file-system.ts'
import { CLEAN_SHUTDOWN_MARKER } from './file-names.ts'
import { replaceWholeFile } from './whole-file.ts'

/**
 * `.kafka_cleanshutdown`: while it is there, every log of the data directory was closed in order and needs no recovery. Kafka
 * believes it without a look, so it goes before the first write and comes only when all is synced. Kafka:
 * `CleanShutdownFileHandler`.
 */
export function hasCleanShutdownMarker(fileSystem: FileSystem, directory: string): boolean {
  return fileSystem.stat(`${directory}/${CLEAN_SHUTDOWN_MARKER}`) !== undefined
}

/** Removes the marker, durably. Returns whether there was one. */
export function removeCleanShutdownMarker(fileSystem: FileSystem, directory: string): boolean {
  if (!fileSystem.remove(`${directory}/${CLEAN_SHUTDOWN_MARKER}`)) return false
  fileSystem.syncDirectory(directory)
  return true
}

/** Makes the marker, durably: the last step of closing every partition of the directory. */
export function writeCleanShutdownMarker(fileSystem: FileSystem, directory: string): void {
  const text = '{"version":0,"brokerEpoch":-1}'
  replaceWholeFile(fileSystem, `${directory}/${CLEAN_SHUTDOWN_MARKER}`, new TextEncoder().encode(text))
}
