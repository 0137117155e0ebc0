import { type ValueOf, array, bytes, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const alterUserScramCredentialsRequest = struct({
  deletions: array({ name: string, mechanism: int8 }),
  upsertions: array({ name: string, mechanism: int8, iterations: int32, salt: bytes, saltedPassword: bytes }),
})
export type AlterUserScramCredentialsRequest = ValueOf<typeof alterUserScramCredentialsRequest>

export const alterUserScramCredentialsResponse = struct({
  throttleTimeMs: int32,
  results: array({ user: string, errorCode: int16, errorMessage: nullable(string).or('') }),
})
export type AlterUserScramCredentialsResponse = ValueOf<typeof alterUserScramCredentialsResponse>

/** Sets and removes SCRAM credentials, salted by the client. Mechanisms as in the describing request. */
export const alterUserScramCredentialsApi: Api<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse> =
  api('AlterUserScramCredentials', alterUserScramCredentialsRequest, alterUserScramCredentialsResponse)
