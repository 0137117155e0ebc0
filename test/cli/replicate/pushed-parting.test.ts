import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset } from '../../../src/base/brands.ts'
import type { PushedOffsets } from '../../../src/cli/replicate/pushed-offsets.ts'
import { pushedOrigin, pushedParting } from '../../../src/cli/replicate/pushed-parting.ts'
import type { LeaderPartition } from '../../../src/replication/leader.ts'

const id = 'YArooRG8TOWooeO5AcAW_Q'
const otherId = 'O81jsG90S3euBGqbLFQ4kQ'

function source(start: number, end: number, epochs: readonly (readonly [epoch: number, start: number])[] = [[0, 0]]) {
  const entries = epochs.map(([epoch, at]) => ({ epoch: leaderEpoch(epoch), startOffset: offset(at) }))
  const described: LeaderPartition = {
    logStartOffset: offset(start),
    logEndOffset: offset(end),
    epochs: entries,
    segments: [],
    lastBatch: undefined,
  }
  return described
}

function sent(upTo: number, epoch?: number, topicId?: string): PushedOffsets {
  const noted = { source: offset(upTo), target: offset(7), topicId }
  return epoch === undefined ? noted : { ...noted, leaderEpoch: leaderEpoch(epoch) }
}

describe('what was sent of a log', () => {
  test.each([
    { name: 'that has only grown', pushed: sent(10, 0, id), now: source(0, 20), fork: undefined },
    { name: 'that retention has overtaken', pushed: sent(10, 0, id), now: source(15, 20), fork: undefined },
    {
      name: 'that goes on under another epoch',
      pushed: sent(10, 0, id),
      now: source(0, 20, [
        [0, 0],
        [1, 10],
      ]),
      fork: undefined,
    },
    { name: 'whose epochs were not noted', pushed: sent(10), now: source(0, 20, [[3, 0]]), fork: undefined },
    {
      name: 'whose oldest epochs are gone',
      pushed: sent(10, 1, id),
      now: source(5, 20, [
        [1, 5],
        [4, 12],
      ]),
      fork: undefined,
    },
    { name: 'of another topic of that name', pushed: sent(10, 0, otherId), now: source(3, 20), fork: 3 },
    { name: 'that ends before', pushed: sent(10, 0, id), now: source(0, 8), fork: 8 },
    {
      name: 'that lost its tail and has grown past it',
      pushed: sent(10, 0, id),
      now: source(0, 20, [
        [0, 0],
        [1, 6],
      ]),
      fork: 6,
    },
    {
      name: 'that lost a whole epoch',
      pushed: sent(10, 2, id),
      now: source(0, 20, [
        [0, 0],
        [3, 6],
      ]),
      fork: 6,
    },
  ])('$name is held against it', ({ pushed, now, fork }) => {
    expect(pushedParting(pushed, id, now)?.fork).toBe(fork === undefined ? undefined : offset(fork))
  })

  test('is noted with the epoch of its last record', () => {
    const now = source(0, 20, [
      [0, 0],
      [4, 10],
    ])
    expect(pushedOrigin(offset(10), id, now)).toEqual({ topicId: id, leaderEpoch: 0 })
    expect(pushedOrigin(offset(11), id, now)).toEqual({ topicId: id, leaderEpoch: 4 })
    expect(pushedOrigin(offset(0), undefined, now)).toEqual({})
  })
})
