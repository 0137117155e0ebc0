import { scramMechanisms } from '../../network/sasl/scram-keys.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  describeUserScramCredentialsApi,
  type DescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsResponse,
} from '../../protocol/messages/describe-user-scram-credentials.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// DescribeUserScramCredentials: which users can log in with SCRAM (KIP-554).
//
// Behaviour
//   * Mechanisms and iterations are told, nothing that a password could be tried on. No names asks for all users.
//   * A name without credentials is RESOURCE_NOT_FOUND, one that stands twice DUPLICATE_RESOURCE.
// Versions
//   0.

type UserAnswer = DescribeUserScramCredentialsResponse['results'][number]

export const describeUserScramCredentialsHandler: Handler<
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse
> = {
  api: describeUserScramCredentialsApi,
  handle: ({ users }, context) => {
    if (!isAllowed(context, { operation: 'DESCRIBE', resource: 'CLUSTER', name: 'kafka-cluster' })) {
      throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    }
    const { credentials } = context.broker
    const asked = (users ?? []).map(({ name }) => name)
    const names = asked.length > 0 ? asked : credentials.all().map(({ user }) => user)
    const results = [...new Set(names)].map((name) => {
      const isRepeated = asked.indexOf(name) !== asked.lastIndexOf(name)
      return isRepeated ? refused(name, ErrorCode.DUPLICATE_RESOURCE) : answer(name, context)
    })
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results }
  },
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: null, results: [] }),
}

function answer(user: string, { broker }: RequestContext): UserAnswer {
  const credentialInfos = scramMechanisms.flatMap((mechanism, at) => {
    const known = broker.credentials.find(user, mechanism)
    return known === undefined ? [] : [{ mechanism: at + 1, iterations: known.iterations }]
  })
  if (credentialInfos.length === 0) return refused(user, ErrorCode.RESOURCE_NOT_FOUND)
  return { user, errorCode: ErrorCode.NONE, errorMessage: null, credentialInfos }
}

function refused(user: string, errorCode: number): UserAnswer {
  const errorMessage =
    errorCode === ErrorCode.RESOURCE_NOT_FOUND ? `user ${user} has no SCRAM credentials` : `user ${user} is named twice`
  return { user, errorCode, errorMessage, credentialInfos: [] }
}
