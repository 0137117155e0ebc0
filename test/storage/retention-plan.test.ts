import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { planBudget } from '../../src/storage/budget-plan.ts'
import {
  budgetCandidates,
  planRetention,
  type RetainedLog,
  type RetentionLimits,
  withBudget,
} from '../../src/storage/retention-plan.ts'

interface SegmentModel {
  readonly bytes: number
  /** Largest timestamp of its records. */
  readonly at: number
  /** When its file was written. */
  readonly written?: number
  readonly isDamaged?: boolean
}

interface LogModel {
  readonly segments: readonly SegmentModel[]
  readonly logStart?: number
  readonly highWatermark?: number
}

/** A log whose segments have ten offsets each. */
function logOf({ segments, logStart = 0, highWatermark = segments.length * 10 }: LogModel): RetainedLog {
  return {
    logStartOffset: offset(logStart),
    highWatermark: offset(highWatermark),
    activeSince: () => segments.at(-1)?.at ?? 0,
    segments: segments.map(({ bytes, at, written = at, isDamaged = false }, i) => ({
      baseOffset: offset(i * 10),
      endOffset: offset(i * 10 + 10),
      bytes: () => bytes,
      writtenMs: () => written,
      timestamp: () => (isDamaged ? { source: 'damaged', position: 7 } : { source: 'records', timestamp: at }),
    })),
  }
}

const noLimits: RetentionLimits = {
  deletes: true,
  retentionMs: Infinity,
  retentionBytes: Infinity,
  segmentMs: Infinity,
}
const now = 1_000_000

const reasons = (log: LogModel, limits: Partial<RetentionLimits>): string[] =>
  planRetention(logOf(log), { ...noLimits, ...limits }, now).deletions.map(({ reason }) => reason)

const old = { bytes: 100, at: now - 5000 }
const young = { bytes: 100, at: now - 10 }
const empty = { bytes: 0, at: now - 5000 }
const future = { bytes: 100, at: now + 9000, written: now - 5000 }

describe('segments go', () => {
  test.each<[string, LogModel, Partial<RetentionLimits>, string[]]>([
    ['none without a limit', { segments: [old, old, young] }, {}, []],
    [
      'that are older than retention.ms',
      { segments: [old, old, young] },
      { retentionMs: 1000 },
      ['retention.ms', 'retention.ms'],
    ],
    ['not at the very limit', { segments: [old, young] }, { retentionMs: 5000 }, []],
    [
      'all of them, the active one too',
      { segments: [old, old] },
      { retentionMs: 1000 },
      ['retention.ms', 'retention.ms'],
    ],
    ['but not an empty active one', { segments: [old, empty] }, { retentionMs: 1000 }, ['retention.ms']],
    ['from the oldest on only', { segments: [young, old, young] }, { retentionMs: 1000 }, []],
    ['not behind one from the future', { segments: [future, old, young] }, { retentionMs: 1000 }, []],
    ['not from a damaged one on', { segments: [{ ...old, isDamaged: true }, old, young] }, { retentionMs: 1000 }, []],
    [
      'while the rest has retention.bytes',
      { segments: [young, young, young] },
      { retentionBytes: 150 },
      ['retention.bytes'],
    ],
    [
      'down to exactly retention.bytes',
      { segments: [young, young, young] },
      { retentionBytes: 200 },
      ['retention.bytes'],
    ],
    ['not at all below retention.bytes', { segments: [young, young, young] }, { retentionBytes: 301 }, []],
    [
      'all when retention.bytes is 0',
      { segments: [young, young] },
      { retentionBytes: 0 },
      ['retention.bytes', 'retention.bytes'],
    ],
    [
      'by size first, then by time',
      { segments: [young, old, young] },
      { retentionBytes: 200, retentionMs: 1000 },
      ['retention.bytes', 'retention.ms'],
    ],
    [
      'below the log start offset',
      { segments: [young, young, young], logStart: 20 },
      {},
      ['log-start-offset', 'log-start-offset'],
    ],
    ['not with a record at the log start offset', { segments: [young, young], logStart: 9 }, {}, []],
    ['not the active one below the log start offset', { segments: [young], logStart: 10 }, {}, []],
    [
      'below the log start offset where only compaction is',
      { segments: [old, old], logStart: 10 },
      { deletes: false, retentionMs: 1, retentionBytes: 0 },
      ['log-start-offset'],
    ],
    [
      'up to the high watermark',
      { segments: [old, old, old], highWatermark: 15 },
      { retentionMs: 1000 },
      ['retention.ms'],
    ],
    ['none of no segments', { segments: [] }, { retentionMs: 0, retentionBytes: 0 }, []],
  ])('%s', (_, log, limits, expected) => {
    expect(reasons(log, limits)).toEqual(expected)
  })
})

