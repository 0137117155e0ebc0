import { type ValueOf, array, int16, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const saslHandshakeRequest = struct({ mechanism: string })
export type SaslHandshakeRequest = ValueOf<typeof saslHandshakeRequest>

export const saslHandshakeResponse = struct({ errorCode: int16, mechanisms: array(string) })
export type SaslHandshakeResponse = ValueOf<typeof saslHandshakeResponse>

/** Names a SASL mechanism. After version 0 the tokens follow as bare frames, after 1 as SaslAuthenticate. */
export const saslHandshakeApi: Api<SaslHandshakeRequest, SaslHandshakeResponse> = api(
  'SaslHandshake',
  saslHandshakeRequest,
  saslHandshakeResponse,
)
