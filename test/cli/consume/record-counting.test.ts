import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../../src/base/brands.ts'
import { BatchWalk } from '../../../src/cli/consume/batch-walk.ts'
import { takeLast } from '../../../src/cli/consume/last-of-topic.ts'
import { startOfLast, startOfNth } from '../../../src/cli/consume/record-counting.ts'
import { TimeHeap } from '../../../src/cli/consume/time-heap.ts'
import { StagedWindow } from '../../../src/cli/consume/window-holder.ts'
import { T0 } from '../../support/batches.ts'
import { ScratchLog } from '../scratch-log.ts'
import { batchOf, withGapAfter } from './reading.ts'

/** Batches as (records, offsets missing behind them). */
const shape = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.oneof(fc.constant(0), fc.nat(3000))), {
  minLength: 1,
  maxLength: 8,
})

describe('counting records', () => {
  test('finds the same starts as a look at every record', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(60), fc.boolean(), async (batches, count, isTimed) => {
        const log = new ScratchLog()
        await log.createTopic('t')
        await log.appendBytes(
          't',
          0,
          ...batches.map(([records, gap]) =>
            withGapAfter(batchOf(Array.from({ length: records }, (_, i) => ({ value: 'v', at: i }))), gap),
          ),
        )
        const existing: bigint[] = []
        let end = 0n
        for (const [records, gap] of batches) {
          for (let i = 0; i < records; i++) if (!isTimed || i < 2) existing.push(end + BigInt(i))
          end += BigInt(records + gap)
        }
        const counts = isTimed ? (time: number): boolean => time < T0 + 2 : undefined
        await log.use(async (store) => {
          const source = await store.openSource({ topic: 't', partition: 0 }, 'read_uncommitted')
          const walk = new BatchWalk(source, new StagedWindow())
          const range = { start: offset(0n), end: offset(end), counts }
          const wanted = count === 0 ? end : (existing.at(-count) ?? 0n)
          expect(await startOfLast(walk, range, count)).toBe(wanted)
          const nth = await startOfNth(walk, range, count + 1)
          expect(nth).toEqual({ start: existing[count] ?? end, passed: Math.min(count, existing.length) })
          source.close()
        })
      }),
      { numRuns: 60 },
    )
  })

  test('the last of several lists are those that a sort by time puts last', () => {
    const sorted = fc.array(fc.nat(50), { maxLength: 12 }).map((times) => times.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(fc.array(sorted, { maxLength: 5 }), fc.nat(30), (lists, count) => {
        const all = lists.flatMap((list, place) => list.map((time) => ({ time, place })))
        const last = count === 0 ? [] : all.toSorted((a, b) => a.time - b.time || a.place - b.place).slice(-count)
        expect(takeLast(lists, count)).toEqual(
          lists.map((_, place) => last.filter((one) => one.place === place).length),
        )
      }),
    )
  })
})

describe('TimeHeap', () => {
  test('gives lists in order of time, each list in its own', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }), { maxLength: 8 }), (lists) => {
        const sorted = lists.map((list) => list.toSorted((a, b) => a - b))
        const heap = new TimeHeap<{ timestampMs: number; readonly place: number; next: number }>()
        for (const [place, list] of sorted.entries()) heap.push({ timestampMs: list[0] ?? 0, place, next: 1 })
        const given: [number, number][] = []
        for (let top = heap.top; top !== undefined; top = heap.top) {
          given.push([top.timestampMs, top.place])
          const time = sorted[top.place]?.[top.next++]
          if (time === undefined) heap.pop()
          else {
            top.timestampMs = time
            heap.topChanged()
          }
        }
        const all = sorted.flatMap((list, place) => list.map((time): [number, number] => [time, place]))
        expect(given).toEqual(all.toSorted(([a, p], [b, q]) => a - b || p - q))
      }),
    )
  })
})
