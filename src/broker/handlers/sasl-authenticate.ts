import { ErrorCode, errorName } from '../../protocol/error-codes.ts'
import {
  saslAuthenticateApi,
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponse,
} from '../../protocol/messages/sasl-authenticate.ts'
import type { Handler } from '../request-router.ts'

// SaslAuthenticate: one token of the client, one of ours.
//
// Behaviour
//   * Whatever was wrong, the answer is SASL_AUTHENTICATION_FAILED with the same words, a moment later; then the connection is closed.
//   * Without a SaslHandshake before it: ILLEGAL_SASL_STATE.
// Versions
//   0 to 2. 1 tells how long the proof is good for (connections.max.reauth.ms): after that nothing but a new one is taken.

export const saslAuthenticateHandler: Handler<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  api: saslAuthenticateApi,
  handle: async ({ authBytes }, { connection }) => {
    const { token, sessionMs } = await connection.authentication.take(authBytes)
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      authBytes: token,
      sessionLifetimeMs: sessionMs,
    }
  },
  refuse: (_, errorCode) => ({
    errorCode,
    errorMessage: errorCode === ErrorCode.SASL_AUTHENTICATION_FAILED ? 'Authentication failed' : errorName(errorCode),
    authBytes: new Uint8Array(0),
    sessionLifetimeMs: 0,
  }),
}
