import { assert } from '../base/assert.ts'
import { RefusedError } from '../base/errors.ts'
import type { DiskError } from '../base/errors.ts'
import type { LockKind, OpenFile } from './file-system.ts'
import { GoneError, memoryDiskError } from './memory-disk.ts'
import type { Fault, MemoryDisk, OperationName } from './memory-disk.ts'
import type { MemoryFile } from './memory-file.ts'

/** Who opened a file, and how. */
export interface Opening {
  readonly process: string
  readonly path: string
  readonly isWritable: boolean
}

/** An open file of a `MemoryFileSystem`. */
export class MemoryOpenFile implements OpenFile {
  readonly path: string
  readonly process: string
  readonly #disk: MemoryDisk
  readonly #file: MemoryFile
  readonly #isWritable: boolean
  #identity: string | undefined
  #failure: DiskError | undefined
  #state: 'open' | 'closed' | 'abandoned' = 'open'

  constructor(disk: MemoryDisk, file: MemoryFile, opening: Opening) {
    this.#disk = disk
    this.#file = file
    this.path = opening.path
    this.process = opening.process
    this.#isWritable = opening.isWritable
    file.openCount++
    disk.openFiles.add(this)
  }

  /** Known once it was asked for; as with a real file, too late to ask for after `close`. */
  get identity(): string {
    if (this.#identity === undefined) this.#checkUsable()
    return (this.#identity ??= identityOf(this.#file))
  }

  read(target: Uint8Array, position: number): number {
    const fault = this.#begin('read', target.length)
    if (fault !== undefined) throw memoryDiskError('read', this.path, fault.code)
    return this.#file.read(target, position)
  }

  /** A socket takes nothing from here. */
  sendTo(): number {
    return 0
  }

  write(source: Uint8Array, position: number): void {
    const fault = this.#beginChange('write', source.length) ?? this.#lackOfRoom(source.length, position)
    const part = fault === undefined ? source : source.subarray(0, fault.partialBytes ?? 0)
    this.#resize(() => this.#file.write(part, position))
    if (fault !== undefined) throw this.#fail('write', fault)
  }

  size(): number {
    this.#checkUsable()
    return this.#file.size
  }

  /** Processes of this file system share no memory: what one stores without a call could not be torn or lost in a crash. */
  map(): undefined {
    return undefined
  }

  modifiedMs(): number {
    this.#checkUsable()
    return this.#file.modifiedMs
  }

  touch(modifiedMs: number): void {
    const fault = this.#begin('touch', 0)
    if (fault !== undefined) throw memoryDiskError('set the time of', this.path, fault.code)
    this.#file.modifiedMs = modifiedMs
    this.#file.changedMs = this.#disk.options.clock.now()
  }

  truncate(size: number): void {
    const fault = this.#beginChange('truncate', size)
    if (fault !== undefined) throw this.#fail('truncate', fault)
    this.#resize(() => this.#file.truncate(size))
  }

  /** Room is taken by what is written alone. */
  reserve(): boolean {
    this.#checkUsable()
    return false
  }

  sync(): void {
    this.#checkUsable()
    if (this.#failure !== undefined) throw this.#failure
    this.#sync()
  }

  /** Done when the disk comes to it, whatever writes meet until then. Never settles when the process or the machine is gone by then. */
  async syncSoon(): Promise<void> {
    this.#checkUsable()
    if (this.#failure !== undefined) throw this.#failure
    await this.#disk.options.comesToSync()
    try {
      this.#sync()
    } catch (error) {
      if (error instanceof GoneError) await new Promise<never>(() => {})
      throw error
    }
  }

  #sync(): void {
    if (this.#state === 'abandoned') throw new GoneError(`${this.path}: its process is gone`)
    const fault = this.#disk.begin(this.process, 'sync', this.path)
    if (fault === undefined) {
      this.#file.sync()
      return
    }
    this.#file.loseUnsynced()
    throw this.#fail('sync', fault)
  }

  /** Never waits, since nobody else runs meanwhile: a lock that is held is held after `waitMs` too. */
  lock(kind: LockKind, _waitMs: number): boolean {
    const fault = this.#begin('lock', 0)
    if (!this.#disk.options.hasLocks) throw new RefusedError(`${this.path}: no file locks to be had here`)
    const code = fault?.code ?? (kind === 'exclusive' && !this.#isWritable ? 'EBADF' : undefined)
    if (code !== undefined) throw memoryDiskError('lock', this.path, code)
    if (this.#isHeldAgainst(kind)) return false
    this.#file.holders.set(this, kind)
    return true
  }

  #isHeldAgainst(kind: LockKind): boolean {
    for (const [holder, held] of this.#file.holders) {
      if (holder !== this && (kind === 'exclusive' || held === 'exclusive')) return true
    }
    return false
  }

  unlock(): void {
    this.#begin('unlock', 0)
    this.#file.holders.delete(this)
  }

  close(): void {
    if (this.#state === 'open') this.#leave('closed')
  }

  /** The process died: its locks go, and nothing can be done through this any more. */
  abandon(): void {
    this.#leave('abandoned')
  }

  #leave(state: 'closed' | 'abandoned'): void {
    this.#state = state
    this.#file.holders.delete(this)
    this.#file.openCount--
    this.#disk.openFiles.delete(this)
    this.#disk.release(this.#file)
  }

  #checkUsable(): void {
    assert(this.#state !== 'closed', `used after close: ${this.path}`)
    if (this.#state === 'abandoned') throw new GoneError(`${this.path}: its process is gone`)
  }

  #begin(name: OperationName, size: number): Fault | undefined {
    this.#checkUsable()
    const fault = this.#disk.begin(this.process, name, this.path, size)
    this.#checkUsable()
    return fault
  }

  #beginChange(name: OperationName, size: number): Fault | undefined {
    const givesBack = name === 'truncate' && this.#failure?.isOutOfSpace === true
    if (this.#failure !== undefined && !givesBack) throw this.#failure
    return this.#begin(name, size) ?? (this.#isWritable ? undefined : { code: 'EBADF' })
  }

  #lackOfRoom(size: number, position: number): Fault | undefined {
    const room = this.#file.size + this.#disk.options.capacityBytes - this.#disk.usedBytes
    return position + size > Math.max(room, this.#file.size)
      ? { code: 'ENOSPC', partialBytes: Math.max(0, room - position) }
      : undefined
  }

  #resize(change: () => void): void {
    const before = this.#file.size
    change()
    this.#disk.usedBytes += this.#file.size - before
    this.#file.modifiedMs = this.#disk.options.clock.now()
    this.#file.changedMs = this.#file.modifiedMs
  }

  #fail(action: string, fault: Fault): DiskError {
    this.#failure = memoryDiskError(action, this.path, fault.code)
    return this.#failure
  }
}

export function identityOf(node: { readonly id: number }): string {
  return `memory:${node.id}`
}
