import { errorCode } from '../base/errors.ts'
import { fileCalls } from '../disk/file-calls.ts'
import { nativeCalls } from '../disk/native-calls.ts'
import { descriptorWaits, sleepMs } from './descriptor-waits.ts'
import type { DescriptorWaits } from './descriptor-waits.ts'
import { cannotWrite } from './standard-streams.ts'

/**
 * Whoever read our standard output has gone: nothing more to do and nobody to tell. Exit code 0. Not one of our failures,
 * hence not a `TslogError`; its `code` is that of the system.
 */
export class ReaderGoneError extends Error {
  override readonly name = 'ReaderGoneError'
  readonly code = 'EPIPE'

  constructor(cause?: unknown) {
    super('the reader of standard output has gone', { cause })
  }
}

/** Where renderers put bytes. */
export interface ByteSink {
  /** Appends the bytes of `source` from `start` (0) to `end` (its length), exclusive. They may be reused after the call. */
  write(source: Uint8Array, start?: number, end?: number): void
  /** Appends text as UTF-8. */
  writeText(text: string): void
}

/** The system calls under an `OutputStream`; tests give a pipe of their own. */
export interface OutputCalls extends DescriptorWaits {
  /** Writes `length` bytes of `source` from `start`; returns how many were taken. Throws system errors with a `code`. */
  write(fd: number, source: Uint8Array, start: number, length: number): number
  /** Whether the pipe is that large now. */
  enlargePipe(fd: number, bytes: number): boolean
  /** Whether a write can wait for a reader: true for pipes, sockets and terminals, false for files. */
  canBlock(fd: number): boolean
}

/** Bytes of one write: a pipe's own size, and below what makes page allocation slow. */
const PIECE_BYTES = 64 * 1024

/** Bytes of one write into a pipe that was made larger: its reader still has something to do meanwhile. */
const LARGE_PIECE_BYTES = 512 * 1024

/** The first buffer: who has a few lines to write need not wait for the clearing of more. */
const FIRST_BYTES = 4096

/** So long a signal may go unseen. */
const NAP_MS = 200

/**
 * Standard output as bytes, in blocks of 64 KiB, or larger ones in an enlarged pipe. Synchronous, and yet a signal gets through while a slow reader blocks us:
 * a write that a signal cut short leaves the stream *interrupted*. From then on `write` only collects (at most what the
 * caller renders before it looks), until `flush` is called again, after a turn of the event loop:
 *
 *     while (!output.flush()) await signals.turn()
 *
 * Throws `ReaderGoneError` when the reader has gone, `OutputError` for any other failure.
 */
export class OutputStream implements ByteSink {
  readonly #fd: number
  readonly #calls: OutputCalls
  readonly #canBlock: boolean
  readonly #encoder = new TextEncoder()
  #buffer = new Uint8Array(FIRST_BYTES)
  #sent = 0
  #filled = 0
  #isInterrupted = false
  #bytesSent = 0
  #pieceBytes = PIECE_BYTES

  constructor(fd: number = 1, calls: OutputCalls = systemOutputCalls()) {
    this.#fd = fd
    this.#calls = calls
    this.#canBlock = calls.canBlock(fd)
  }

  /** True when a signal cut a write short: take a turn of the event loop, look for signals, then `flush`. */
  get isInterrupted(): boolean {
    return this.#isInterrupted
  }

  /** Bytes that the system has taken so far. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  /** Bytes not yet taken by the system. */
  get bytesWaiting(): number {
    return this.#filled - this.#sent
  }

