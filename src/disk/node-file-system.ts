import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { DiskError, errorCode } from '../base/errors.ts'
import type { DirectoryEntry, FileFacts, FileSystem, OpenFile, OpenMode, SpaceFacts } from './file-system.ts'
import { nativeCalls, NativeCallsOnDemand } from './native-calls.ts'
import type { NativeCalls } from './native-calls.ts'
import { fileFacts, kindOf } from './node-file-facts.ts'
import { NodeOpenFile } from './node-open-file.ts'
import { systemError } from './system-error.ts'

/** The file system of the machine. Holds no state but the boot id, so one per process is enough and many do no harm. */
export class NodeFileSystem implements FileSystem {
  readonly #nativeCalls: NativeCallsOnDemand
  #bootId: string | undefined

  /** `calls` is asked at the first lock only, so that a reader never loads what locks need. */
  constructor(calls: () => NativeCalls | undefined = nativeCalls) {
    this.#nativeCalls = new NativeCallsOnDemand(calls)
  }

  open(path: string, mode: OpenMode): OpenFile {
    let fd: number
    try {
      fd = fs.openSync(path, openFlags(mode), mode === 'create-private' ? PRIVATE_FILE_MODE : FILE_MODE)
    } catch (error) {
      throw new DiskError(mode === 'create-new' ? 'create' : 'open', path, error)
    }
    try {
      const stats = fs.fstatSync(fd)
      if (!stats.isFile()) throw notRegular(stats.isDirectory() ? 'EISDIR' : 'EINVAL')
      return new NodeOpenFile(path, fd, this.#nativeCalls)
    } catch (error) {
      fs.closeSync(fd)
      throw new DiskError('open', path, error)
    }
  }

  list(path: string): DirectoryEntry[] | undefined {
    try {
      const entries: DirectoryEntry[] = []
      // A loop and no callback: directories have thousands of names, and most commands are over before a compiler helps.
      for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
        entries.push({ name: entry.name, kind: kindOf(entry) })
      }
      return entries
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw new DiskError('list', path, error)
    }
  }

  stat(path: string): FileFacts | undefined {
    try {
      const stats = fs.lstatSync(path, { throwIfNoEntry: false })
      return stats && fileFacts(stats, () => fs.lstatSync(path, { bigint: true }))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw new DiskError('look at', path, error)
    }
  }

  makeDirectory(path: string, isDurable = true): boolean {
    const parent = dirname(path)
    let made = this.#makeOne(path)
    if (made === 'no-parent' && parent !== path) {
      this.makeDirectory(parent)
      made = this.#makeOne(path)
    }
    if (made === 'no-parent') throw new DiskError('make', path, systemError('ENOENT', 'its parent is not there'))
    if (made === 'made' && isDurable) this.syncDirectory(parent)
    return made === 'made'
  }

  #makeOne(path: string): 'made' | 'there' | 'no-parent' {
    try {
      fs.mkdirSync(path, DIRECTORY_MODE)
      return 'made'
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 'no-parent'
      if (errorCode(error) === 'EEXIST' && isDirectory(path)) return 'there'
      throw new DiskError('make', path, error)
    }
  }

  rename(from: string, to: string): void {
    try {
      fs.renameSync(from, to)
    } catch (error) {
      throw new DiskError(`rename to ${to}:`, from, error)
    }
  }

  remove(path: string): boolean {
    try {
      fs.unlinkSync(path)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw new DiskError('remove', path, error)
    }
  }

  removeDirectory(path: string): boolean {
    try {
      fs.rmdirSync(path)
      return true
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false
      throw new DiskError('remove', path, error)
    }
  }

  syncDirectory(path: string): void {
    try {
      const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
      try {
        fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    } catch (error) {
      // Some network file systems do not know how to sync a directory; there is nothing better to do there.
      if (errorCode(error) === 'EINVAL') return
      throw new DiskError('sync', path, error)
    }
  }

  space(path: string): SpaceFacts {
    try {
      const facts = fs.statfsSync(path)
      return {
        freeBytes: facts.bavail * facts.bsize,
        totalBytes: facts.blocks * facts.bsize,
        isShared: sharedFileSystems.includes(facts.type >>> 0),
      }
    } catch (error) {
      throw new DiskError('look at', path, error)
    }
  }

  get bootId(): string {
    this.#bootId ??= readBootId()
    return this.#bootId
  }
}

const FILE_MODE = 0o640
const PRIVATE_FILE_MODE = 0o600
const DIRECTORY_MODE = 0o750

/** `f_type` of NFS, CIFS, SMB2, 9p and FUSE (`linux/magic.h`). */
const sharedFileSystems: readonly number[] = [0x6969, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546]

/** `O_NONBLOCK` means nothing on a regular file, and keeps the open of a named pipe from waiting for its other end. */
function openFlags(mode: OpenMode): number {
  const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = fs.constants
  const always = O_NOFOLLOW | O_NONBLOCK
  switch (mode) {
    case 'read':
      return O_RDONLY | always
    case 'write':
      return O_RDWR | always
    case 'create':
    case 'create-private':
      return O_RDWR | O_CREAT | always
    case 'create-new':
      return O_RDWR | O_CREAT | O_EXCL | always
  }
}

function isMissing(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Follows a symbolic link: the data directory itself may be one. */
function isDirectory(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function readBootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '')
  } catch {
    return ''
  }
}

function notRegular(code: string): Error {
  return systemError(code, 'not a regular file')
}
