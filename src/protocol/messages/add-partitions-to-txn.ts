import type { ProducerId } from '../../base/brands.ts'
import { type ValueOf, array, boolean, int16, int32, int64, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

const addPartitionsToTxnTopic = struct({ name: string, partitions: array(int32) })

export const addPartitionsToTxnRequest = struct({
  transactions: array({
    transactionalId: string,
    producerId: int64.as<ProducerId>(),
    producerEpoch: int16,
    verifyOnly: boolean,
    topics: array(addPartitionsToTxnTopic),
  }).since(4),
  v3AndBelowTransactionalId: string.until(3),
  v3AndBelowProducerId: int64.as<ProducerId>().until(3),
  v3AndBelowProducerEpoch: int16.until(3),
  v3AndBelowTopics: array(addPartitionsToTxnTopic).until(3),
})
export type AddPartitionsToTxnRequest = ValueOf<typeof addPartitionsToTxnRequest>

const addPartitionsToTxnPartitionResult = struct({ partitionIndex: int32, partitionErrorCode: int16 })

const addPartitionsToTxnTopicResult = struct({
  name: string,
  resultsByPartition: array(addPartitionsToTxnPartitionResult),
})

export const addPartitionsToTxnResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16.since(4),
  resultsByTransaction: array({ transactionalId: string, topicResults: array(addPartitionsToTxnTopicResult) }).since(4),
  resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult).until(3),
})
export type AddPartitionsToTxnResponse = ValueOf<typeof addPartitionsToTxnResponse>

/** Adds partitions to a transaction. Clients speak 0 to 3; from 4 on the request is a batch between brokers. */
export const addPartitionsToTxnApi: Api<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse> = api(
  'AddPartitionsToTxn',
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
)
