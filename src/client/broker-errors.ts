import {
  type ErrorFacts,
  LockedError,
  NotAllowedError,
  NotFoundError,
  TemporaryError,
  TslogError,
  UsageError,
} from '../base/errors.ts'
import { ErrorCode, errorName, isRetriable } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'

/** The broker lacks what was asked for; another one may have it. Exit code 1. */
export class UnsupportedByBrokerError extends TslogError {
  override readonly name = 'UnsupportedByBrokerError'
}

/** The disk of the only broker that has a log failed: there it takes no records until the broker is started anew. Exit code 1. */
class FailedStorageError extends TslogError {
  override readonly name = 'FailedStorageError'

  constructor({ message }: KafkaError) {
    super(message, { hint: 'what was acknowledged is kept; once the disk is well, start the server anew' })
  }
}

/** As our server words what a full disk said to it. */
const saysFull = /\((?:ENOSPC|EDQUOT)\)/

/** What the user is told when the only broker that has a log cannot write to it. */
export function storageErrorOf(error: KafkaError): TslogError {
  if (!saysFull.test(error.message)) return new FailedStorageError(error)
  const hint = 'what was acknowledged is kept; make room on the disk: the server takes records again by itself then'
  return new TemporaryError(error.message, { cause: error, hint })
}

const notFound: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.OFFSET_OUT_OF_RANGE,
  ErrorCode.GROUP_ID_NOT_FOUND,
])

const notAllowed: ReadonlySet<number> = new Set([
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.SASL_AUTHENTICATION_FAILED,
  ErrorCode.SECURITY_DISABLED,
])

const badRequest: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_TOPIC_EXCEPTION,
  ErrorCode.INVALID_PARTITIONS,
  ErrorCode.INVALID_REPLICATION_FACTOR,
  ErrorCode.INVALID_CONFIG,
  ErrorCode.INVALID_GROUP_ID,
])

/** A group with members takes changes from these alone. */
const inUse: ReadonlySet<number> = new Set([
  ErrorCode.NON_EMPTY_GROUP,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
])

/** Throws what an error code in a response means; does nothing for `NONE`. `what` failed, as in "cannot WHAT: ...". */
export function throwIfError(errorCode: number, what: string, said?: string | null): void {
  if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode, `cannot ${what}: ${reason(errorCode, said)}`)
}

/** A row of an answer, about one thing that was asked for. */
interface AnswerRow {
  readonly errorCode: number
  readonly errorMessage?: string | null
}

/** The first row of an answer, which must be there and hold no error. `what` failed otherwise. */
export function answerOf<Row extends AnswerRow>(rows: readonly Row[] | undefined, what: string): Row {
  const row = rows?.[0]
  if (row === undefined) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `cannot ${what}: the broker left it out`)
  throwIfError(row.errorCode, what, row.errorMessage)
  return row
}

/** What the user is told, and the exit code it means, once an error of a broker is final. */
export function userErrorOf(error: unknown): unknown {
  if (!(error instanceof KafkaError)) return error
  const facts: ErrorFacts = { cause: error }
  if (notFound.has(error.code)) return new NotFoundError(error.message, facts)
  if (notAllowed.has(error.code)) return new NotAllowedError(error.message, facts)
  if (inUse.has(error.code)) return new LockedError(error.message, facts)
  if (badRequest.has(error.code)) return new UsageError(error.message, facts)
  return isRetriable(error.code) ? new TemporaryError(error.message, facts) : error
}

function reason(errorCode: number, said: string | null | undefined): string {
  const name = errorName(errorCode)
  return said === undefined || said === null || said === '' ? name : `${said} (${name})`
}
