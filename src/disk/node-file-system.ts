import { DiskError, errorCode } from '../base/errors.ts'
import { type FileCalls, fileCalls, type FileStatus, readSystemFile } from './file-calls.ts'
import type { DirectoryEntry, FileFacts, FileSystem, OpenFile, OpenMode, SpaceFacts } from './file-system.ts'
import { waitUntil } from './lock-wait.ts'
import { nativeCalls, NativeCallsOnDemand } from './native-calls.ts'
import type { NativeCalls } from './native-calls.ts'
import { nodeFs } from './node-file-calls.ts'
import { NodeOpenFile } from './node-open-file.ts'
import { systemError } from './system-error.ts'

/** The file system of the machine. Holds no state but the boot id, so one per process is enough and many do no harm. */
export class NodeFileSystem implements FileSystem {
  readonly #calls: FileCalls
  readonly #nativeCalls: NativeCallsOnDemand
  #bootId: string | undefined

  /** `native` is asked at the first lock only, so that a reader never loads what locks need. */
  constructor(native: () => NativeCalls | undefined = nativeCalls, calls = fileCalls()) {
    this.#nativeCalls = new NativeCallsOnDemand(native)
    this.#calls = calls
  }

  open(path: string, mode: OpenMode): OpenFile {
    let fd: number
    try {
      fd = this.#calls.open(path, mode)
    } catch (error) {
      throw new DiskError(mode === 'create-new' ? 'create' : 'open', path, error)
    }
    try {
      const { kind, identity } = this.#calls.statusOf(fd)
      if (kind !== 'file') throw notRegular(kind === 'directory' ? 'EISDIR' : 'EINVAL')
      return new NodeOpenFile({ path, fd, identity }, { files: this.#calls, native: this.#nativeCalls })
    } catch (error) {
      this.#calls.close(fd)
      throw new DiskError('open', path, error)
    }
  }

  list(path: string): DirectoryEntry[] | undefined {
    try {
      return this.#calls.list(path)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw new DiskError('list', path, error)
    }
  }

  stat(path: string): FileFacts | undefined {
    try {
      const status = this.#calls.statusAt(path)
      return status && fileFacts(status)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw new DiskError('look at', path, error)
    }
  }

  makeDirectory(path: string, isDurable = true): boolean {
    const parent = process.getBuiltinModule('node:path').dirname(path)
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
      nodeFs().mkdirSync(path, DIRECTORY_MODE)
      return 'made'
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 'no-parent'
      if (errorCode(error) === 'EEXIST' && isDirectory(path)) return 'there'
      throw new DiskError('make', path, error)
    }
  }

  rename(from: string, to: string): void {
    try {
      nodeFs().renameSync(from, to)
    } catch (error) {
      throw new DiskError(`rename to ${to}:`, from, error)
    }
  }

  remove(path: string): boolean {
    try {
      nodeFs().unlinkSync(path)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw new DiskError('remove', path, error)
    }
  }

  removeDirectory(path: string): boolean {
    try {
      nodeFs().rmdirSync(path)
      return true
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false
      throw new DiskError('remove', path, error)
    }
  }

  removeTree(path: string): void {
    try {
      nodeFs().rmSync(path, { recursive: true, force: true })
    } catch (error) {
      throw new DiskError('remove', path, error)
    }
  }

  syncDirectory(path: string): void {
    try {
      const fs = nodeFs()
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
      const facts = nodeFs().statfsSync(path)
      return {
        freeBytes: facts.bavail * facts.bsize,
        totalBytes: facts.blocks * facts.bsize,
        isShared: sharedFileSystems.includes(facts.type >>> 0),
      }
    } catch (error) {
      throw new DiskError('look at', path, error)
    }
  }

  waitUntil(isThere: () => boolean, waitMs: number): boolean {
    return waitUntil(isThere, waitMs)
  }

  get bootId(): string {
    this.#bootId ??= readBootId(this.#calls)
    return this.#bootId
  }
}

const DIRECTORY_MODE = 0o750

/** `f_type` of NFS, CIFS, SMB2, 9p and FUSE (`linux/magic.h`). */
const sharedFileSystems: readonly number[] = [0x6969, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546]

function isMissing(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Follows a symbolic link: the data directory itself may be one. */
function isDirectory(path: string): boolean {
  return nodeFs().statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function readBootId(calls: FileCalls): string {
  try {
    return readSystemFile(calls, '/proc/sys/kernel/random/boot_id').trim().replaceAll('-', '')
  } catch {
    return ''
  }
}

function fileFacts({ kind, size, modifiedMs, changedMs, identity }: FileStatus): FileFacts {
  const isPlain = kind === 'file' || kind === 'directory'
  return { kind: isPlain ? kind : 'other', size, modifiedMs, changedMs, identity }
}

function notRegular(code: string): Error {
  return systemError(code, 'not a regular file')
}
