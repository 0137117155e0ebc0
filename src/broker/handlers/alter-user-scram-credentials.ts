import { scramCredential, scramIterations, scramKeyBytes, scramMechanisms } from '../../network/sasl/scram-keys.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  alterUserScramCredentialsApi,
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
} from '../../protocol/messages/alter-user-scram-credentials.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import type { UserCredential } from '../security/credentials.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'

// AlterUserScramCredentials: makes, changes and removes users (KIP-554).
//
// Behaviour
//   * The client salts the password: it never comes here. Iterations are 4096 to 16384.
//   * Each user is judged by itself: what is wrong with one credential keeps all of that user's from being changed.
//   * The same credential named twice is DUPLICATE_RESOURCE, the removal of one that is not there RESOURCE_NOT_FOUND.
//   * Durable when it is answered. Connections that stand go on.
// Versions
//   0.

type Deletion = AlterUserScramCredentialsRequest['deletions'][number]
type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number]
type UserAnswer = AlterUserScramCredentialsResponse['results'][number]

export const alterUserScramCredentialsHandler: Handler<
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse
> = {
  api: alterUserScramCredentialsApi,
  handle: (request, context) => {
    if (!isAllowed(context, { operation: 'ALTER', resource: 'CLUSTER', name: 'kafka-cluster' })) {
      throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    }
    return { throttleTimeMs: 0, results: usersOf(request).map((user) => alterUser(user, request, context)) }
  },
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    results: usersOf(request).map((user) => ({ user, errorCode, errorMessage: null })),
  }),
}

function usersOf({ deletions, upsertions }: AlterUserScramCredentialsRequest): string[] {
  return [...new Set([...deletions, ...upsertions].map(({ name }) => name))]
}

function alterUser(
  user: string,
  request: AlterUserScramCredentialsRequest,
  { broker, connection }: RequestContext,
): UserAnswer {
  try {
    const deletions = request.deletions.filter(({ name }) => name === user)
    const upsertions = request.upsertions.filter(({ name }) => name === user)
    checkNames(user, [...deletions, ...upsertions])
    const removed = deletions.map((one) => removedCredential(one, broker))
    const set = upsertions.map(newCredential)
    broker.credentials.change({ set, removed })
    broker.log.info('user altered', { user, by: connection.peer })
    return { user, errorCode: ErrorCode.NONE, errorMessage: null }
  } catch (error) {
    return { user, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
  }
}

function checkNames(user: string, named: readonly { readonly mechanism: number }[]): void {
  if (user === '') throw unacceptable('a user has a name')
  if (new Set(named.map(({ mechanism }) => mechanism)).size < named.length) {
    throw new KafkaError(ErrorCode.DUPLICATE_RESOURCE, `a credential of user ${user} is named twice`)
  }
}

function removedCredential(
  { name, mechanism }: Deletion,
  { credentials }: RequestContext['broker'],
): Pick<UserCredential, 'user' | 'mechanism'> {
  const known = credentials.find(name, mechanismOf(mechanism))
  if (known !== undefined) return known
  throw new KafkaError(ErrorCode.RESOURCE_NOT_FOUND, `user ${name} has no such credential`)
}

function newCredential({ name, mechanism: number, iterations, salt, saltedPassword }: Upsertion): UserCredential {
  const mechanism = mechanismOf(number)
  const { min, max } = scramIterations
  if (iterations < min || iterations > max) throw unacceptable(`iterations are ${min} to ${max}`)
  if (salt.length === 0) throw unacceptable('the salt is empty')
  if (saltedPassword.length !== scramKeyBytes(mechanism)) throw unacceptable('the salted password has the wrong length')
  // What a request's bytes are views of does not stay.
  const kept = { salt: salt.slice(), iterations }
  return { user: name, mechanism, ...scramCredential(mechanism, saltedPassword, kept) }
}

function mechanismOf(number: number): UserCredential['mechanism'] {
  const mechanism = scramMechanisms[number - 1]
  if (mechanism !== undefined) return mechanism
  throw new KafkaError(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'SCRAM mechanisms are 1 (SHA-256) and 2 (SHA-512)')
}

function unacceptable(reason: string): KafkaError {
  return new KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, reason)
}