describe('the active segment is sealed', () => {
  test.each<[string, LogModel, Partial<RetentionLimits>, string | undefined]>([
    ['when it goes as well', { segments: [old, old] }, { retentionMs: 1000 }, 'deletion'],
    ['when it is older than segment.ms', { segments: [young, old] }, { segmentMs: 1000 }, 'segment.ms'],
    ['not when it is younger', { segments: [old, young] }, { segmentMs: 1000 }, undefined],
    ['not when it is empty', { segments: [old, empty] }, { segmentMs: 1000 }, undefined],
    ['not when it is from the future', { segments: [future] }, { segmentMs: 1000 }, undefined],
  ])('%s', (_, log, limits, expected) => {
    expect(planRetention(logOf(log), { ...noLimits, ...limits }, now).roll).toBe(expected)
  })
})

describe('a segment that holds others back is named', () => {
  test.each<[string, LogModel, string | undefined]>([
    [
      'from the future, with old ones behind it',
      { segments: [{ ...future, written: now }, old, young] },
      'future-timestamp',
    ],
    ['from the future, in an old file', { segments: [future, young] }, 'future-timestamp'],
    ['damaged', { segments: [{ ...old, isDamaged: true }, young] }, 'damaged'],
    ['not when a clock was ahead a little', { segments: [{ bytes: 1, at: now + 5, written: now }, young] }, undefined],
    ['not when nothing is in its way', { segments: [young, young] }, undefined],
  ])('%s', (_, log, expected) => {
    expect(planRetention(logOf(log), { ...noLimits, retentionMs: 1000 }, now).held?.reason).toBe(expected)
  })
})

/** Kafka's UnifiedLog.deleteOldSegments, written down as it is there. */
function kafkaDeletes({ segments, logStart, highWatermark }: Required<LogModel>, limits: RetentionLimits): number {
  let left = segments.map((segment, i) => ({ ...segment, base: i * 10 }))
  const deleteWhile = (
    predicate: (segment: (typeof left)[number], next: (typeof left)[number] | undefined) => boolean,
  ): void => {
    let deletable = 0
    for (const [i, segment] of left.entries()) {
      const next = left[i + 1]
      const upperBound = next?.base ?? segments.length * 10
      const isLastAndEmpty = next === undefined && segment.bytes === 0
      if (!(highWatermark >= upperBound && predicate(segment, next) && !isLastAndEmpty)) break
      deletable++
    }
    left = left.slice(deletable)
  }
  deleteWhile((_, next) => next !== undefined && next.base <= logStart)
  if (!limits.deletes) return segments.length - left.length
  let diff = left.reduce((sum, { bytes }) => sum + bytes, 0) - limits.retentionBytes
  if (diff >= 0) {
    deleteWhile(({ bytes }) => {
      if (diff - bytes < 0) return false
      diff -= bytes
      return true
    })
  }
  deleteWhile(({ at }) => now - at > limits.retentionMs)
  return segments.length - left.length
}

const anySegment = fc.record({ bytes: fc.nat(20), at: fc.integer({ min: now - 50, max: now + 10 }) })
const anyLog = fc.array(anySegment, { maxLength: 8 }).chain((segments) =>
  fc.record({
    segments: fc.constant(segments),
    logStart: fc.nat(segments.length * 10),
    highWatermark: fc.nat(segments.length * 10),
  }),
)
const anyLimits = fc.record({
  deletes: fc.boolean(),
  retentionMs: fc.oneof(fc.nat(50), fc.constant(Infinity)),
  retentionBytes: fc.oneof(fc.nat(100), fc.constant(Infinity)),
  segmentMs: fc.constant(Infinity),
})

