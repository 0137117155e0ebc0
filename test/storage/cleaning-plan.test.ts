import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { type CleanableLog, type CleaningLimits, groupSegments, planCleaning } from '../../src/storage/cleaning-plan.ts'

const now = 1_000_000

interface SegmentSpec {
  readonly base: number
  readonly bytes?: number
  /** Milliseconds before now. */
  readonly ageMs?: number
  readonly isDamaged?: boolean
}

function logOf(
  specs: readonly SegmentSpec[],
  facts: Partial<Record<'checkpoint' | 'start' | 'stable', number>> = {},
): CleanableLog {
  const end = (specs.at(-1)?.base ?? 0) + 10
  return {
    segments: specs.map(({ base, bytes = 100, ageMs = 1000, isDamaged = false }, i) => ({
      baseOffset: offset(base),
      endOffset: offset(specs[i + 1]?.base ?? end),
      bytes,
      largestTimestamp: () => (isDamaged ? undefined : now - ageMs),
      firstTimestamp: () => now - ageMs,
    })),
    logStartOffset: offset(facts.start ?? 0),
    logEndOffset: offset(end),
    lastStableOffset: offset(facts.stable ?? end),
    checkpoint: facts.checkpoint === undefined ? undefined : offset(facts.checkpoint),
  }
}

const limits: CleaningLimits = { minCleanableDirtyRatio: 0.5, minCompactionLagMs: 0, maxCompactionLagMs: Infinity }
const four = [{ base: 0 }, { base: 10 }, { base: 20 }, { base: 30 }]

describe('a log', () => {
  test.each<[string, CleanableLog, Partial<CleaningLimits>, object]>([
    [
      'never compacted is dirty up to its active segment',
      logOf(four),
      {},
      {
        firstDirtyOffset: 0n,
        firstUncleanableOffset: 30n,
        dirtyRatio: 1,
        isDue: true,
        uncleanableReason: 'active segment',
      },
    ],
    [
      'with one segment has nothing to compact',
      logOf([{ base: 0 }]),
      { minCleanableDirtyRatio: 0 },
      { dirtyBytes: 0, dirtyRatio: 0, isDue: false },
    ],
    [
      'goes on where it was compacted to',
      logOf(four, { checkpoint: 20 }),
      {},
      { firstDirtyOffset: 20n, cleanBytes: 200, dirtyBytes: 100, isDue: false },
    ],
    [
      'is due above the ratio, not at it',
      logOf(four.slice(1), { start: 10, checkpoint: 20 }),
      {},
      { dirtyRatio: 0.5, isDue: false },
    ],
    [
      'is due as soon as the ratio allows',
      logOf(four, { checkpoint: 20 }),
      { minCleanableDirtyRatio: 0.3 },
      { isDue: true },
    ],
    [
      'with a checkpoint before its start begins there',
      logOf(four, { checkpoint: 5, start: 10 }),
      {},
      { firstDirtyOffset: 10n },
    ],
    ['with a checkpoint behind its end begins anew', logOf(four, { checkpoint: 99 }), {}, { firstDirtyOffset: 0n }],
    [
      'is compacted below the segment with an open transaction',
      logOf(four, { stable: 15 }),
      {},
      { firstUncleanableOffset: 10n, uncleanableReason: 'last stable offset' },
    ],
    [
      'is compacted below what is younger than min.compaction.lag.ms',
      logOf([...four.slice(0, 2), { base: 20, ageMs: 10 }, { base: 30 }]),
      { minCompactionLagMs: 500 },
      { firstUncleanableOffset: 20n, uncleanableReason: 'min.compaction.lag.ms' },
    ],
    [
      'takes records of the future as any when there is no lag',
      logOf([{ base: 0, ageMs: -5000 }, { base: 10 }]),
      {},
      { firstUncleanableOffset: 10n },
    ],
    [
      'is compacted below damage that hides how old it is',
      logOf([{ base: 0 }, { base: 10, isDamaged: true }, { base: 20 }]),
      { minCompactionLagMs: 1 },
      { firstUncleanableOffset: 10n, uncleanableReason: 'damage' },
    ],
    [
      'is due whatever the ratio when a record waits too long',
      logOf([{ base: 0, bytes: 900 }, ...four.slice(1)], { checkpoint: 10 }),
      { maxCompactionLagMs: 999 },
      { isOverdue: true, isDue: true },
    ],
    [
      'is not due when no dirty record waits too long',
      logOf([{ base: 0, bytes: 900 }, ...four.slice(1)], { checkpoint: 10 }),
      { maxCompactionLagMs: 1000 },
      { isOverdue: false, isDue: false },
    ],
  ])('%s', (_, log, changes, expected) => {
    expect(planCleaning(log, { ...limits, ...changes }, now)).toMatchObject(expected)
  })
})

describe('segments become one', () => {
  const segment = (base: number, bytes: number, end = base + 10, indexBytes = 8) => ({
    baseOffset: offset(base),
    endOffset: offset(end),
    bytes,
    indexBytes,
    timeIndexBytes: indexBytes,
  })
  const groupsOf = (segments: ReturnType<typeof segment>[]): bigint[][] =>
    groupSegments(segments, { segmentBytes: 1000, segmentIndexBytes: 100 }).map((group) =>
      group.map((one) => one.baseOffset),
    )

  test('while they fit together even if nothing goes', () => {
    expect(groupsOf([segment(0, 400), segment(10, 600), segment(20, 1), segment(30, 2000), segment(40, 1)])).toEqual([
      [0n, 10n],
      [20n],
      [30n],
      [40n],
    ])
  })

  test('while their indexes fit together', () => {
    expect(groupsOf([segment(0, 1, 10, 60), segment(10, 1, 20, 40), segment(20, 1, 30, 1)])).toEqual([[0n, 10n], [20n]])
  })

  test('while an index can name their offsets; empty ones always', () => {
    const far = 2 ** 31
    expect(groupsOf([segment(0, 1), segment(10, 1, far), segment(far, 1), segment(far + 10, 0)])).toEqual([
      [0n, 10n],
      [BigInt(far), BigInt(far + 10)],
    ])
  })
})
