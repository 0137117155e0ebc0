import { errnoMeaning, errnoName } from './errno-names.ts'
import type { FileCalls, FileStatus } from './file-calls.ts'
import type { DirectoryEntry, OpenMode } from './file-system.ts'
import { type OpenFlags, openFlags, permissionsOf } from './open-flags.ts'
import { systemError } from './system-error.ts'

/** The entry points of libc used here; each returns -1 on failure. Paths end in a zero byte. */
export interface FileLibc {
  open(path: Uint8Array, flags: number, permissions: number): number
  close(fd: number): number
  read(fd: number, target: Uint8Array, length: number): number
  readAt(fd: number, target: Uint8Array, length: number, position: number): number
  write(fd: number, source: Uint8Array, length: number): number
  writeAt(fd: number, source: Uint8Array, length: number, position: number): number
  statx(directory: number, path: Uint8Array, flags: number, mask: number, status: Uint8Array): number
  listInto(fd: number, entries: Uint8Array, length: number): number
  sync(fd: number): number
  /** `errno` of the call just made. */
  errno(): number
}

/** `FileCalls` as 64-bit Linux lays its structures out, which is the same on x86-64 and arm64 but for some flags of `open`. */
export class LinuxFileCalls implements FileCalls {
  readonly #libc: FileLibc
  readonly #encoder = new TextEncoder()
  readonly #path = new Uint8Array(PATH_MAX)
  readonly #status = new DataView(new ArrayBuffer(STATX_BYTES))
  readonly #statusBytes = new Uint8Array(this.#status.buffer)

  constructor(libc: FileLibc) {
    this.#libc = libc
  }

  open(path: string, mode: OpenMode | 'input'): number {
    return this.#open(path, openFlags(mode, flags), permissionsOf(mode))
  }

  close(fd: number): void {
    if (this.#libc.close(fd) < 0) throw this.#failure('close')
  }

  read(fd: number, target: Uint8Array, position?: number): number {
    const length = target.length
    const count =
      position === undefined ? this.#libc.read(fd, target, length) : this.#libc.readAt(fd, target, length, position)
    if (count < 0) throw this.#failure('read')
    return count
  }

  write(fd: number, source: Uint8Array, position?: number): number {
    const length = source.length
    const count =
      position === undefined ? this.#libc.write(fd, source, length) : this.#libc.writeAt(fd, source, length, position)
    if (count < 0) throw this.#failure('write')
    return count
  }

  statusOf(fd: number): FileStatus {
    this.#path[0] = 0
    while (this.#libc.statx(fd, this.#path, AT_EMPTY_PATH, STATX_BASIC_STATS, this.#statusBytes) < 0) {
      const errno = this.#libc.errno()
      if (errno !== EINTR) throw failure(errno, 'fstat')
    }
    return readStatus(this.#status)
  }

  statusAt(path: string, followsLink = false): FileStatus | undefined {
    const how = followsLink ? 0 : AT_SYMLINK_NOFOLLOW
    while (this.#libc.statx(AT_FDCWD, this.#pathBytes(path), how, STATX_BASIC_STATS, this.#statusBytes) < 0) {
      const errno = this.#libc.errno()
      if (errno === ENOENT) return undefined
      if (errno !== EINTR) throw failure(errno, 'stat', path)
    }
    return readStatus(this.#status)
  }

  list(path: string): DirectoryEntry[] {
    const fd = this.#open(path, flags.O_RDONLY | flags.O_DIRECTORY, 0)
    try {
      return this.#listAll(fd, path)
    } finally {
      this.#libc.close(fd)
    }
  }

  sync(fd: number): void {
    while (this.#libc.sync(fd) < 0) {
      const errno = this.#libc.errno()
      if (errno !== EINTR) throw failure(errno, 'fdatasync')
    }
  }

  #open(path: string, how: number, permissions: number): number {
    for (;;) {
      const fd = this.#libc.open(this.#pathBytes(path), how | flags.O_CLOEXEC, permissions)
      if (fd >= 0) return fd
      const errno = this.#libc.errno()
      if (errno !== EINTR) throw failure(errno, 'open', path)
    }
  }

  /** `path` with a zero byte behind it; good until the next call. */
  #pathBytes(path: string): Uint8Array {
    if (path.includes('\0')) throw systemError('ERR_INVALID_ARG_VALUE', 'a path has no zero byte')
    const { read, written } = this.#encoder.encodeInto(path, this.#path)
    if (read < path.length || written === PATH_MAX) throw failure(ENAMETOOLONG, 'open', path)
    this.#path[written] = 0
    return this.#path
  }

  #listAll(fd: number, path: string): DirectoryEntry[] {
    const entries: DirectoryEntry[] = []
    const bytes = new Uint8Array(LIST_BYTES)
    for (;;) {
      const filled = this.#libc.listInto(fd, bytes, LIST_BYTES)
      if (filled === 0) return entries
      const errno = filled < 0 ? this.#libc.errno() : EINTR
      if (errno !== EINTR) throw failure(errno, 'scandir', path)
      if (filled > 0) this.#takeEntries(bytes.subarray(0, filled), path, entries)
    }
  }

