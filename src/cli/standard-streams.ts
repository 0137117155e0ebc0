import { writeSync } from 'node:fs'
import { errorCode, TslogError } from '../base/errors.ts'
import { isClosedDescriptor } from './closed-descriptor.ts'

/**
 * Writes all of a short `text` to a standard stream at once, blocking, so that nothing is lost when the process ends right
 * after. (A stream's `write` followed by an exit loses what a pipe cannot hold: 64 KB.) Throws the system's error, EPIPE
 * among them. Records go through `OutputStream`.
 */
export function writeText(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** The caller closed standard output (`>&-`). Exit code 1. */
class ClosedOutputError extends TslogError {
  override readonly name = 'ClosedOutputError'
}

/** Refuses to work for nobody: what a command with results does first. Throws `ClosedOutputError`. */
export function assertStdoutIsOpen(): void {
  if (!isClosedDescriptor(1)) return
  throw new ClosedOutputError('standard output is closed', { hint: 'to throw the output away, use > /dev/null' })
}
