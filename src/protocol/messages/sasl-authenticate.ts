import { type ValueOf, bytes, int16, nullable, string, struct, timestamp } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const saslAuthenticateRequest = struct({ authBytes: bytes })
export type SaslAuthenticateRequest = ValueOf<typeof saslAuthenticateRequest>

export const saslAuthenticateResponse = struct({
  errorCode: int16,
  errorMessage: nullable(string).or(''),
  authBytes: bytes,
  sessionLifetimeMs: timestamp.since(1),
})
export type SaslAuthenticateResponse = ValueOf<typeof saslAuthenticateResponse>

/** One token of the SASL exchange. Version 1 says how long the session lasts. */
export const saslAuthenticateApi: Api<SaslAuthenticateRequest, SaslAuthenticateResponse> = api(
  'SaslAuthenticate',
  saslAuthenticateRequest,
  saslAuthenticateResponse,
)
