import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import {
  readTransactionLogKey,
  readTransactionLogValue,
  transactionStatusName,
} from '../../src/coordinator/transaction-log-record.ts'
import { hex } from './support/records.ts'

/** Written by Apache Kafka's TransactionLogKey and TransactionLogValue. */
const golden = {
  key: '0000 0002 7478',
  version0: `0000 0000000000000001 0002 0000ea60 01 00000001 0002 7431 00000001 00000000
    0000018bcfe56800 0000018bcfe56800`,
  version1: `0001 0000000000000001 0002 0000ea60 00 00 0000018bcfe56800 0000018bcfe56800
    02 00 08 0000000000000009 02 02 0002`,
}

const common = {
  producerId: 1n,
  producerEpoch: 2,
  transactionTimeoutMs: 60_000,
  nextProducerId: -1n,
  transactionLastUpdateTimestampMs: 1_700_000_000_000,
  transactionStartTimestampMs: 1_700_000_000_000,
}

describe('reading the transaction log', () => {
  test('takes the key', () => {
    expect(readTransactionLogKey(hex(golden.key))).toBe('tx')
  })

  test('takes version 0', () => {
    expect(readTransactionLogValue(hex(golden.version0))).toEqual({
      ...common,
      transactionStatus: 1,
      transactionPartitions: [{ topic: 't1', partitionIds: [0] }],
      previousProducerId: -1n,
      clientTransactionVersion: 0,
    })
  })

  test('takes version 1 with its tagged fields', () => {
    expect(readTransactionLogValue(hex(golden.version1))).toEqual({
      ...common,
      transactionStatus: 0,
      transactionPartitions: null,
      previousProducerId: 9n,
      clientTransactionVersion: 2,
    })
  })

  test('finds every prefix malformed', () => {
    for (const whole of [hex(golden.version0), hex(golden.version1)]) {
      for (let end = 0; end < whole.length; end++) {
        expect(() => readTransactionLogValue(whole.subarray(0, end))).toThrow(MalformedMessageError)
      }
    }
  })

  test('names the status', () => {
    expect([0, 1, 7, 8, -1].map(transactionStatusName)).toEqual([
      'Empty',
      'Ongoing',
      'PrepareEpochFence',
      undefined,
      undefined,
    ])
  })
})
