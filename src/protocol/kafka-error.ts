import { type ErrorFacts, TslogError } from '../base/errors.ts'
import { errorName } from './error-codes.ts'

/**
 * What a client asked cannot be done: an answer, not a fault. Thrown by domain code, turned into a response in one
 * place, and never a reason to close a connection. The message may be sent to the client.
 */
export class KafkaError extends TslogError {
  override readonly name = 'KafkaError'
  /** One of `ErrorCode`. */
  readonly code: number

  constructor(code: number, message: string = errorName(code), facts: ErrorFacts = {}) {
    super(message, facts)
    this.code = code
  }
}
