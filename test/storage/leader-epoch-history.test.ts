import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset } from '../../src/base/brands.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { LeaderEpochHistory } from '../../src/storage/leader-epoch-history.ts'
import { Scratch } from './scratch.ts'

const file = 'leader-epoch-checkpoint'

function historyOf(scratch: Scratch, ...entries: [number, number][]): LeaderEpochHistory {
  const history = new LeaderEpochHistory(scratch.fileSystem, scratch.directory)
  history.assignAll(entries.map(([epoch, start]) => ({ epoch: leaderEpoch(epoch), startOffset: offset(start) })))
  return history
}

function pairs(history: LeaderEpochHistory): [number, number][] {
  return history.entries.map(({ epoch, startOffset }) => [epoch, Number(startOffset)])
}

function endOf(history: LeaderEpochHistory, epoch: number, logEndOffset: number): [number, number] {
  const end = history.endOffsetFor(leaderEpoch(epoch), offset(logEndOffset))
  return [end.epoch, Number(end.endOffset)]
}

describe('LeaderEpochHistory', () => {
  test('keeps its file as Kafka does', () => {
    const scratch = new Scratch()
    const history = historyOf(scratch)
    expect(history.assign(leaderEpoch(0), offset(0))).toBe(true)
    expect(history.assign(leaderEpoch(3), offset(12))).toBe(true)
    expect(scratch.text(file)).toBe('0\n2\n0 0\n3 12\n')
    const read = LeaderEpochHistory.read(scratch.fileSystem, scratch.directory)
    expect(read.kind === 'history' && pairs(read.history)).toEqual([
      [0, 0],
      [3, 12],
    ])
  })

  test('is empty without a file, and with an empty one', () => {
    const scratch = new Scratch()
    expect(LeaderEpochHistory.read(scratch.fileSystem, scratch.directory)).toMatchObject({ kind: 'history' })
    scratch.write(file, '')
    const read = LeaderEpochHistory.read(scratch.fileSystem, scratch.directory)
    expect(read.kind === 'history' && read.history.latestEpoch).toBeUndefined()
  })

  test.each(['0\n1\nx 1\n', '0\n1\n1\n', '0\n2\n1 5\n1 6\n', '0\n2\n1 5\n2 5\n', '0\n1\n2147483648 0\n', '1\n0\n'])(
    'is damaged as %j',
    (text) => {
      const scratch = new Scratch()
      scratch.write(file, text)
      expect(LeaderEpochHistory.read(scratch.fileSystem, scratch.directory).kind).toBe('damaged')
    },
  )

  test('does not write what it knows', () => {
    const history = historyOf(new Scratch(), [1, 10])
    expect(history.assign(leaderEpoch(1), offset(10))).toBe(false)
    expect(history.assign(leaderEpoch(1), offset(20))).toBe(false)
    expect(history.truncateFromEnd(offset(11))).toBe(false)
    expect(history.truncateFromStart(offset(9))).toBe(false)
  })

  test.each<[string, [number, number], [number, number][]]>([
    [
      'a later epoch is added',
      [4, 40],
      [
        [1, 10],
        [2, 20],
        [3, 30],
        [4, 40],
      ],
    ],
    [
      'a later epoch at an old offset drops what it covers',
      [4, 20],
      [
        [1, 10],
        [4, 20],
      ],
    ],
    [
      'an older epoch drops the newer ones',
      [2, 25],
      [
        [1, 10],
        [2, 25],
      ],
    ],
    [
      'the same epoch may begin earlier',
      [3, 25],
      [
        [1, 10],
        [2, 20],
        [3, 25],
      ],
    ],
    ['before everything only it stays', [1, 5], [[1, 5]]],
  ])('assigns: %s', (_, [epoch, start], expected) => {
    const history = historyOf(new Scratch(), [1, 10], [2, 20], [3, 30])
    history.assign(leaderEpoch(epoch), offset(start))
    expect(pairs(history)).toEqual(expected)
  })

  test.each<[string, number, [number, number]]>([
    ['the latest epoch, at the end of the log', 6, [6, 100]],
    ['an older one, where the next begins', 4, [4, 60]],
    ['one that had no records, as the one before it', 5, [4, 60]],
    ['one before the log, where the log begins', 1, [1, 20]],
    ['one of the future, which is not known', 7, [-1, -1]],
    ['no epoch', -1, [-1, -1]],
  ])('answers where an epoch ends: %s', (_, epoch, expected) => {
    const history = historyOf(new Scratch(), [2, 20], [4, 40], [6, 60])
    expect(endOf(history, epoch, 100)).toEqual(expected)
  })

  test('knows no end of anything while it is empty', () => {
    expect(endOf(historyOf(new Scratch()), 0, 100)).toEqual([-1, -1])
  })

  test('lets the oldest epoch begin where the log does', () => {
    const history = historyOf(new Scratch(), [2, 20], [4, 40], [6, 60])
    expect(history.truncateFromStart(offset(45))).toBe(true)
    expect(pairs(history)).toEqual([
      [4, 45],
      [6, 60],
    ])
    expect(history.truncateFromStart(offset(60))).toBe(true)
    expect(pairs(history)).toEqual([[6, 60]])
  })

  test('forgets the epochs above where the log was cut', () => {
    const history = historyOf(new Scratch(), [2, 20], [4, 40], [6, 60])
    expect(history.truncateFromEnd(offset(40))).toBe(true)
    expect(pairs(history)).toEqual([[2, 20]])
    expect(history.clear()).toBe(true)
    expect(history.latestEpoch).toBeUndefined()
  })

  test('says of each record the epoch that a note beside it would say', () => {
    const lengths = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat({ max: 5 })), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(lengths, fc.nat({ max: 40 }), fc.nat({ max: 40 }), (epochs, cut, start) => {
        // The model writes the epoch beside each record.
        let noted: number[] = []
        let epoch = -1
        const history = new LeaderEpochHistory(new MemoryFileSystem(), '')
        for (const [skip, records] of epochs) {
          epoch += skip
          if (records > 0) history.assign(leaderEpoch(epoch), offset(noted.length))
          noted.push(...Array.from({ length: records }, () => epoch))
        }
        const first = Math.min(start, noted.length)
        history.truncateFromStart(offset(first))
        noted = noted.slice(0, Math.max(cut, first))
        history.truncateFromEnd(offset(noted.length))
        for (let at = first; at < noted.length; at++) expect(history.epochAt(offset(at))).toBe(noted[at])
        for (const one of new Set(noted.slice(first))) {
          expect(endOf(history, one, noted.length)).toEqual([one, noted.lastIndexOf(one) + 1])
        }
      }),
      { numRuns: 300 },
    )
  })
})
