import type { ProducerId } from '../../base/brands.ts'
import { type ValueOf, boolean, int16, int32, int64, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const endTxnRequest = struct({
  transactionalId: string,
  producerId: int64.as<ProducerId>(),
  producerEpoch: int16,
  committed: boolean,
})
export type EndTxnRequest = ValueOf<typeof endTxnRequest>

export const endTxnResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16,
  producerId: int64.or(-1n).as<ProducerId>().since(5),
  producerEpoch: int16.or(-1).since(5),
})
export type EndTxnResponse = ValueOf<typeof endTxnResponse>

/** Commits or aborts a transaction. Version 5 gives the epoch of the next one (KIP-890). */
export const endTxnApi: Api<EndTxnRequest, EndTxnResponse> = api('EndTxn', endTxnRequest, endTxnResponse)