  write(source: Uint8Array, start = 0, end = source.length): void {
    let at = start
    while (at < end && !this.#isInterrupted) {
      if (this.#filled === 0 && end - at >= PIECE_BYTES) {
        at = this.#send(source, at, end)
        continue
      }
      const taken = Math.min(end - at, this.#buffer.length - this.#filled)
      this.#append(source, at, at + taken)
      at += taken
      if (this.#filled < this.#buffer.length) continue
      if (this.#filled < PIECE_BYTES) this.#enlarge(PIECE_BYTES)
      else this.#drain()
    }
    if (at < end) this.#collect(source, at, end)
  }

  writeText(text: string): void {
    const bytesMax = text.length * 3
    if (bytesMax <= this.#buffer.length - this.#filled) {
      this.#filled += this.#encoder.encodeInto(text, this.#buffer.subarray(this.#filled)).written
    } else {
      this.write(this.#encoder.encode(text))
    }
  }

  /** Asks for a pipe of `bytes` bytes, for when much is to be written; nothing happens when it cannot be had. */
  enlargePipe(bytes: number): void {
    if (this.#calls.enlargePipe(this.#fd, bytes)) this.#pieceBytes = LARGE_PIECE_BYTES
  }

  /** Sends all that was written. False when a signal came first: what is left stays, and `flush` may be called again. */
  flush(): boolean {
    this.#isInterrupted = false
    return this.#drain()
  }

  /** Whether the reader is known to be gone, without writing; false when that cannot be told. */
  isReaderGone(): boolean {
    return this.#canBlock && this.#calls.isHungUp(this.#fd)
  }

  #append(source: Uint8Array, start: number, end: number): void {
    if (end - start < 32) {
      for (let i = start; i < end; i++) this.#buffer[this.#filled++] = source[i] ?? 0
      return
    }
    this.#buffer.set(source.subarray(start, end), this.#filled)
    this.#filled += end - start
  }

  /** Keeps bytes while the stream is interrupted. */
  #collect(source: Uint8Array, start: number, end: number): void {
    const needed = this.#filled + end - start
    if (needed > this.#buffer.length) this.#enlarge(Math.max(needed, this.#buffer.length * 2))
    this.#append(source, start, end)
  }

  #enlarge(bytes: number): void {
    const grown = new Uint8Array(bytes)
    grown.set(this.#buffer.subarray(0, this.#filled))
    this.#buffer = grown
  }

  #drain(): boolean {
    this.#sent = this.#send(this.#buffer, this.#sent, this.#filled)
    if (this.#sent < this.#filled) return false
    this.#sent = 0
    this.#filled = 0
    if (this.#buffer.length > PIECE_BYTES) this.#buffer = new Uint8Array(PIECE_BYTES)
    return true
  }

  /** Writes from `start` to `end`; returns where it stopped: `end`, or less when interrupted. */
  #send(source: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end) {
      const wanted = Math.min(end - at, this.#pieceBytes)
      const taken = this.#writeOnce(source, at, wanted)
      at += taken
      this.#bytesSent += taken
      if (taken < wanted) {
        this.#isInterrupted = true
        return at
      }
    }
    return at
  }

  /**
   * One write, once there is room for some of it: then a signal makes it return short. (A write that has not moved a byte
   * when a signal comes is restarted by the runtime, and would block on.)
   */
  #writeOnce(source: Uint8Array, start: number, length: number): number {
    // In naps: a signal that comes right before a wait does not end it, so the caller must get a turn now and then.
    if (this.#canBlock && this.#calls.wait(this.#fd, 'writable', NAP_MS) !== 'ready') return 0
    try {
      return this.#calls.write(this.#fd, source, start, length)
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EAGAIN') sleepMs(1)
      if (code === 'EAGAIN' || code === 'EINTR') return 0
      if (code === 'EPIPE' || code === 'ECONNRESET') throw new ReaderGoneError(error)
      throw cannotWrite('standard output', error)
    }
  }
}

/** The system calls of this machine. */
export function systemOutputCalls(): OutputCalls {
  return {
    ...descriptorWaits,
    write: (fd, source, start, length) => fileCalls().write(fd, source.subarray(start, start + length)),
    enlargePipe: (fd, bytes) => nativeCalls()?.setPipeSize(fd, bytes) ?? false,
    canBlock: (fd) => fileCalls().statusOf(fd).kind !== 'file',
  }
}
