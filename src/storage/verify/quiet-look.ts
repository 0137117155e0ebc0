import { RefusedError } from '../../base/errors.ts'
import type { FileSystem, OpenFile } from '../../disk/file-system.ts'
import { openIfThere } from '../open-if-there.ts'

/** An append or a swap ends sooner; what is locked for longer is looked at all the same. */
const waitMs = 2000

/**
 * Calls `look` while no writer changes what the lock file `path` guards, so that what is seen belongs together. Where there is no such file no
 * writer of ours has been; where its lock is not to be had, or the platform has none, it looks without: a reader never fails for that.
 */
export function whileQuiet<T>(fileSystem: FileSystem, path: string, look: () => T): T {
  const file = openIfThere(() => fileSystem.open(path, 'read'))
  if (file === undefined) return look()
  try {
    lockShared(file)
    return look()
  } finally {
    // Closing frees the lock.
    file.close()
  }
}

function lockShared(file: OpenFile): void {
  try {
    file.lock('shared', waitMs)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
  }
}
