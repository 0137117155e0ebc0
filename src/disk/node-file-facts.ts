import type { BigIntStats, Dirent, Stats } from 'node:fs'
import type { FileFacts } from './file-system.ts'

/** `exactly` is asked only where an inode number is too big for a `number` (XFS, overlayfs): it is three times as slow. */
export function fileFacts(stats: Stats, exactly: () => BigIntStats): FileFacts {
  return {
    kind: kindOf(stats),
    size: stats.size,
    modifiedMs: Math.round(stats.mtimeMs),
    changedMs: Math.round(stats.ctimeMs),
    identity: identityOf(stats, exactly),
  }
}

/** Device and inode, as `2049:131`. */
export function identityOf(stats: Stats, exactly: () => BigIntStats): string {
  if (Number.isSafeInteger(stats.dev) && Number.isSafeInteger(stats.ino)) return `${stats.dev}:${stats.ino}`
  const { dev, ino } = exactly()
  return `${dev}:${ino}`
}

/** What a name stands for; a symbolic link is `other`, whatever it points to. */
export function kindOf(entry: Stats | Dirent): FileFacts['kind'] {
  if (entry.isFile()) return 'file'
  return entry.isDirectory() ? 'directory' : 'other'
}
