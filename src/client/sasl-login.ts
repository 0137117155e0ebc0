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
 * Proves to the broker who we are; with SCRAM the broker proves that it knows the password too. Throws `NotAllowedError` (also as `KafkaError`),
 * and `UnsupportedByBrokerError` for brokers that lack the mechanism.
 */
export async function logIn(connection: BrokerConnection, login: SaslLogin): Promise<void> {
  const { mechanism, username, password } = login
  await handshake(connection, mechanism)
  if (mechanism === 'PLAIN') {
    await exchange(connection, login, plainToken(username, password))
    return
  }
  const scram = new ScramClient({ mechanism, name: username, password, nonce: newNonce() })
  const answer = await exchange(connection, login, scram.first())
  scram.verify(await exchange(connection, login, await scram.final(answer)))
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
): Promise<Uint8Array> {
  const answer = await connection.request(saslAuthenticateApi, { authBytes })
  throwIfError(answer.errorCode, `log in to ${connection.peer} as ${username}`, answer.errorMessage)
  return answer.authBytes
}
