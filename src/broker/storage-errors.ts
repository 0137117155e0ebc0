import {
  CorruptSegmentError,
  DiskError,
  LockedError,
  NotAllowedError,
  NotFoundError,
  RefusedError,
  TemporaryError,
  UsageError,
} from '../base/errors.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'

/** What a failure of the engine is called in Kafka's words, when a partition of a topic is asked for something. */
export function errorCodeOf(error: unknown): number {
  if (error instanceof KafkaError) return error.code
  if (error instanceof NotFoundError) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  if (error instanceof UsageError) return ErrorCode.INVALID_REQUEST
  if (error instanceof LockedError || error instanceof TemporaryError) return ErrorCode.NOT_LEADER_OR_FOLLOWER
  if (error instanceof NotAllowedError) return ErrorCode.CLUSTER_AUTHORIZATION_FAILED
  const isStorage = error instanceof DiskError || error instanceof CorruptSegmentError || error instanceof RefusedError
  return isStorage ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.UNKNOWN_SERVER_ERROR
}

/** What may be told to a client of a failure; what is our own stays in the log. */
export function errorMessageOf(error: unknown): string | null {
  // Where its files are is nobody's business.
  if (error instanceof DiskError) return `the disk of the broker failed to ${error.action} (${error.code})`
  const isForClients = error instanceof KafkaError || error instanceof UsageError || error instanceof NotFoundError
  return isForClients ? error.message : null
}
