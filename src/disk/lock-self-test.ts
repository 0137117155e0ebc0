import type { FileSystem } from './file-system.ts'

/**
 * Whether locks of the file system keep two opens of one file apart, as everything that writes relies on. To be asked once
 * before the first write to a directory, with a lock file in it (made when missing). Holds the lock only during the call.
 * Throws `RefusedError` where there are no locks.
 */
export function locksExclude(fileSystem: FileSystem, path: string): boolean {
  const first = fileSystem.open(path, 'create')
  const second = fileSystem.open(path, 'create')
  try {
    // To be refused is proof enough: somebody else holds it.
    return !first.lock('exclusive', 0) || !second.lock('exclusive', 0)
  } finally {
    second.close()
    first.close()
  }
}