test('what goes is what Kafka deletes, whatever the log and its limits (1,000 logs of at most 8 segments)', () => {
  fc.assert(
    fc.property(anyLog, anyLimits, (log, limits) => {
      const plan = planRetention(logOf(log), limits, now)
      expect(plan.deletions.length).toBe(kafkaDeletes(log, limits))
      expect(plan.deletions.map(({ segment }) => Number(segment.baseOffset))).toEqual(
        plan.deletions.map((_, i) => i * 10),
      )
      const end = plan.deletions.length * 10
      expect(Number(plan.logStartOffset)).toBe(Math.max(end, log.logStart))
      expect(plan.roll).toBe(log.segments.length > 0 && end === log.segments.length * 10 ? 'deletion' : undefined)
    }),
    { numRuns: 1000 },
  )
})

describe('a budget', () => {
  const segment = (age: number, bytes = 10) => ({ bytes, timestamp: now - age })

  test.each<[string, Parameters<typeof planBudget>[0], number, number[]]>([
    ['takes nothing within it', [{ weight: 1, segments: [segment(5)] }], 0, [0]],
    [
      'takes the oldest over all partitions',
      [
        { weight: 1, segments: [segment(50), segment(10)] },
        { weight: 1, segments: [segment(40), segment(30)] },
      ],
      25,
      [1, 2],
    ],
    [
      'lets a weight of 5 get five times as old',
      [
        { weight: 5, segments: [segment(50), segment(10)] },
        { weight: 1, segments: [segment(40), segment(11)] },
      ],
      25,
      [1, 2],
    ],
    [
      'takes all where that is not enough',
      [
        { weight: 1, segments: [segment(5)] },
        { weight: 1, segments: [] },
      ],
      1000,
      [1, 0],
    ],
    [
      'is not stopped by a timestamp of the future',
      [
        { weight: 1, segments: [segment(-900), segment(50)] },
        { weight: 1, segments: [segment(40)] },
      ],
      15,
      [2, 0],
    ],
  ])('%s', (_, partitions, excess, expected) => {
    expect(planBudget(partitions, excess, now)).toEqual(expected)
  })

  test('frees enough or takes all, and never one segment more than it must (500 sets of partitions)', () => {
    const anyPartition = fc.record({
      weight: fc.constantFrom(0.5, 1, 5),
      segments: fc.array(fc.record({ bytes: fc.nat(20), timestamp: fc.integer({ min: now - 50, max: now + 10 }) }), {
        maxLength: 6,
      }),
    })
    fc.assert(
      fc.property(fc.array(anyPartition, { maxLength: 5 }), fc.nat(200), (partitions, excess) => {
        const counts = planBudget(partitions, excess, now)
        const taken = partitions.flatMap(({ segments }, i) => segments.slice(0, counts[i]))
        const freed = taken.reduce((sum, { bytes }) => sum + bytes, 0)
        const isAll = taken.length === partitions.flatMap(({ segments }) => segments).length
        expect(freed >= excess || isAll).toBe(true)
        // Without the last one taken of some partition it would not have been enough.
        const lasts = partitions.flatMap(({ segments }, i) => segments.slice((counts[i] ?? 0) - 1, counts[i]))
        if (taken.length > 0 && freed >= excess) expect(lasts.some(({ bytes }) => freed - bytes < excess)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('takes closed segments below the high watermark behind what is due anyway', () => {
    const log = logOf({ segments: [old, young, young, young], highWatermark: 25 })
    const plan = planRetention(log, { ...noLimits, retentionMs: 1000 }, now)
    expect(budgetCandidates(log, plan).map(({ baseOffset }) => baseOffset)).toEqual([10n])
    const more = withBudget(log, plan, 1)
    expect(more.deletions.map(({ reason }) => reason)).toEqual(['retention.ms', 'budget'])
    expect(more.logStartOffset).toBe(20n)
  })
})
