import type { ProducerId } from '../../base/brands.ts'
import { type ValueOf, int16, int32, int64, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const addOffsetsToTxnRequest = struct({
  transactionalId: string,
  producerId: int64.as<ProducerId>(),
  producerEpoch: int16,
  groupId: string,
})
export type AddOffsetsToTxnRequest = ValueOf<typeof addOffsetsToTxnRequest>

export const addOffsetsToTxnResponse = struct({ throttleTimeMs: int32, errorCode: int16 })
export type AddOffsetsToTxnResponse = ValueOf<typeof addOffsetsToTxnResponse>

/** Adds the offsets of a group to a transaction. */
export const addOffsetsToTxnApi: Api<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse> = api(
  'AddOffsetsToTxn',
  addOffsetsToTxnRequest,
  addOffsetsToTxnResponse,
)