  /**
   * `struct linux_dirent64`, one behind the other, whose name ends in a zero byte:
   * ```
   *   0 d_ino uint64 | 8 d_off int64 | 16 d_reclen uint16 | 18 d_type uint8 | 19 d_name
   * ```
   */
  #takeEntries(bytes: Uint8Array, path: string, entries: DirectoryEntry[]): void {
    // A byte order mark is part of a name, so that no other file goes by it.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    for (let at = 0; at < bytes.length; at += (bytes[at + 16] ?? 0) + 256 * (bytes[at + 17] ?? 0)) {
      const name = decoder.decode(bytes.subarray(at + 19, bytes.indexOf(0, at + 19)))
      if (name === '.' || name === '..') continue
      // No function of ours is called for a plain file: what is called some thirty times makes the engine start its compiler.
      const kind = bytes[at + 18] === DT_REG ? 'file' : this.#kindOf(bytes[at + 18], path, name)
      entries.push({ name, kind })
    }
  }

  /** Some file systems do not say what a name stands for. */
  #kindOf(type: number | undefined, path: string, name: string): DirectoryEntry['kind'] {
    if (type === DT_DIR) return 'directory'
    const kind = type === DT_UNKNOWN ? this.statusAt(`${path}/${name}`)?.kind : undefined
    return kind === 'file' || kind === 'directory' ? kind : 'other'
  }

  #failure(call: string): Error {
    return failure(this.#libc.errno(), call)
  }
}

/**
 * `struct statx`:
 * ```
 *   28 mode uint16 | 32 ino uint64 | 40 size uint64 | 96 ctime | 112 mtime    times: 0 seconds int64 | 8 nanoseconds uint32
 *  128 rdev: major, minor uint32   | 136 dev: major, minor uint32
 * ```
 * In one function: what is called some thirty times makes the engine start the thread of its compiler, which a short command need not wait for.
 */
function readStatus(view: DataView): FileStatus {
  const kind = kinds[view.getUint16(28, true) & S_IFMT] ?? 'other'
  const modifiedS = view.getInt32(116, true) * 2 ** 32 + view.getUint32(112, true)
  const changedS = view.getInt32(100, true) * 2 ** 32 + view.getUint32(96, true)
  const device = deviceNumber(view.getUint32(136, true), view.getUint32(140, true))
  return {
    kind,
    size: view.getInt32(44, true) * 2 ** 32 + view.getUint32(40, true),
    modifiedMs: Math.round(modifiedS * 1000 + view.getUint32(120, true) / 1e6),
    changedMs: Math.round(changedS * 1000 + view.getUint32(104, true) / 1e6),
    identity: `${device}:${view.getBigUint64(32, true)}`,
    isNullDevice: kind === 'character device' && view.getUint32(128, true) === 1 && view.getUint32(132, true) === 3,
  }
}

/** As `stat` has it in one number (`makedev`). */
function deviceNumber(major: number, minor: number): number {
  return (major & 0xfff) * 256 + (minor & 0xff) + (minor >>> 8) * 2 ** 20 + (major >>> 12) * 2 ** 44
}

/** An error as `node:fs` throws it. */
function failure(errno: number, call: string, path?: string): Error {
  const name = errnoName(errno)
  // What is met every day is told by its name alone.
  if (errno === ENOENT || errno === EINTR || errno === EAGAIN) return systemError(name, `${name}: ${call}`)
  return systemError(name, `${name}: ${errnoMeaning(errno)}, ${call}${path === undefined ? '' : ` '${path}'`}`)
}

const PATH_MAX = 4096
const STATX_BYTES = 256
const LIST_BYTES = 32 * 1024
const AT_FDCWD = -100
const AT_EMPTY_PATH = 0x1000
const AT_SYMLINK_NOFOLLOW = 0x100
const STATX_BASIC_STATS = 0x7ff
const DT_UNKNOWN = 0
const DT_DIR = 4
const DT_REG = 8
const ENOENT = 2
const EINTR = 4
const EAGAIN = 11
const ENAMETOOLONG = 36

const S_IFMT = 0xf000
const kinds: Readonly<Record<number, FileStatus['kind']>> = {
  0x1000: 'pipe',
  0x2000: 'character device',
  0x4000: 'directory',
  0x8000: 'file',
  0xc000: 'socket',
}

/** Of arm64 where they differ. */
const isArm = process.arch === 'arm64'
const flags: OpenFlags & { readonly O_DIRECTORY: number; readonly O_CLOEXEC: number } = {
  O_RDONLY: 0,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_NONBLOCK: 0o4000,
  O_DIRECTORY: isArm ? 0o40000 : 0o200000,
  O_NOFOLLOW: isArm ? 0o100000 : 0o400000,
  O_CLOEXEC: 0o2000000,
}
