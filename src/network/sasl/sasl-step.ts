import { NotAllowedError } from '../../base/errors.ts'

/** What a token of the client leads to: the token to send back, and once it is over, who the client is. */
export interface SaslStep {
  readonly token: Uint8Array
  /** The name that was proven; absent while the exchange goes on. */
  readonly name?: string
}

/** The server's half of one SASL exchange. Throws `SaslError` when it has failed, for good. */
export interface SaslExchange {
  next(token: Uint8Array): Promise<SaslStep>
}

/** An exchange failed: a wrong name or password, or tokens that do not follow their form. The message names no secret. */
export class SaslError extends NotAllowedError {}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A token as text. Throws `SaslError`. */
export function tokenText(token: Uint8Array): string {
  try {
    return strict.decode(token)
  } catch {
    throw new SaslError('the token is not UTF-8')
  }
}
