import {
  CorruptSegmentError,
  DiskError,
  DivergedError,
  errorCode,
  InterruptedError,
  LockedError,
  LockTimeoutError,
  NotAllowedError,
  NotFoundError,
  TemporaryError,
  UsageError,
} from '../base/errors.ts'

/** What a command tells the shell; the same with and without `--json`. */
export const ExitCode = {
  /** Done; also when the reader closed the pipe. */
  done: 0,
  /** Failed, or any item of several failed. */
  failed: 1,
  /** Unknown flag, bad value. */
  usage: 2,
  /** Directory, topic, partition or group is not there; offset out of range. */
  notFound: 3,
  /** Nothing matched or nothing to do; only with `--exit-code`. */
  nothing: 4,
  /** Damage in the data, or the peer has diverged. */
  damaged: 5,
  /** Locked by another writer. */
  locked: 6,
  /** Try again later: disk full, peer unreachable, lock timeout (sysexits EX_TEMPFAIL). */
  temporary: 75,
  /** Not allowed (sysexits EX_NOPERM). */
  notAllowed: 77,
  /** `--timeout` reached, as coreutils' timeout says it. */
  timeout: 124,
  /** SIGHUP after an orderly stop. */
  hangup: 129,
  /** SIGINT after an orderly stop, or Ctrl-C at a prompt. */
  interrupted: 130,
  /** SIGTERM after an orderly stop. */
  terminated: 143,
} as const

/** The exit code that a failure ends the command with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return ExitCode.usage
  if (error instanceof NotFoundError) return ExitCode.notFound
  if (isDamage(error)) return ExitCode.damaged
  if (mayWorkLater(error)) return ExitCode.temporary
  if (error instanceof LockedError) return ExitCode.locked
  if (error instanceof NotAllowedError) return ExitCode.notAllowed
  if (error instanceof InterruptedError) return ExitCode.interrupted
  return exitCodeOfSystem(errorCode(error))
}

function isDamage(error: unknown): boolean {
  return error instanceof CorruptSegmentError || error instanceof DivergedError
}

function mayWorkLater(error: unknown): boolean {
  const isOutOfSpace = error instanceof DiskError && error.isOutOfSpace
  return isOutOfSpace || error instanceof TemporaryError || error instanceof LockTimeoutError
}

function exitCodeOfSystem(code: string): number {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return ExitCode.notAllowed
    case 'ENOSPC':
    case 'EDQUOT':
      return ExitCode.temporary
    default:
      return ExitCode.failed
  }
}
