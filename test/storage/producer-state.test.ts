import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset, producerId } from '../../src/base/brands.ts'
import { buildEndTransactionMarker } from '../../src/record/control-record.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../src/storage/producer-snapshot.ts'
import { ProducerState } from '../../src/storage/producer-state.ts'

interface Sent {
  readonly at?: number
  readonly id?: number
  readonly epoch?: number
  readonly sequence: number
  readonly records?: number
  readonly isTransactional?: boolean
  readonly timestamp?: number
}

const sequenceMax = 2 ** 31 - 1

function batch({
  at = 0,
  id = 1,
  epoch = 0,
  sequence,
  records = 1,
  isTransactional = false,
  timestamp = 1000,
}: Sent): RecordBatch {
  const producer = { id: producerId(id), epoch, baseSequence: sequence }
  const builder = new RecordBatchBuilder({ codec: 'none', producer, isTransactional, sizeMax: 10_000 })
  for (let i = 0; i < records; i++) builder.append({ key: null, value: new Uint8Array(1), timestamp })
  return new RecordBatch(builder.build(offset(at), leaderEpoch(0)))
}

function marker(type: 'ABORT' | 'COMMIT', at: number, id = 1, epoch = 0): RecordBatch {
  const bytes = buildEndTransactionMarker({
    type,
    producerId: producerId(id),
    producerEpoch: epoch,
    coordinatorEpoch: 3,
    timestamp: 2000,
    baseOffset: offset(at),
    leaderEpoch: leaderEpoch(0),
  })
  return new RecordBatch(bytes)
}

function stateAfter(...batches: RecordBatch[]): ProducerState {
  const state = new ProducerState(offset(0))
  for (const one of batches) state.replay(one)
  return state
}

