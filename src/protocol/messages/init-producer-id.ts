import type { ProducerId } from '../../base/brands.ts'
import { type ValueOf, int16, int32, int64, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const initProducerIdRequest = struct({
  transactionalId: nullable(string).or(''),
  transactionTimeoutMs: int32,
  producerId: int64.or(-1n).as<ProducerId>().since(3),
  producerEpoch: int16.or(-1).since(3),
})
export type InitProducerIdRequest = ValueOf<typeof initProducerIdRequest>

export const initProducerIdResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16,
  producerId: int64.or(-1n).as<ProducerId>(),
  producerEpoch: int16,
})
export type InitProducerIdResponse = ValueOf<typeof initProducerIdResponse>

/**
 * Gives a producer its id and epoch. Version 3 lets a producer keep its id (KIP-360); 4 and later may say
 * PRODUCER_FENCED.
 */
export const initProducerIdApi: Api<InitProducerIdRequest, InitProducerIdResponse> = api(
  'InitProducerId',
  initProducerIdRequest,
  initProducerIdResponse,
)
