import type * as Zlib from 'node:zlib'
import { MalformedMessageError } from '../../base/errors.ts'
import { DecompressedTooLargeError } from './decompressed-too-large-error.ts'

/**
 * The platform's zlib, loaded when first used: it costs 3 ms under Node and 10 ms under Bun, which no command that meets no
 * compressed batch should pay.
 */
export function loadZlib(): typeof Zlib {
  return process.getBuiltinModule('node:zlib')
}

/** CRC-32 (IEEE) of `bytes` as uint32: what magic 0 and 1 carry. */
export function crc32(bytes: Uint8Array): number {
  return loadZlib().crc32(bytes)
}

/** The same memory without `Buffer`'s own ways: its `slice` copies nothing, which every reader of `Uint8Array` code expects. */
export function plainBytes(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Runs one of zlib's decompressors and turns its refusals into `MalformedMessageError`. `format` names it in the message. */
export function decompressChecked(format: string, limitBytes: number, run: () => Buffer): Uint8Array {
  try {
    return plainBytes(run())
  } catch (cause) {
    throw refusal(format, limitBytes, cause)
  }
}

/** What is thrown when a stream would give more than `limitBytes`. */
export function tooLarge(format: string, limitBytes: number): DecompressedTooLargeError {
  return new DecompressedTooLargeError(`${format} stream decompresses to more than ${limitBytes} bytes`, 0)
}

function refusal(format: string, limitBytes: number, cause: unknown): MalformedMessageError {
  if (isTooLarge(cause)) return tooLarge(format, limitBytes)
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MalformedMessageError(`${format} stream cannot be decompressed (${reason})`, 0, { cause })
}

function isTooLarge(cause: unknown): boolean {
  return cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
}
