import type * as Fs from 'node:fs'
import type { FileCalls, FileStatus } from './file-calls.ts'
import type { DirectoryEntry, OpenMode } from './file-system.ts'
import { openFlags, permissionsOf } from './open-flags.ts'

/** `node:fs`, loaded when it is first asked for. */
export function nodeFs(): typeof Fs {
  return process.getBuiltinModule('node:fs')
}

/** `FileCalls` over `node:fs`. */
export class NodeFileCalls implements FileCalls {
  readonly #fs = nodeFs()

  open(path: string, mode: OpenMode | 'input'): number {
    return this.#fs.openSync(path, openFlags(mode, this.#fs.constants), permissionsOf(mode))
  }

  close(fd: number): void {
    this.#fs.closeSync(fd)
  }

  read(fd: number, target: Uint8Array, position?: number): number {
    return this.#fs.readSync(fd, target, 0, target.length, position ?? null)
  }

  write(fd: number, source: Uint8Array, position?: number): number {
    return this.#fs.writeSync(fd, source, 0, source.length, position)
  }

  statusOf(fd: number): FileStatus {
    return this.#status(this.#fs.fstatSync(fd), () => this.#fs.fstatSync(fd, { bigint: true }))
  }

  statusAt(path: string, followsLink = false): FileStatus | undefined {
    const look = followsLink ? this.#fs.statSync : this.#fs.lstatSync
    const stats = look(path, { throwIfNoEntry: false })
    return stats && this.#status(stats, () => look(path, { bigint: true }))
  }

  list(path: string): DirectoryEntry[] {
    const entries: DirectoryEntry[] = []
    // A loop and no callback: directories have thousands of names, and most commands are over before a compiler helps.
    for (const entry of this.#fs.readdirSync(path, { withFileTypes: true })) {
      entries.push({ name: entry.name, kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other' })
    }
    return entries
  }

  sync(fd: number): void {
    this.#fs.fdatasyncSync(fd)
  }

  /** `exactly` is asked only where an inode number is too big for a `number` (XFS, overlayfs): it is three times as slow. */
  #status(stats: Fs.Stats, exactly: () => Fs.BigIntStats): FileStatus {
    const isExact = Number.isSafeInteger(stats.dev) && Number.isSafeInteger(stats.ino)
    const { dev, ino } = isExact ? stats : exactly()
    return {
      kind: kindOf(stats),
      size: stats.size,
      modifiedMs: Math.round(stats.mtimeMs),
      changedMs: Math.round(stats.ctimeMs),
      identity: `${dev}:${ino}`,
      isNullDevice: stats.isCharacterDevice() && stats.rdev === this.#fs.statSync('/dev/null').rdev,
    }
  }
}

function kindOf(stats: Fs.Stats): FileStatus['kind'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isFIFO()) return 'pipe'
  if (stats.isSocket()) return 'socket'
  return stats.isCharacterDevice() ? 'character device' : 'other'
}
