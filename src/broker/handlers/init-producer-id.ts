import { NO_PRODUCER_ID } from '../../base/brands.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  initProducerIdApi,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
} from '../../protocol/messages/init-producer-id.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// InitProducerId: gives a producer the id by which its retries are told from new batches.
//
// Behaviour
//   * Every call without a transactional id gives an id that nobody had before, with epoch 0, also to a producer that names its old one (KIP-360);
//     one without its epoch, or the other way round, is INVALID_REQUEST.
// Versions
//   0 to 4.
// Not implemented
//   Transactions: a transactional id is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, which no client tries again.

export const initProducerIdHandler: Handler<InitProducerIdRequest, InitProducerIdResponse> = {
  api: initProducerIdApi,
  handle: async ({ transactionalId, producerId: oldId, producerEpoch: oldEpoch }, context) => {
    if (transactionalId !== null) throw refusal(transactionalId)
    if ((oldId === NO_PRODUCER_ID) !== (oldEpoch === -1)) throw new KafkaError(ErrorCode.INVALID_REQUEST)
    if (!mayProduce(context)) throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    const producerId = await nextId(context)
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 }
  },
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, producerId: NO_PRODUCER_ID, producerEpoch: -1 }),
}

/** Whoever may write anywhere may do so idempotently, as producers do by default (KIP-679). */
function mayProduce(context: RequestContext): boolean {
  const { connection, broker } = context
  return (
    isAllowed(context, { operation: 'IDEMPOTENT_WRITE', resource: 'CLUSTER', name: 'kafka-cluster' }) ||
    broker.authorizer.allowsAny(connection.principal, connection.host, { operation: 'WRITE', resource: 'TOPIC' })
  )
}

function nextId({ broker }: RequestContext): ReturnType<typeof broker.producerIds.next> {
  return broker.producerIds.next()
}

function refusal(transactionalId: string): KafkaError {
  if (transactionalId === '') return new KafkaError(ErrorCode.INVALID_REQUEST, 'an empty transactional id')
  return new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 'this broker has no transaction coordinator')
}
