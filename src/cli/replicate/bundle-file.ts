import { realpathSync } from 'node:fs'
import { RefusedError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'

/**
 * The file that a bundle is, or is to be, behind symbolic links. Throws `RefusedError` where something else is: a pipe cannot be read twice, and a
 * device would be replaced by a file.
 */
export function bundleFile(fileSystem: FileSystem, path: string): string {
  const file = behindLinks(path)
  const kind = fileSystem.stat(file)?.kind ?? 'file'
  if (kind === 'file') return file
  throw new RefusedError(`${path} is ${kind === 'directory' ? 'a directory' : 'no file'}: a bundle is one file`, {
    hint: 'for example bundle:monday.bundle',
  })
}

function behindLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // Not there yet, or it leads nowhere.
    return path
  }
}
