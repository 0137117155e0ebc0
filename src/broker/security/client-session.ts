import { NotAllowedError } from '../../base/errors.ts'
import type { TimestampMs } from '../../base/brands.ts'
import type { Newcomer } from '../../network/listener.ts'
import type { ByteStream } from '../../network/byte-stream.ts'
import type { RequestHandler } from '../../network/server-connection.ts'
import { anonymous, type Authorizer } from '../authorizer.ts'
import type { BrokerLog } from '../broker-log.ts'
import type { PeerService } from '../peer-service.ts'
import type { ClientConnection } from '../request-context.ts'
import type { RequestRouter } from '../request-router.ts'
import { errorMessageOf } from '../storage-errors.ts'
import type { Authentication } from './authentication.ts'

export interface ClientSessionOptions {
  readonly router: RequestRouter
  readonly log: BrokerLog
  readonly advertised: { readonly host: string; readonly port: number }
  readonly authentication: Authentication
  readonly authorizer: Authorizer
  /** Absent where nobody may copy over the network. */
  readonly peers: PeerService | undefined
  /** A clock that never jumps, in ms. */
  readonly now: () => TimestampMs
}

/** Gives the requests of one connection to the router once the client may ask them, and its tokens to the authentication. */
export function clientSession({ stream, host }: Newcomer, options: ClientSessionOptions): RequestHandler {
  const { router, log, authentication, now } = options
  const gone = new AbortController()
  let isPeers = false
  let mutedUntilMs = -Infinity
  const connection: ClientConnection = {
    peer: stream.peer,
    host,
    advertised: options.advertised,
    authentication,
    get principal() {
      return authentication.principal ?? anonymous
    },
    mute: (ms) => {
      if (ms > 0) mutedUntilMs = Math.max(mutedUntilMs, now() + ms)
    },
    closed: gone.signal,
  }
  return {
    get isStranger() {
      return authentication.principal === undefined
    },
    get mutedUntilMs() {
      return mutedUntilMs
    },
    isPipelined: (request) => !authentication.takesTokens && router.isPipelined(request),
    isForgotten: (request) => !authentication.takesTokens && router.isForgotten(request),
    handle: (request) => {
      if (authentication.takesTokens) return answerToken(request, authentication)
      if (authentication.allows(apiKeyOf(request))) return router.answer(request, connection)
      throw new Error(`a request of API ${apiKeyOf(request)} before the client has said who it is`)
    },
    takeOver: (request) => {
      const taker = peerOf(request, connection, options)
      isPeers ||= taker !== undefined
      return taker
    },
    onClose: (cause) => {
      gone.abort()
      // How a replication ends is told by who runs it.
      if (cause === undefined || isPeers) return
      const reason = cause instanceof Error ? cause.message : String(errorMessageOf(cause))
      log.warn('connection closed', { peer: stream.peer, reason })
    },
  }
}

/** Who goes on with the connection when another tslog asks for a replication. As for Kafka's followers, that takes CLUSTER_ACTION. */
function peerOf(
  request: Uint8Array,
  { principal, host }: ClientConnection,
  { peers, authentication, authorizer }: ClientSessionOptions,
): ((stream: ByteStream) => void) | undefined {
  if (peers === undefined || authentication.takesTokens || apiKeyOf(request) !== peers.beginApiKey) return undefined
  const isKnown = authentication.allows(peers.beginApiKey)
  const access = { operation: 'CLUSTER_ACTION', resource: 'CLUSTER', name: 'kafka-cluster' } as const
  if (isKnown && authorizer.allows(principal, host, access)) return (stream) => peers.accept(stream, undefined)
  return (stream) => peers.accept(stream, isKnown ? mayNot(principal) : isUnknown())
}

function mayNot({ type, name }: ClientConnection['principal']): NotAllowedError {
  return new NotAllowedError(`${type}:${name} may not replicate: that takes CLUSTER_ACTION on the cluster`, {
    hint: `kafka-acls --add --allow-principal ${type}:${name} --operation ClusterAction --cluster; kafka:// only reads topics`,
  })
}

function isUnknown(): NotAllowedError {
  return new NotAllowedError('who replicates has to log in here', {
    hint: 'TSLOG_CLIENT_CONFIG names a file with security.protocol, sasl.mechanism, sasl.username and sasl.password',
  })
}

function apiKeyOf(request: Uint8Array): number {
  return ((request[0] ?? 0) << 8) | (request[1] ?? 0)
}

/** After SaslHandshake 0 a token is a frame, and so is the answer. Nothing tells that it failed but the end of the connection. */
async function answerToken(token: Uint8Array, authentication: Authentication): Promise<readonly Uint8Array[]> {
  const answer = await authentication.take(token)
  const frame = new Uint8Array(4 + answer.token.length)
  new DataView(frame.buffer).setInt32(0, answer.token.length)
  frame.set(answer.token, 4)
  return [frame]
}
