import { assert } from '../base/assert.ts'
import { DiskError, errorCode, RefusedError } from '../base/errors.ts'
import type { FileCalls, FileStatus } from './file-calls.ts'
import type { LockKind, OpenFile } from './file-system.ts'
import { waitUntil } from './lock-wait.ts'
import type { NativeCallsOnDemand } from './native-calls.ts'
import { nodeFs } from './node-file-calls.ts'
import { SyncsUnderWay } from './syncs-under-way.ts'
import { systemError } from './system-error.ts'

/** In place of the descriptor of a file that is closed: the runtime refuses it, and no other file can have it. */
const CLOSED = -1

/** What is known of a file once it is open. */
interface Opened {
  readonly path: string
  readonly fd: number
  readonly identity: string
}

/** A file descriptor of a regular file. Made by `NodeFileSystem.open`. */
export class NodeOpenFile implements OpenFile {
  readonly path: string
  readonly identity: string
  readonly #calls: FileCalls
  readonly #nativeCalls: NativeCallsOnDemand
  #fd: number
  #failure: DiskError | undefined
  /** From the first of them on. */
  #syncs: SyncsUnderWay | undefined
  #wasLocked = false

  constructor(file: Opened, calls: { readonly files: FileCalls; readonly native: NativeCallsOnDemand }) {
    this.path = file.path
    this.identity = file.identity
    this.#fd = file.fd
    this.#calls = calls.files
    this.#nativeCalls = calls.native
  }

  read(target: Uint8Array, position: number): number {
    let done = 0
    while (done < target.length) {
      const count = this.#readSome(done === 0 ? target : target.subarray(done), position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  #readSome(target: Uint8Array, position: number): number {
    for (;;) {
      try {
        return this.#calls.read(this.#fd, target, position)
      } catch (error) {
        if (errorCode(error) !== 'EINTR') throw this.#diskError('read', error)
      }
    }
  }

  sendTo(socket: number, head: Uint8Array, position: number, bytes: number): number {
    assert(this.#fd !== CLOSED, `send after close: ${this.path}`)
    const calls = this.#nativeCalls.get()
    const sent = calls?.sendAhead(socket, head) ?? 0
    if (calls === undefined || sent < head.length) return sent
    return sent + calls.sendFile(socket, this.#fd, position, bytes)
  }

  write(source: Uint8Array, position: number): void {
    if (this.#failure !== undefined) throw this.#failure
    let done = 0
    while (done < source.length) {
      const count = this.#writeSome(done === 0 ? source : source.subarray(done), position + done)
      if (count === 0) throw this.#fail('write', systemError('EIO', 'no byte was taken'))
      done += count
    }
  }

  #writeSome(source: Uint8Array, position: number): number {
    for (;;) {
      try {
        return this.#calls.write(this.#fd, source, position)
      } catch (error) {
        if (errorCode(error) !== 'EINTR') throw this.#fail('write', error)
      }
    }
  }

  size(): number {
    const size = this.#nativeCalls.ifLoaded?.fileSize(this.#fd) ?? -1
    return size < 0 ? this.#status().size : size
  }

  map(bytes: number): Uint8Array | undefined {
    return this.#nativeCalls.get()?.mapShared(this.#fd, bytes)
  }

  modifiedMs(): number {
    return this.#status().modifiedMs
  }

  touch(modifiedMs: number): void {
    try {
      nodeFs().futimesSync(this.#fd, modifiedMs / 1000, modifiedMs / 1000)
    } catch (error) {
      throw this.#diskError('set the time of', error)
    }
  }

  truncate(size: number): void {
    if (this.#failure !== undefined && !this.#failure.isOutOfSpace) throw this.#failure
    try {
      nodeFs().ftruncateSync(this.#fd, size)
    } catch (error) {
      throw this.#fail('truncate', error)
    }
  }

  reserve(position: number, bytes: number): boolean {
    assert(this.#fd !== CLOSED, `reserve after close: ${this.path}`)
    return mayReserve(this.path, bytes) && this.#nativeCalls.get()?.reserve(this.#fd, position, bytes) === true
  }

  sync(): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#calls.sync(this.#fd)
    } catch (error) {
      throw this.#fail('sync', error)
    }
  }

  syncSoon(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve) => {
      assert(this.#fd !== CLOSED, `sync after close: ${this.path}`)
      // What a write met meanwhile may be mended, by making room; this cannot.
      const failed = (cause: unknown): DiskError => (this.#failure = new DiskError('sync', this.path, cause))
      this.#syncs ??= new SyncsUnderWay(this.#fd, failed)
      resolve(this.#syncs.begin())
    })
  }

  lock(kind: LockKind, waitMs: number): boolean {
    return this.#lockCall(kind, waitMs)
  }

  unlock(): void {
    this.#lockCall('unlock', 0)
  }

  #lockCall(kind: LockKind | 'unlock', waitMs: number): boolean {
    assert(this.#fd !== CLOSED, `lock after close: ${this.path}`)
    const calls = this.#nativeCalls.get()
    if (calls === undefined) throw new RefusedError(`${this.path}: no file locks to be had here`)
    const result = calls.ofdLock(this.#fd, kind)
    this.#wasLocked = true
    if (result === 'ok') return true
    if (result !== 'held') throw new DiskError('lock', this.path, systemError(result, result))
    return waitMs > 0 && waitUntil(() => this.#lockCall(kind, 0), waitMs)
  }

  /** While a sync is under way the descriptor stays open, since its number could soon be another file's. The lock goes now. */
  close(): void {
    const fd = this.#fd
    if (fd === CLOSED) return
    // A child that was just forked shares the open file until it runs its own program: the lock would outlive the close.
    if (this.#wasLocked) this.unlock()
    this.#fd = CLOSED
    if (this.#syncs?.close(fd) === 'later') return
    try {
      this.#calls.close(fd)
    } catch (error) {
      throw new DiskError('close', this.path, error)
    }
  }

  #status(): FileStatus {
    try {
      return this.#calls.statusOf(this.#fd)
    } catch (error) {
      throw this.#diskError('look at', error)
    }
  }

  #fail(action: string, cause: unknown): DiskError {
    this.#failure ??= this.#diskError(action, cause)
    return this.#failure
  }

  #diskError(action: string, cause: unknown): DiskError {
    assert(this.#fd !== CLOSED, `${action} after close: ${this.path}`)
    return new DiskError(action, this.path, cause)
  }
}

/**
 * Of the file systems that can set room aside, ext4 has much to do for each block that is written without: a third of the price of a write. Others
 * put off all of it to when the disk is written, and some compress only what was not set aside. On a disk that is nearly full room is for who needs it.
 */
function mayReserve(path: string, bytes: number): boolean {
  try {
    const { type, bavail, bsize } = nodeFs().statfsSync(path)
    return type === EXT4_SUPER_MAGIC && bavail * bsize >= bytes * plentyForOne
  } catch {
    return false
  }
}

const EXT4_SUPER_MAGIC = 0xef53
const plentyForOne = 256
