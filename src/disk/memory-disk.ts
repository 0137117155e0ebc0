import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { DiskError } from '../base/errors.ts'
import { crashModel } from './crash-model.ts'
import type { CrashOptions } from './crash-model.ts'
import { MemoryFile } from './memory-file.ts'
import type { MemoryOpenFile } from './memory-open-file.ts'
import { memoryDirectory, MemoryTree } from './memory-tree.ts'
import type { MemoryDirectory } from './memory-tree.ts'
import { systemError } from './system-error.ts'

export type OperationName =
  | 'open'
  | 'create'
  | 'list'
  | 'stat'
  | 'make-directory'
  | 'rename'
  | 'remove'
  | 'remove-directory'
  | 'sync-directory'
  | 'read'
  | 'write'
  | 'touch'
  | 'truncate'
  | 'sync'
  | 'lock'
  | 'unlock'

/** One call that reached the disk. `size` is the bytes of a read or write, the new size of a truncate, else 0. */
export interface Operation {
  /** Counts from 0 over all processes of the disk. */
  readonly index: number
  readonly process: string
  readonly name: OperationName
  readonly path: string
  readonly size: number
  /** Whether it changes what is on the disk or how durable it is: a crash between two that do not is no new case. */
  readonly isChange: boolean
}

/** How an operation fails: the system's name of the error, and for a write how many bytes get through first. */
export interface Fault {
  readonly code: string
  readonly partialBytes?: number
}

export interface MemoryDiskOptions {
  /** Where modification times come from. */
  readonly clock?: Clock
  /** How many bytes of files fit; more is `ENOSPC` after a short write. */
  readonly capacityBytes?: number
  /** What `space` says of it. */
  readonly isShared?: boolean
  /** False: `lock` throws `RefusedError`, as on a platform without locks. */
  readonly hasLocks?: boolean
  /** How often one process asks for what another one is doing before it has waited long enough. */
  readonly triesInWait?: number
  /** Resolves when the disk comes to a `syncSoon`; at the next turn of the promise queue by default. */
  readonly comesToSync?: () => Promise<unknown>
}

/** The calling process was killed or the machine has stopped. Not a `TslogError`: nothing that lives can meet it. */
export class GoneError extends Error {
  override readonly name = 'GoneError'
}

/** What all processes of one `MemoryFileSystem` share. */
export class MemoryDisk {
  readonly tree = new MemoryTree()
  readonly openFiles = new Set<MemoryOpenFile>()
  readonly options: Required<MemoryDiskOptions>
  operationCount = 0
  usedBytes = 0
  #boot = 1
  #lastId = 1
  #isStopped = false
  readonly #killed = new Set<string>()
  readonly #listeners = new Set<(operation: Operation) => void>()
  readonly #faults = new Set<(operation: Operation) => Fault | undefined>()

  constructor(options: MemoryDiskOptions) {
    const defaults = { clock: systemClock, capacityBytes: 2 ** 40, isShared: false, hasLocks: true, triesInWait: 20 }
    this.options = { ...defaults, comesToSync: () => Promise.resolve(), ...options }
  }

  get bootId(): string {
    return this.#boot.toString(16).padStart(32, '0')
  }

  /** Counts the operation, tells the listeners, and throws `GoneError` if nobody is there to make it. Returns the fault it meets. */
  begin(process: string, name: OperationName, path: string, size = 0): Fault | undefined {
    const index = this.operationCount++
    if (this.#listeners.size === 0 && this.#faults.size === 0) {
      this.checkAlive(process)
      return undefined
    }
    const operation = { index, process, name, path, size, isChange: !harmless.includes(name) }
    for (const listener of this.#listeners) listener(operation)
    this.checkAlive(process)
    for (const decide of this.#faults) {
      const fault = decide(operation)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  checkAlive(process: string): void {
    if (this.#isStopped) throw new GoneError('the machine has stopped')
    if (this.#killed.has(process)) throw new GoneError(`process ${process} was killed`)
  }

  addListener(listener: (operation: Operation) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  addFault(decide: (operation: Operation) => Fault | undefined): () => void {
    this.#faults.add(decide)
    return () => this.#faults.delete(decide)
  }

  start(process: string): void {
    this.#killed.delete(process)
  }

  kill(process: string): void {
    this.#killed.add(process)
    for (const file of this.openFiles) if (file.process === process) file.abandon()
  }

  stop(): void {
    this.#isStopped = true
  }

  crash(options: CrashOptions): void {
    for (const file of this.openFiles) file.abandon()
    const model = crashModel(options)
    for (const node of this.tree.known()) if (node.kind === 'file') node.crash(model.file)
    this.tree.crash(model.names)
    this.usedBytes = 0
    for (const node of this.tree.known()) {
      if (node.kind !== 'file') continue
      node.hasName = true
      this.usedBytes += node.size
    }
    this.#killed.clear()
    this.#isStopped = false
    this.#boot++
  }

  newFile(): MemoryFile {
    return new MemoryFile(++this.#lastId, this.options.clock.now())
  }

  newDirectory(): MemoryDirectory {
    return memoryDirectory(++this.#lastId)
  }

  /** Gives the room of a file back once nothing leads to it any more. */
  release(file: MemoryFile): void {
    if (!file.hasName && file.openCount === 0) this.usedBytes -= file.size
  }
}

/** The error the machine's file system would give, by its system name. */
export function memoryDiskError(action: string, path: string, code: string): DiskError {
  return new DiskError(action, path, systemError(code, code))
}

const harmless: readonly OperationName[] = ['open', 'list', 'stat', 'read', 'lock', 'unlock']
