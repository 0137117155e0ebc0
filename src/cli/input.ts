import { describeErrorCode, errorCode, NotAllowedError, TslogError } from '../base/errors.ts'
import { fileCalls } from '../disk/file-calls.ts'
import { nativeCalls } from '../disk/native-calls.ts'
import { isClosedDescriptor } from './closed-descriptor.ts'
import { descriptorWaits, sleepMs } from './descriptor-waits.ts'
import type { DescriptorWaits, WaitResult } from './descriptor-waits.ts'
import { isTerminal } from './terminal.ts'

/** Standard input or a file argument cannot be read. Exit code 1. */
export class InputError extends TslogError {
  override readonly name = 'InputError'
}

/** What `readInto` returns when there is nothing to read right now: wait with `waitReadable`, then read again. */
export const NOTHING_YET = -1

/** The system calls under an `InputReader`; tests give a pipe of their own. */
export interface InputCalls extends DescriptorWaits {
  /** Reads into `target`; 0 at the end. Throws system errors with a `code`. */
  read(fd: number, target: Uint8Array): number
  /** Asks for a larger pipe; nothing happens when it cannot be had. */
  enlargePipe(fd: number, bytes: number): void
}

/** Bytes that are asked of the kernel for the pipe on standard input: fewer changes between the writer and us. */
const PIPE_BYTES = 1024 * 1024

/**
 * Standard input or a file, as bytes, in whatever pieces they come. Synchronous, for a loop such as
 *
 *     if (input.waitReadable(lingerMs) === 'ready') bytes = input.readInto(target)
 *
 * where a signal ends the wait (`interrupted`), but never a read: so always wait before a read that may block.
 */
export class InputReader {
  /** How messages name it: a path, or `standard input`. */
  readonly name: string
  /** Bytes in the file; undefined for pipes, sockets and terminals. */
  readonly size: number | undefined
  readonly isTerminal: boolean
  readonly #fd: number
  readonly #calls: InputCalls
  readonly #canBlock: boolean
  #bytesRead = 0

  private constructor(fd: number, name: string, calls: InputCalls) {
    const { kind, size } = fileCalls().statusOf(fd)
    if (kind === 'directory') throw new InputError(`cannot read ${name}: is a directory (EISDIR)`)
    this.name = name
    this.size = kind === 'file' ? size : undefined
    this.isTerminal = isTerminal(fd)
    this.#fd = fd
    this.#calls = calls
    this.#canBlock = kind !== 'file'
    if (kind === 'pipe') calls.enlargePipe(fd, PIPE_BYTES)
  }

  /** Descriptor 0. Throws `InputError` when the shell closed it (`<&-`) or it is a directory. */
  static standardInput(calls: InputCalls = systemInputCalls(), fd = 0): InputReader {
    if (isClosedDescriptor(fd))
      throw new InputError('standard input is closed', { hint: 'use </dev/null for no input' })
    return new InputReader(fd, 'standard input', calls)
  }

  /** Opens a file, pipe or device by name. Throws `NotAllowedError`, or `InputError` for whatever else is wrong. */
  static open(path: string, calls: InputCalls = systemInputCalls()): InputReader {
    const fd = openToRead(path)
    try {
      return new InputReader(fd, path, calls)
    } catch (error) {
      fileCalls().close(fd)
      throw error
    }
  }

  /** Bytes read so far. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Blocks until something can be read (also the end), at most `timeoutMs` (-1: no limit). */
  waitReadable(timeoutMs: number): WaitResult {
    return this.#canBlock ? this.#calls.wait(this.#fd, 'readable', timeoutMs) : 'ready'
  }

  /** Reads at most `target.length` bytes; 0 at the end, `NOTHING_YET` when a descriptor that does not block is empty. */
  readInto(target: Uint8Array): number {
    try {
      const bytes = this.#calls.read(this.#fd, target)
      this.#bytesRead += bytes
      return bytes
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN' && code !== 'EINTR') throw cannotRead(this.name, error)
      if (code === 'EAGAIN') sleepMs(1)
      return NOTHING_YET
    }
  }

  /** The first bytes of a file, without reading them away; empty for anything that is not a file. */
  peek(bytesMax: number): Uint8Array {
    if (this.size === undefined) return new Uint8Array()
    const target = new Uint8Array(bytesMax)
    return target.subarray(0, fileCalls().read(this.#fd, target, 0))
  }

  close(): void {
    if (this.#fd > 2) fileCalls().close(this.#fd)
  }
}

/** The system calls of this machine. */
export function systemInputCalls(): InputCalls {
  return {
    ...descriptorWaits,
    read: (fd, target) => fileCalls().read(fd, target),
    enlargePipe: (fd, bytes) => void nativeCalls()?.setPipeSize(fd, bytes),
  }
}

/** An `InputError` that names the input and says what the system said. */
export function cannotRead(name: string, cause: unknown): InputError {
  return new InputError(`cannot read ${name}: ${describeErrorCode(errorCode(cause), cause)}`, { cause })
}

function openToRead(path: string): number {
  try {
    return fileCalls().open(path, 'input')
  } catch (error) {
    const message = `cannot read ${path}: ${describeErrorCode(errorCode(error), error)}`
    if (errorCode(error) === 'EACCES') throw new NotAllowedError(message, { cause: error })
    throw new InputError(message, { cause: error })
  }
}
