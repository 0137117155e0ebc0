import type { Offset, ProducerId } from '../../base/brands.ts'
import { type ValueOf, array, int16, int32, int64, nullable, string, struct, timestamp } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeProducersRequest = struct({ topics: array({ name: string, partitionIndexes: array(int32) }) })
export type DescribeProducersRequest = ValueOf<typeof describeProducersRequest>

export const describeProducersResponse = struct({
  throttleTimeMs: int32,
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      errorMessage: nullable(string),
      activeProducers: array({
        producerId: int64.as<ProducerId>(),
        producerEpoch: int32,
        lastSequence: int32.or(-1),
        lastTimestamp: timestamp.or(-1),
        coordinatorEpoch: int32,
        currentTxnStartOffset: int64.or(-1n).as<Offset>(),
      }),
    }),
  }),
})
export type DescribeProducersResponse = ValueOf<typeof describeProducersResponse>

/** The producers that wrote into partitions and are still remembered. */
export const describeProducersApi: Api<DescribeProducersRequest, DescribeProducersResponse> = api(
  'DescribeProducers',
  describeProducersRequest,
  describeProducersResponse,
)
