/**
 * The failures a caller can meet, by whose fault they are. Each carries its facts as fields and says in its message what
 * failed, where, and what to do. `ExitCode` in `cli` maps each to what the shell sees.
 */

/** Facts that any of our errors may carry along. */
export interface ErrorFacts {
  readonly cause?: unknown
  /** What the user can do next, in one line. */
  readonly hint?: string
}

/** Base of every expected failure; `hint` is printed after the message. */
export abstract class TslogError extends Error {
  readonly hint: string | undefined

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined)
    this.hint = facts.hint
  }
}

/** The user can fix it: an unknown flag, a bad value. Exit code 2. */
export class UsageError extends TslogError {
  override readonly name = 'UsageError'
}

/** A directory, topic, partition, group or offset is not there. Exit code 3. */
export class NotFoundError extends TslogError {
  override readonly name = 'NotFoundError'
}

/** Two logs that should be one and the same are not; nothing was changed. Exit code 5. */
export class DivergedError extends TslogError {
  override readonly name = 'DivergedError'
}

/** Another process holds what we need to write. Exit code 6. */
export class LockedError extends TslogError {
  override readonly name: string = 'LockedError'
}

/** It was waited for as long as was to be, and another process holds it still. Exit code 75. */
export class LockTimeoutError extends LockedError {
  override readonly name: string = 'LockTimeoutError'
}

/** A running `tslog serve` has the partition: changes of it go through that. Exit code 6 for who cannot do so. */
export class ServedError extends LockedError {}

/** May work later: disk full, lock timeout, peer unreachable. Exit code 75. */
export class TemporaryError extends TslogError {
  override readonly name = 'TemporaryError'
}

/** The file system or an access list says no. Exit code 77. */
export class NotAllowedError extends TslogError {
  override readonly name = 'NotAllowedError'
}

/** The user stopped it at a prompt, before anything was done. Exit code 130. */
export class InterruptedError extends TslogError {
  override readonly name = 'InterruptedError'
}

/** The directory cannot be worked on as it is: not a log, a newer format, a running Kafka broker's. Exit code 1 unless said otherwise. */
export class RefusedError extends TslogError {
  override readonly name = 'RefusedError'
}

/** Bytes do not follow their format; carries where the reader stood, in bytes. */
export class MalformedMessageError extends TslogError {
  override readonly name = 'MalformedMessageError'
  readonly position: number

  constructor(message: string, position: number, facts: ErrorFacts = {}) {
    super(`${message} at byte ${position}`, facts)
    this.position = position
  }
}

/** A record batch, index entry or checkpoint on the disk is not what was written. Exit code 5. */
export class CorruptSegmentError extends TslogError {
  override readonly name = 'CorruptSegmentError'
  readonly path: string
  readonly position: number

  constructor(path: string, position: number, message: string, facts: ErrorFacts = {}) {
    super(`${path}: damaged at byte ${position}: ${message}`, facts)
    this.path = path
    this.position = position
  }
}

/**
 * A write, truncate or fsync failed. Final: the file takes no more writes from this process, and an fsync is never tried
 * again, since the kernel may have dropped the dirty pages. Exit code 1, or 75 when the disk is full.
 */
export class DiskError extends TslogError {
  override readonly name = 'DiskError'
  /** What was tried, such as `sync`. */
  readonly action: string
  readonly path: string
  /** The operating system's name of it, such as `EIO` or `ENOSPC`. */
  readonly code: string

  constructor(action: string, path: string, cause: unknown) {
    const code = errorCode(cause)
    super(`cannot ${action} ${path}: ${describeErrorCode(code, cause)}`, { cause })
    this.action = action
    this.path = path
    this.code = code
  }

  /** Whether freeing space would help. */
  get isOutOfSpace(): boolean {
    return this.code === 'ENOSPC' || this.code === 'EDQUOT'
  }

  /** Whether the same may be tried again, by who opens the file anew: nothing that was there is lost. A sync may have lost some, whatever its reason. */
  get isWantOfRoom(): boolean {
    return this.isOutOfSpace && this.action !== 'sync'
  }
}

/** The `code` of a system error (`ENOENT`, `EIO`...), or an empty string. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

const meanings: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'file too large',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'is a symbolic link',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'not a directory',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
}

/** A system error in words, such as `no such file or directory (ENOENT)`. */
export function describeErrorCode(code: string, cause: unknown): string {
  const meaning = meanings[code]
  if (meaning !== undefined) return `${meaning} (${code})`
  return cause instanceof Error ? cause.message : String(cause)
}