describe('sequence numbers', () => {
  test('of an unknown producer may be any', () => {
    expect(stateAfter().validate(batch({ sequence: 77 }))).toEqual({ kind: 'new' })
  })

  test.each<[string, Sent, string]>([
    ['the next', { sequence: 3 }, 'new'],
    ['one too many', { sequence: 4 }, 'out-of-order'],
    ['one too few', { sequence: 2 }, 'out-of-order'],
    ['the same batch again', { sequence: 0, records: 3 }, 'duplicate'],
    ['the same start with fewer records', { sequence: 0, records: 2 }, 'out-of-order'],
    ['an older epoch', { sequence: 3, epoch: 4 }, 'fenced'],
    ['a new epoch from 0', { sequence: 0, epoch: 6 }, 'new'],
    ['a new epoch from elsewhere', { sequence: 3, epoch: 6 }, 'out-of-order'],
    ['another producer', { sequence: 9, id: 2 }, 'new'],
    ['none, from a coordinator', { sequence: -1, epoch: 5 }, 'new'],
    ['none, in an older epoch', { sequence: -1, epoch: 4 }, 'fenced'],
  ])('after 0 to 2 of epoch 5: %s', (_, sent, kind) => {
    const state = stateAfter(batch({ sequence: 0, records: 3, epoch: 5, at: 10 }))
    expect(state.validate(batch({ epoch: 5, ...sent })).kind).toBe(kind)
  })

  test('say which one was expected', () => {
    const state = stateAfter(batch({ sequence: 0, records: 3 }))
    expect(state.validate(batch({ sequence: 9 }))).toEqual({
      kind: 'out-of-order',
      baseSequence: 9,
      expectedSequence: 3,
    })
  })

  test('of the last five batches are known again, with their offsets', () => {
    const sent = [0, 1, 2, 3, 4, 5].map((at) => batch({ sequence: at * 2, records: 2, at: at * 10, timestamp: at }))
    const state = stateAfter(...sent)
    const again = sent.map((one) => state.validate(one))
    expect(again[0]?.kind).toBe('out-of-order')
    expect(again.slice(1)).toEqual(
      [1, 2, 3, 4, 5].map((at) => ({
        kind: 'duplicate',
        baseOffset: BigInt(at * 10),
        lastOffset: BigInt(at * 10 + 1),
        timestamp: at,
      })),
    )
  })

  test('go on at 0 after the greatest', () => {
    const wrapping = batch({ sequence: sequenceMax, records: 2 })
    expect(stateAfter(wrapping).validate(wrapping).kind).toBe('duplicate')
    expect(stateAfter(wrapping).validate(batch({ sequence: 1 })).kind).toBe('new')
    expect(stateAfter(batch({ sequence: sequenceMax })).validate(batch({ sequence: 0 })).kind).toBe('new')
  })

  test('begin anew after a marker that raised the epoch', () => {
    const state = stateAfter(batch({ sequence: 0, isTransactional: true }), marker('ABORT', 1, 1, 1))
    expect(state.validate(batch({ sequence: 0, epoch: 1 })).kind).toBe('new')
    expect(state.validate(batch({ sequence: 1, epoch: 1 })).kind).toBe('out-of-order')
    expect(state.validate(batch({ sequence: 0, epoch: 0 })).kind).toBe('fenced')
  })

  test('let every batch in once, however often it is sent', () => {
    const retries = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat({ max: 4 })), {
      maxLength: 30,
      size: 'max',
    })
    fc.assert(
      fc.property(retries, (sends) => {
        const state = new ProducerState(offset(0))
        const appended: RecordBatch[] = []
        let sequence = 0
        for (const [records, back] of sends) {
          const next = batch({ sequence, records, at: Number(state.endOffset) })
          expect(state.validate(next).kind).toBe('new')
          state.replay(next)
          appended.push(next)
          sequence += records
          const retried = appended.at(-1 - back)
          if (retried !== undefined) {
            expect(state.validate(retried)).toMatchObject({ kind: 'duplicate', baseOffset: retried.baseOffset })
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('transactions', () => {
  test('are open from their first batch to their marker', () => {
    const state = stateAfter(
      batch({ sequence: 0, at: 5, isTransactional: true }),
      batch({ sequence: 1, at: 6, isTransactional: true }),
    )
    expect(state.firstOpenTransactionOffset).toBe(5n)
    expect(state.replay(marker('COMMIT', 7))).toEqual({
      producerId: 1n,
      firstOffset: 5n,
      lastOffset: 7n,
      lastStableOffset: 8n,
      isAborted: false,
    })
    expect(state.firstOpenTransactionOffset).toBeUndefined()
    expect(state.endOffset).toBe(8n)
  })

  test('hold the last stable offset at the oldest that is open', () => {
    const state = stateAfter(
      batch({ id: 1, sequence: 0, at: 0, isTransactional: true }),
      batch({ id: 2, sequence: 0, at: 1, isTransactional: true }),
      batch({ id: 3, sequence: 0, at: 2, isTransactional: true }),
    )
    expect(state.replay(marker('ABORT', 3, 1))).toMatchObject({
      firstOffset: 0n,
      lastStableOffset: 1n,
      isAborted: true,
    })
    expect(state.replay(marker('ABORT', 4, 3))).toMatchObject({ firstOffset: 2n, lastStableOffset: 1n })
    expect(state.replay(marker('ABORT', 5, 2))).toMatchObject({ firstOffset: 1n, lastStableOffset: 6n })
  })

  test('without data end without a trace', () => {
    expect(stateAfter().replay(marker('COMMIT', 0))).toBeUndefined()
  })

  test('keep their producer from writing outside of them', () => {
    const state = stateAfter(batch({ sequence: 0, at: 5, isTransactional: true }))
    expect(state.validate(batch({ sequence: 1 }))).toEqual({
      kind: 'not-transactional',
      currentTransactionFirstOffset: 5n,
    })
    expect(state.validate(batch({ sequence: 1, isTransactional: true })).kind).toBe('new')
  })
})

describe('a snapshot', () => {
  test('keeps the last batch of each producer, its epochs and its open transaction', () => {
    const state = stateAfter(
      batch({ id: 9, sequence: 0, epoch: 2, records: 3, at: 0, timestamp: 70 }),
      batch({ id: 4, sequence: 5, at: 3, isTransactional: true, timestamp: 80 }),
      marker('ABORT', 4, 5, 1),
    )
    expect(state.toSnapshot()).toEqual([
      {
        producerId: 9n,
        producerEpoch: 2,
        lastSequence: 2,
        lastOffset: 2n,
        offsetDelta: 2,
        timestamp: 70,
        coordinatorEpoch: -1,
        currentTransactionFirstOffset: -1n,
      },
      {
        producerId: 4n,
        producerEpoch: 0,
        lastSequence: 5,
        lastOffset: 3n,
        offsetDelta: 0,
        timestamp: 80,
        coordinatorEpoch: -1,
        currentTransactionFirstOffset: 3n,
      },
      {
        producerId: 5n,
        producerEpoch: 1,
        lastSequence: -1,
        lastOffset: -1n,
        offsetDelta: 0,
        timestamp: 2000,
        coordinatorEpoch: 3,
        currentTransactionFirstOffset: -1n,
      },
    ])
  })

  test('taken anywhere and read back leads to the same end', () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 4 }),
      kind: fc.constantFrom('data' as const, 'transaction' as const, 'ABORT' as const, 'COMMIT' as const),
      records: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), fc.nat({ max: 40 }), (steps, cut) => {
        let at = 0
        const log = steps.map(({ id, kind, records }) => {
          const isMarker = kind === 'ABORT' || kind === 'COMMIT'
          const one = isMarker
            ? marker(kind, at, id)
            : batch({ id, sequence: at, records, at, isTransactional: kind === 'transaction' })
          at += isMarker ? 1 : records
          return one
        })
        const direct = stateAfter(...log)
        const early = stateAfter(...log.slice(0, cut))
        const read = decodeProducerSnapshot(encodeProducerSnapshot(early.toSnapshot()))
        if (read.kind !== 'entries') throw new Error(read.reason)
        const resumed = ProducerState.fromSnapshot(read.entries, early.endOffset)
        for (const one of log.slice(cut)) resumed.replay(one)
        expect(encodeProducerSnapshot(resumed.toSnapshot())).toEqual(encodeProducerSnapshot(direct.toSnapshot()))
        expect(resumed.firstOpenTransactionOffset).toBe(direct.firstOpenTransactionOffset)
        expect(resumed.endOffset).toBe(direct.endOffset)
      }),
      { numRuns: 60 },
    )
  })
})

test('idle producers are forgotten, but not in an open transaction', () => {
  const state = stateAfter(
    batch({ id: 1, sequence: 0, timestamp: 1000 }),
    batch({ id: 2, sequence: 0, timestamp: 1001 }),
    batch({ id: 3, sequence: 0, timestamp: 1000, isTransactional: true }),
  )
  state.expire(2000, 1000)
  expect(state.toSnapshot().map((entry) => entry.producerId)).toEqual([2n, 3n])
})

test('batches without a producer only move the end', () => {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1000 })
  builder.append({ key: null, value: null, timestamp: 1 })
  const state = stateAfter(new RecordBatch(builder.build(offset(41), leaderEpoch(0))))
  expect(state.producerCount).toBe(0)
  expect(state.endOffset).toBe(42n)
})
