import { posix } from 'node:path'
import type { CrashOptions } from './crash-model.ts'
import type { DirectoryEntry, FileFacts, FileSystem, OpenFile, OpenMode, SpaceFacts } from './file-system.ts'
import { MemoryDisk, memoryDiskError } from './memory-disk.ts'
import type { Fault, MemoryDiskOptions, Operation, OperationName } from './memory-disk.ts'
import type { MemoryFile } from './memory-file.ts'
import { identityOf, MemoryOpenFile } from './memory-open-file.ts'
import type { MemoryDirectory, MemoryNode } from './memory-tree.ts'

/**
 * A file system in memory that knows what was synced, so that a test can stop the machine at any operation and see what
 * would be left. Behaves as `NodeFileSystem` does (one suite of tests runs on both), but for symbolic links, which it lacks.
 *
 * Each object is one process' view of a disk; `asProcess` gives another's.
 */
export class MemoryFileSystem implements FileSystem {
  readonly #disk: MemoryDisk
  readonly #process: string

  /** An empty disk, seen by the process `main`. */
  constructor(options: MemoryDiskOptions = {}, disk = new MemoryDisk(options), process = 'main') {
    this.#disk = disk
    this.#process = process
  }

  /** The same disk as another process sees it; started (again) if it was killed. */
  asProcess(name: string): MemoryFileSystem {
    this.#disk.start(name)
    return new MemoryFileSystem({}, this.#disk, name)
  }

  /** `kill -9`: its locks are free, its open files are dead; what it wrote stays, synced or not. It throws `GoneError` from now on. */
  kill(name: string): void {
    this.#disk.kill(name)
  }

  /** The power goes: every operation of every process throws `GoneError` until `crash` says what was left. For use in a listener. */
  stop(): void {
    this.#disk.stop()
  }

  /**
   * The power went and the machine is up again, with another boot id: what `options` lets survive is what there is, and all of
   * it is durable. Files open before are dead for ever; every view, also of killed processes, is one of a process started since.
   */
  crash(options: CrashOptions): void {
    this.#disk.crash(options)
  }

  /** Asks `decide` at every operation whether it fails. Returns a function that ends this. */
  failOn(decide: (operation: Operation) => Fault | undefined): () => void {
    return this.#disk.addFault(decide)
  }

  /** Calls `listener` before every operation of every process; it may `stop` or `kill`. Returns a function that ends this. */
  beforeOperation(listener: (operation: Operation) => void): () => void {
    return this.#disk.addListener(listener)
  }

  /** Operations so far, of all processes. */
  get operationCount(): number {
    return this.#disk.operationCount
  }

  /** Files that are open, of all processes: 0 at the end of a test that leaks none. */
  get openFileCount(): number {
    return this.#disk.openFiles.size
  }

  /** Whether a crash could still lose something of a file's content, or of the names in a directory. */
  hasUnsynced(path: string): boolean {
    const node = this.#walk(path)
    if (typeof node === 'string') return false
    return node.kind === 'file' ? node.hasUnsynced : this.#disk.tree.hasUnsynced(node)
  }

  get bootId(): string {
    return this.#disk.bootId
  }

  open(path: string, mode: OpenMode): OpenFile {
    const place = this.#find('open', path)
    const mayCreate = mode.startsWith('create')
    const file = place.node === undefined && mayCreate ? this.#create(path, place) : this.#existing(path, mode, place)
    return new MemoryOpenFile(this.#disk, file, { process: this.#process, path, isWritable: mode !== 'read' })
  }

  #create(path: string, { parent, name }: Place): MemoryFile {
    this.#begin('create', path)
    const node = this.#disk.newFile()
    this.#disk.tree.change({ directory: parent, name, node })
    return node
  }

  #existing(path: string, mode: OpenMode, { node }: Place): MemoryFile {
    this.#begin('open', path)
    if (node === undefined) throw memoryDiskError('open', path, 'ENOENT')
    if (mode === 'create-new') throw memoryDiskError('create', path, 'EEXIST')
    if (node.kind === 'directory') throw memoryDiskError('open', path, 'EISDIR')
    return node
  }

  list(path: string): DirectoryEntry[] | undefined {
    this.#begin('list', path)
    const found = this.#walk(path)
    if (found === 'ENOENT') return undefined
    if (found === 'ENOTDIR' || found.kind === 'file') throw memoryDiskError('list', path, 'ENOTDIR')
    return [...found.seen].map(([name, node]) => ({ name, kind: node.kind }))
  }

  stat(path: string): FileFacts | undefined {
    this.#begin('stat', path)
    const node = this.#walk(path)
    if (typeof node === 'string') return undefined
    const isFile = node.kind === 'file'
    return {
      kind: node.kind,
      size: isFile ? node.size : 4096,
      modifiedMs: isFile ? node.modifiedMs : 0,
      changedMs: isFile ? node.changedMs : 0,
      identity: identityOf(node),
    }
  }

  makeDirectory(path: string, isDurable = true): boolean {
    const whole = posix.resolve('/', path)
    const found = this.#walk(whole)
    if (typeof found !== 'string') {
      if (found.kind === 'file') throw memoryDiskError('make', path, 'EEXIST')
      this.#disk.checkAlive(this.#process)
      return false
    }
    if (found === 'ENOTDIR') throw memoryDiskError('make', path, 'ENOTDIR')
    this.makeDirectory(posix.dirname(whole))
    this.#begin('make-directory', path)
    const { parent, name } = this.#find('make', whole)
    this.#disk.tree.change({ directory: parent, name, node: this.#disk.newDirectory() })
    if (isDurable) this.syncDirectory(posix.dirname(whole))
    return true
  }

