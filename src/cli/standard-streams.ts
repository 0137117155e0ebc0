import { describeErrorCode, errorCode, TslogError } from '../base/errors.ts'
import { fileCalls } from '../disk/file-calls.ts'
import { isClosedDescriptor } from './closed-descriptor.ts'

/**
 * Writes all of a short `text` to a standard stream at once, blocking, so that nothing is lost when the process ends right
 * after. (A stream's `write` followed by an exit loses what a pipe cannot hold: 64 KB.) Throws the system's EPIPE when the
 * reader has gone, `OutputError` for any other failure. Records go through `OutputStream`.
 */
export function writeText(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text)
  for (let written = 0; written < bytes.length;) {
    try {
      written += fileCalls().write(fd, written === 0 ? bytes : bytes.subarray(written))
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EPIPE') throw error
      if (code === 'EINTR') continue
      if (code !== 'EAGAIN') throw cannotWrite(fd === 2 ? 'standard error' : 'standard output', error)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** A standard stream takes no bytes (full device, closed, I/O error). Exit code 1, unlike a full disk under the log. */
export class OutputError extends TslogError {
  override readonly name = 'OutputError'
}

/** What is to be thrown when the system refuses bytes for `stream`. */
export function cannotWrite(stream: 'standard output' | 'standard error', cause: unknown): OutputError {
  return new OutputError(`cannot write to ${stream}: ${describeErrorCode(errorCode(cause), cause)}`, { cause })
}

/** The caller closed standard output (`>&-`). Exit code 1. */
class ClosedOutputError extends TslogError {
  override readonly name = 'ClosedOutputError'
}

/** Says something on stderr, if anybody listens: what became of the work must not depend on who reads about it. */
export function writeMessage(fd: number, text: string): void {
  try {
    writeText(fd, text)
  } catch {
    // Nobody reads stderr, or it is full.
  }
}

/** Refuses to work for nobody: what a command with results does first. Throws `ClosedOutputError`. */
export function assertStdoutIsOpen(): void {
  if (!isClosedDescriptor(1)) return
  throw new ClosedOutputError('standard output is closed', { hint: 'to throw the output away, use > /dev/null' })
}
