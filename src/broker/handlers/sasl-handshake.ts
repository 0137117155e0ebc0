import { ErrorCode } from '../../protocol/error-codes.ts'
import {
  saslHandshakeApi,
  type SaslHandshakeRequest,
  type SaslHandshakeResponse,
} from '../../protocol/messages/sasl-handshake.ts'
import type { Handler } from '../request-router.ts'

// SaslHandshake: how the client is going to prove who it is.
//
// Behaviour
//   * The mechanisms of the listener are told with every answer. One that is not among them is UNSUPPORTED_SASL_MECHANISM: the client may name another.
//   * On a listener without SASL, and when somebody who is known changes the mechanism: ILLEGAL_SASL_STATE.
// Versions
//   0 and 1. After 0 the tokens are frames of their own, after 1 they come in SaslAuthenticate.
// Not implemented
//   GSSAPI, OAUTHBEARER and delegation tokens.

export const saslHandshakeHandler: Handler<SaslHandshakeRequest, SaslHandshakeResponse> = {
  api: saslHandshakeApi,
  handle: ({ mechanism }, { apiVersion, connection }) => {
    const { authentication } = connection
    authentication.begin(mechanism, { isBare: apiVersion === 0 })
    return { errorCode: ErrorCode.NONE, mechanisms: authentication.mechanisms }
  },
  refuse: (_, errorCode, { connection }) => ({ errorCode, mechanisms: connection.authentication.mechanisms }),
}
