import { type ValueOf, array, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeUserScramCredentialsRequest = struct({ users: nullable(array({ name: string })).or([]) })
export type DescribeUserScramCredentialsRequest = ValueOf<typeof describeUserScramCredentialsRequest>

export const describeUserScramCredentialsResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: nullable(string).or(''),
  results: array({
    user: string,
    errorCode: int16,
    errorMessage: nullable(string).or(''),
    credentialInfos: array({ mechanism: int8, iterations: int32 }),
  }),
})
export type DescribeUserScramCredentialsResponse = ValueOf<typeof describeUserScramCredentialsResponse>

/**
 * Which SCRAM credentials users have, null for all users; never the credentials. Mechanism 1 is SCRAM-SHA-256, 2
 * SCRAM-SHA-512.
 */
export const describeUserScramCredentialsApi: Api<
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse
> = api('DescribeUserScramCredentials', describeUserScramCredentialsRequest, describeUserScramCredentialsResponse)
