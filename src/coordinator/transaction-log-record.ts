import type { ProducerId } from '../base/brands.ts'
import { NO_PRODUCER_ID } from '../base/brands.ts'
import { type ValueOf, array, int16, int32, int64, int8, nullable, string, struct, timestamp } from '../wire/schema.ts'
import { type VersionedSchema, readVersioned } from './internal-record.ts'

/** The state of one transactional id: the records of `__transaction_state` (Kafka's TransactionLogKey and TransactionLogValue). */
const transactionLogKey = struct({ transactionalId: string })

const transactionLogValue = struct({
  producerId: int64.as<ProducerId>(),
  previousProducerId: int64.as<ProducerId>().or(NO_PRODUCER_ID).tagged(0).since(1),
  nextProducerId: int64.as<ProducerId>().or(NO_PRODUCER_ID).tagged(1).since(1),
  producerEpoch: int16,
  transactionTimeoutMs: int32,
  /** See `transactionStatusName`. */
  transactionStatus: int8,
  /** Null while the transaction is empty. */
  transactionPartitions: nullable(array({ topic: string, partitionIds: array(int32) })),
  transactionLastUpdateTimestampMs: timestamp,
  transactionStartTimestampMs: timestamp,
  clientTransactionVersion: int16.tagged(2).since(1),
})
export type TransactionLogValue = ValueOf<typeof transactionLogValue>

const keySchema: VersionedSchema<ValueOf<typeof transactionLogKey>> = {
  name: 'a transaction log key',
  type: transactionLogKey,
  versionFirst: 0,
  versionLast: 0,
}

const valueSchema: VersionedSchema<TransactionLogValue> = {
  name: 'a transaction log value',
  type: transactionLogValue,
  versionFirst: 0,
  versionLast: 1,
  flexibleSince: 1,
}

/** The transactional id. Throws `MalformedMessageError`. */
export function readTransactionLogKey(key: Uint8Array): string {
  return readVersioned(keySchema, key).value.transactionalId
}

/** Reads versions 0 and 1. Throws `MalformedMessageError`. */
export function readTransactionLogValue(value: Uint8Array): TransactionLogValue {
  return readVersioned(valueSchema, value).value
}

const statusNames = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const

/** Kafka's name of a transaction status, or `undefined` for a number without one. */
export function transactionStatusName(status: number): (typeof statusNames)[number] | undefined {
  return statusNames[status]
}