  rename(from: string, to: string): void {
    this.#begin('rename', from)
    const action = `rename to ${to}:`
    const source = this.#find(action, from)
    const target = this.#find(action, to)
    if (source.node === undefined) throw memoryDiskError(action, from, 'ENOENT')
    if (source.node === target.node) return
    const obstacle = obstacleOf(source.node, source.parent, target)
    if (obstacle !== undefined) throw memoryDiskError(action, from, obstacle)
    this.#disk.tree.change(
      { directory: source.parent, name: source.name, node: undefined },
      { directory: target.parent, name: target.name, node: source.node },
    )
    if (source.node.kind === 'file') source.node.changedMs = this.#disk.options.clock.now()
    this.#dropName(target.node)
  }

  remove(path: string): boolean {
    this.#begin('remove', path)
    const node = this.#walk(path)
    if (typeof node === 'string') return false
    if (node.kind === 'directory') throw memoryDiskError('remove', path, 'EISDIR')
    this.#unlink(path)
    return true
  }

  removeDirectory(path: string): boolean {
    this.#begin('remove-directory', path)
    const node = this.#walk(path)
    if (node === 'ENOENT') return false
    if (node === 'ENOTDIR' || node.kind === 'file') throw memoryDiskError('remove', path, 'ENOTDIR')
    if (node.seen.size > 0) throw memoryDiskError('remove', path, 'ENOTEMPTY')
    this.#unlink(path)
    return true
  }

  removeTree(path: string): void {
    for (const { name, kind } of this.list(path) ?? []) {
      if (kind === 'directory') this.removeTree(`${path}/${name}`)
      else this.remove(`${path}/${name}`)
    }
    this.removeDirectory(path)
  }

  syncDirectory(path: string): void {
    this.#begin('sync-directory', path)
    const node = this.#walk(path)
    if (typeof node === 'string') throw memoryDiskError('sync', path, node)
    if (node.kind === 'file') throw memoryDiskError('sync', path, 'ENOTDIR')
    this.#disk.tree.sync(node)
  }

  space(path: string): SpaceFacts {
    const node = this.#walk(path)
    if (typeof node === 'string') throw memoryDiskError('look at', path, node)
    const { capacityBytes, isShared } = this.#disk.options
    return { freeBytes: Math.max(0, capacityBytes - this.#disk.usedBytes), totalBytes: capacityBytes, isShared }
  }

  /** Asks so often as the disk's options say, however fast the machine is: no time goes by. */
  waitUntil(isThere: () => boolean): boolean {
    for (let i = 0; i < this.#disk.options.triesInWait; i++) if (isThere()) return true
    return false
  }

  #begin(name: OperationName, path: string): void {
    const fault = this.#disk.begin(this.#process, name, path)
    if (fault !== undefined) throw memoryDiskError(name.replace('-', ' '), path, fault.code)
  }

  #unlink(path: string): void {
    const { parent, name, node } = this.#find('remove', path)
    this.#disk.tree.change({ directory: parent, name, node: undefined })
    this.#dropName(node)
  }

  #dropName(node: MemoryNode | undefined): void {
    if (node?.kind !== 'file') return
    node.hasName = false
    this.#disk.release(node)
  }

  /** What stands at a path, or why nothing does. */
  #walk(path: string): MemoryNode | 'ENOENT' | 'ENOTDIR' {
    let node: MemoryNode = this.#disk.tree.root
    for (const name of posix.resolve('/', path).split('/')) {
      if (name === '') continue
      if (node.kind === 'file') return 'ENOTDIR'
      const next = node.seen.get(name)
      if (next === undefined) return 'ENOENT'
      node = next
    }
    return node
  }

  /** The place of a name, whether or not something stands there; its directory must exist. */
  #find(action: string, path: string): Place {
    const whole = posix.resolve('/', path)
    const parent = this.#walk(posix.dirname(whole))
    if (typeof parent === 'string') throw memoryDiskError(action, path, parent)
    if (parent.kind === 'file') throw memoryDiskError(action, path, 'ENOTDIR')
    const name = posix.basename(whole)
    return { parent, name, node: name === '' ? parent : parent.seen.get(name) }
  }
}

interface Place {
  readonly parent: MemoryDirectory
  readonly name: string
  readonly node: MemoryNode | undefined
}

/** The error of a rename onto what stands at `target`, if it cannot be replaced. */
function obstacleOf(source: MemoryNode, parent: MemoryDirectory, target: Place): string | undefined {
  if (source.kind === 'directory' && holds(source, target.parent)) return 'EINVAL'
  if (target.node === undefined) return undefined
  if (target.node.kind === 'file') return source.kind === 'file' ? undefined : 'ENOTDIR'
  if (holds(target.node, parent)) return 'ENOTEMPTY'
  if (source.kind === 'file') return 'EISDIR'
  return target.node.seen.size > 0 ? 'ENOTEMPTY' : undefined
}

function holds(directory: MemoryDirectory, wanted: MemoryDirectory): boolean {
  if (directory === wanted) return true
  return [...directory.seen.values()].some((node) => node.kind === 'directory' && holds(node, wanted))
}
