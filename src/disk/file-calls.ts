import { bunFileLibc } from './bun-libc.ts'
import type { DirectoryEntry, OpenMode } from './file-system.ts'
import { LinuxFileCalls } from './linux-file-calls.ts'
import { NodeFileCalls } from './node-file-calls.ts'

/**
 * The system calls that every command makes, also one with next to nothing to do. Those that few need are asked of `node:fs` where they are needed:
 * to load that module takes the binary longer than all that `tslog --version` does otherwise.
 *
 * A call that fails throws an error with the system's name as its `code`. After a signal `read` and `write` may fail with `EINTR`; the others, but `close`, go on.
 */
export interface FileCalls {
  /** Returns a descriptor that no child inherits. `input`: to read whatever it is, also a pipe or a device, which may have nothing yet (`EAGAIN`). */
  open(path: string, mode: OpenMode | 'input'): number
  close(fd: number): void
  /** Reads at most `target.length` bytes from `position`, or from where the file stands; returns how many, 0 at the end. */
  read(fd: number, target: Uint8Array, position?: number): number
  /** Writes bytes of `source` at `position`, or where the file stands; returns how many were taken. */
  write(fd: number, source: Uint8Array, position?: number): number
  statusOf(fd: number): FileStatus
  /** `undefined` when there is none of that name. A symbolic link is looked at itself, unless `followsLink`. */
  statusAt(path: string, followsLink?: boolean): FileStatus | undefined
  list(path: string): DirectoryEntry[]
  /** fdatasync. */
  sync(fd: number): void
}

/** What a descriptor or a name stands for. */
export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'pipe' | 'socket' | 'character device' | 'other'
  /** Bytes. */
  readonly size: number
  readonly modifiedMs: number
  readonly changedMs: number
  /** Device and inode, as `2049:131`. */
  readonly identity: string
  readonly isNullDevice: boolean
}

let found: FileCalls | undefined

/** The calls of this machine: libc's in the binary, those of `node:fs` elsewhere. Kept for the life of the process, as `nativeCalls` are. */
export function fileCalls(): FileCalls {
  found ??= findFileCalls()
  return found
}

function findFileCalls(): FileCalls {
  const libc = process.platform === 'linux' ? bunFileLibc() : undefined
  return libc === undefined ? new NodeFileCalls() : new LinuxFileCalls(libc)
}

/** The start of a small file of the system's own, such as one in `/proc`, as text. */
export function readSystemFile(calls: FileCalls, path: string): string {
  const fd = calls.open(path, 'input')
  try {
    const bytes = new Uint8Array(systemFileBytesMax)
    return new TextDecoder().decode(bytes.subarray(0, calls.read(fd, bytes)))
  } finally {
    calls.close(fd)
  }
}

const systemFileBytesMax = 4096
