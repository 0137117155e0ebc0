import {
  CorruptSegmentError,
  DiskError,
  DivergedError,
  LockedError,
  MalformedMessageError,
  NotAllowedError,
  NotFoundError,
  RefusedError,
  TemporaryError,
  TslogError,
  UsageError,
} from '../../base/errors.ts'
import type { FailureMessage } from '../../replication/peer-apis.ts'
import { exitCodeOf, ExitCode } from '../exit-code.ts'

type ErrorClass = new (message: string, facts: { hint?: string }) => TslogError

const classes: Readonly<Record<string, ErrorClass>> = {
  DivergedError,
  LockedError,
  NotAllowedError,
  NotFoundError,
  TemporaryError,
  UsageError,
}

/** What failed on the other side, as an error of this one: the same exit code, and which side it was. */
export function errorOf({ kind, message, hint }: FailureMessage, peer: string): TslogError {
  const text = `${peer}: ${message}`
  const facts = hint === null ? {} : { hint }
  if (kind === 'CorruptSegmentError') return new DamagedThereError(text, facts)
  if (!Object.hasOwn(classes, kind)) return new RefusedError(text, facts)
  const Kind = classes[kind] ?? RefusedError
  return new Kind(text, facts)
}

/** Damage on the other side: there is no file of ours to name. */
class DamagedThereError extends CorruptSegmentError {
  constructor(message: string, facts: { hint?: string }) {
    super('', 0, message, facts)
    this.message = message
  }
}

function failureOf(error: unknown): FailureMessage {
  if (error instanceof TslogError) return { kind: error.name, message: error.message, hint: error.hint ?? null }
  return { kind: 'Error', message: error instanceof Error ? error.message : String(error), hint: null }
}

/** An error as it travels: a full disk is one that may pass. */
export function failureFor(error: unknown): FailureMessage {
  const failure = failureOf(error)
  if (error instanceof MalformedMessageError) return { ...failure, kind: 'RefusedError' }
  if (error instanceof DiskError && error.isOutOfSpace) {
    return {
      ...failure,
      kind: 'TemporaryError',
      hint: 'make room there and run the command again: it goes on where it was',
    }
  }
  if (exitCodeOf(error) === ExitCode.temporary) return { ...failure, kind: 'TemporaryError' }
  return exitCodeOf(error) === ExitCode.notAllowed ? { ...failure, kind: 'NotAllowedError' } : failure
}
