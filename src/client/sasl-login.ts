import { newNonce } from '../network/sasl/nonce.ts'
import { plainToken } from '../network/sasl/plain.ts'
import { ScramClient } from '../network/sasl/scram-client.ts'
import type { ScramMechanism } from '../network/sasl/scram-keys.ts'
import { NotAllowedError } from '../base/errors.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { saslAuthenticateApi } from '../protocol/messages/sasl-authenticate.ts'
import { saslHandshakeApi } from '../protocol/messages/sasl-handshake.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { throwIfError, UnsupportedByBrokerError } from './broker-errors.ts'

/** Who we are, and what proves it. */
export interface SaslLogin {
  readonly mechanism: 'PLAIN' | ScramMechanism
  readonly username: string
  readonly password: string
}

/**
 * Proves to the broker who we are, again before the broker gives it up (KIP-368); with SCRAM the broker proves that it knows the password too. Throws `NotAllowedError` (also as `KafkaError`),
 * and `UnsupportedByBrokerError` for brokers that lack the mechanism.
 */
export async function logIn(connection: BrokerConnection, login: SaslLogin): Promise<void> {
  await handshake(connection, login.mechanism)
  const lifetimeMs = await prove(connection, login)
  if (lifetimeMs > 0) connection.renewWithin(lifetimeMs, () => logIn(connection, login))
}

/** Resolves to how long the proof is good for, in ms; 0 for as long as the connection stands. */
async function prove(connection: BrokerConnection, login: SaslLogin): Promise<number> {
  const { mechanism, username, password } = login
  if (mechanism === 'PLAIN') return (await exchange(connection, login, plainToken(username, password))).lifetimeMs
  const scram = new ScramClient({ mechanism, name: username, password, nonce: newNonce() })
  const first = await exchange(connection, login, scram.first())
  const final = await exchange(connection, login, await scram.final(first.token))
  scram.verify(final.token)
  return final.lifetimeMs
}

async function handshake(connection: BrokerConnection, mechanism: string): Promise<void> {
  if (!connection.speaks(saslHandshakeApi, 1) || !connection.speaks(saslAuthenticateApi)) {
    throw new UnsupportedByBrokerError(`the broker ${connection.peer} does not support SaslAuthenticate`)
  }
  const { errorCode, mechanisms } = await connection.request(saslHandshakeApi, { mechanism })
  if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM) {
    throw new NotAllowedError(`the broker ${connection.peer} does not take ${mechanism}`, {
      hint: `it takes ${mechanisms.join(', ') || 'nothing that there is here'}`,
    })
  }
  if (errorCode === ErrorCode.ILLEGAL_SASL_STATE) {
    throw new NotAllowedError(`the broker ${connection.peer} asks nobody who they are on this address`, {
      hint: 'without SASL security.protocol is PLAINTEXT or SSL',
    })
  }
  throwIfError(errorCode, `log in to ${connection.peer}`)
}

async function exchange(
  connection: BrokerConnection,
  { username }: SaslLogin,
  authBytes: Uint8Array,
): Promise<{ readonly token: Uint8Array; readonly lifetimeMs: number }> {
  const answer = await connection.request(saslAuthenticateApi, { authBytes })
  throwIfError(answer.errorCode, `log in to ${connection.peer} as ${username}`, answer.errorMessage)
  return { token: answer.authBytes, lifetimeMs: answer.sessionLifetimeMs }
}
