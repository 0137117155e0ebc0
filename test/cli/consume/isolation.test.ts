import { expect, test } from 'vitest'
import { leaderEpoch, offset, producerId } from '../../../src/base/brands.ts'
import { buildEndTransactionMarker, type EndTransactionType } from '../../../src/record/control-record.ts'
import { RecordBatchBuilder } from '../../../src/record/record-batch-builder.ts'
import { T0 } from '../../support/batches.ts'
import { ScratchLog } from '../scratch-log.ts'
import { batchOf, committed, consumed, lines } from './reading.ts'

/** A batch of one record that belongs to the transaction of a producer. */
function inTransaction(id: number, value: string): Uint8Array {
  const builder = new RecordBatchBuilder({
    codec: 'none',
    sizeMax: 2 ** 20,
    isTransactional: true,
    producer: { id: producerId(id), epoch: 0, baseSequence: 0 },
  })
  builder.append({ key: null, value: Buffer.from(value), timestamp: T0 })
  return builder.build()
}

function marker(id: number, type: EndTransactionType): Uint8Array {
  return buildEndTransactionMarker({
    type,
    producerId: producerId(id),
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: T0,
    baseOffset: offset(0n),
    leaderEpoch: leaderEpoch(0),
  })
}

/** Offsets: 0 plain, 1 committed, 2 aborted, 3 and 4 the markers, 5 plain, 6 of an open transaction, 7 plain. */
async function logWithTransactions(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.appendBytes(
    't',
    0,
    batchOf([{ value: 'plain' }]),
    inTransaction(1, 'committed'),
    inTransaction(2, 'aborted'),
  )
  await log.appendBytes('t', 0, marker(1, 'COMMIT'), marker(2, 'ABORT'), batchOf([{ value: 'between' }]))
  await log.appendBytes('t', 0, inTransaction(3, 'open'), batchOf([{ value: 'after' }]))
  return log
}

test.each([
  [{}, ['plain', 'committed', 'between']],
  [{ merge: 'time' }, ['plain', 'committed', 'between']],
  [{ last: 2 }, ['committed', 'between']],
  [{ offset: ['-2'] }, ['committed', 'between']],
  [{ offset: ['7'] }, []],
  [{ isolation: 'read_uncommitted' }, ['plain', 'committed', 'aborted', 'between', 'open', 'after']],
  [{ isolation: 'read_uncommitted', last: 4 }, ['aborted', 'between', 'open', 'after']],
])('%j prints %j', async (flags, values) => {
  expect(await consumed(await logWithTransactions(), flags)).toEqual({ code: 0, stdout: lines(...values), stderr: '' })
})

test('a group stops before an open transaction, and goes on when it is decided', async () => {
  const log = await logWithTransactions()
  await consumed(log, { group: 'g' })
  expect(await committed(log, 'g')).toBe(6n)
  await log.appendBytes('t', 0, marker(3, 'COMMIT'))
  expect((await consumed(log, { group: 'g' })).stdout).toBe(lines('open', 'after'))
  expect(await committed(log, 'g')).toBe(9n)
})

test('-c counts what is shown', async () => {
  const log = await logWithTransactions()
  expect((await consumed(log, { count: 3, group: 'g' })).stdout).toBe(lines('plain', 'committed', 'between'))
  expect(await committed(log, 'g')).toBe(6n)
})
