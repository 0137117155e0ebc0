import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset, producerId } from '../../src/base/brands.ts'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { buildEndTransactionMarker, readControlRecord } from '../../src/record/control-record.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { golden, hex, t } from './golden-batches.ts'

function controlBatch(key: string | null, value: string | null): RecordBatch {
  const builder = new RecordBatchBuilder({ codec: 'none', isControl: true, sizeMax: 1000 })
  const bytes = (text: string | null) => (text === null ? null : hex(text))
  builder.append({ key: bytes(key), value: bytes(value), timestamp: t })
  return new RecordBatch(builder.build())
}

describe('markers', () => {
  test.each([
    ['commit', golden.commit, { type: 'COMMIT', coordinatorEpoch: 0 }],
    ['abort', golden.abort, { type: 'ABORT', coordinatorEpoch: 0 }],
    ['abort with epochs', golden.abortMarker, { type: 'ABORT', coordinatorEpoch: 3 }],
  ])('reads the golden %s', (_name, source, expected) => {
    expect(readControlRecord(new RecordBatch(hex(source)))).toEqual(expected)
  })

  test.each([
    ['commit', 'COMMIT', golden.commit],
    ['abort', 'ABORT', golden.abort],
  ] as const)('writes the golden %s', (_name, type, source) => {
    const marker = { type, producerId: producerId(1000n), producerEpoch: 3, coordinatorEpoch: 0 }
    const place = { timestamp: t, baseOffset: offset(42n), leaderEpoch: leaderEpoch(0) }
    expect(buildEndTransactionMarker({ ...marker, ...place })).toEqual(hex(source))
  })

  test('writes the golden abort with epochs', () => {
    const marker = { type: 'ABORT', producerId: producerId(2000n), producerEpoch: 1, coordinatorEpoch: 3 } as const
    const place = { timestamp: t + 9001, baseOffset: offset(16n), leaderEpoch: leaderEpoch(7) }
    expect(buildEndTransactionMarker({ ...marker, ...place })).toEqual(hex(golden.abortMarker))
  })
})

describe('readControlRecord', () => {
  test.each([
    ['00000002', { type: 'LEADER_CHANGE' }],
    ['00000003', { type: 'SNAPSHOT_HEADER' }],
    ['00000004', { type: 'SNAPSHOT_FOOTER' }],
    ['00000005', { type: 'KRAFT_VERSION' }],
    ['00000006', { type: 'KRAFT_VOTERS' }],
    ['00000007', { type: 'UNKNOWN', id: 7 }],
    ['0000ffff', { type: 'UNKNOWN', id: -1 }],
    ['0001000000ff', { type: 'ABORT', coordinatorEpoch: 9 }],
  ])('reads the key %s', (key, expected) => {
    expect(readControlRecord(controlBatch(key, '000000000009ffff'))).toEqual(expected)
  })

  test.each([
    ['a null key', null, '000000000000'],
    ['a short key', '000000', '000000000000'],
    ['a null value', '00000001', null],
    ['a short value', '00000001', '0000000000'],
  ])('refuses %s', (_name, key, value) => {
    expect(() => readControlRecord(controlBatch(key, value))).toThrow(MalformedMessageError)
  })

  test('refuses a batch without records', () => {
    expect(() => readControlRecord(new RecordBatch(hex(golden.empty)))).toThrow(MalformedMessageError)
  })
})
