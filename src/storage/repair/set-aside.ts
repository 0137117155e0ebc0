import type { FileSystem } from '../../disk/file-system.ts'

/** Gives a file a name that is in nobody's way, and that no other file has. Returns it; durable once the directory is synced. */
export function setAside(fileSystem: FileSystem, path: string): string {
  for (let count = 0; ; count++) {
    const target = count === 0 ? `${path}.corrupt` : `${path}-${count}.corrupt`
    if (fileSystem.stat(target) !== undefined) continue
    fileSystem.rename(path, target)
    return target
  }
}
