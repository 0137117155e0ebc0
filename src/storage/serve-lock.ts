import { LockedError } from '../base/errors.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { SERVE_LOCK } from './file-names.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { openIfThere } from './whole-file.ts'
import { refusalOf, type WriteState } from './write-state.ts'

/** Others hold it for a moment, when they look whether there is a server. */
const lockWaitMs = 500

/**
 * Makes this process the one server of a log directory until the file is closed, or the process ends. What is written into it is for people
 * only. Throws `LockedError` when there is a server already.
 */
export function takeServeLock(fileSystem: FileSystem, directory: string): OpenFile {
  const file = fileSystem.open(`${directory}/${SERVE_LOCK}`, 'create')
  if (file.lock('exclusive', lockWaitMs)) return file
  file.close()
  throw new LockedError(`${directory} is held by another tslog serve`, { hint: 'stop it, or name another directory' })
}

/** Whether a server holds the log directory now. */
export function isServed(fileSystem: FileSystem, directory: string): boolean {
  const file = openIfThere(fileSystem, `${directory}/${SERVE_LOCK}`)
  if (file === undefined) return false
  try {
    return !file.lock('shared', 0)
  } finally {
    file.close()
  }
}

/** Throws `LockedError` while a server holds the log directory. */
export function refuseServed(fileSystem: FileSystem, directory: string): void {
  if (!isServed(fileSystem, directory)) return
  throw new LockedError(`${directory} is held by a running tslog serve`, { hint: 'stop it first' })
}

/** Throws why a writer must leave a partition alone, if `state` says so. A server that was killed could not take its marks back: they go here. */
export function refuseWriting(
  state: WriteState | undefined,
  options: PartitionLogOptions & { readonly directory: string },
): void {
  const { fileSystem, logDirectory, directory, isServer } = options
  if (state?.isServed === true && isServer !== true && !isServed(fileSystem, logDirectory)) state.isServed = false
  const refusal = refusalOf(state, directory, isServer)
  if (refusal !== undefined) throw refusal
}
