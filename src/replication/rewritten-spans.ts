import type { Offset } from '../base/brands.ts'
import type { LeaderSegment } from './leader.ts'

/** A stretch of closed segments that the leader has in another form than the follower: compacted, recompressed, merged. */
export interface RewrittenSpan {
  /** Base offset of the first segment, the same in both. */
  readonly start: Offset
  /** Where the next segment begins, in both. */
  readonly end: Offset
  /** Base offsets of the follower's segments in it. */
  readonly own: readonly Offset[]
  /** Base offsets of the leader's. */
  readonly leader: readonly Offset[]
  /** Of all the leader's segments in it. */
  readonly leaderBytes: number
}

/**
 * Where closed segments of two logs that are the same otherwise differ, by borders and sizes: between two borders that both have, all segments there are
 * the same or none is. The segments are oldest first, the last one is the active one.
 */
export function rewrittenSpans(own: readonly LeaderSegment[], leader: readonly LeaderSegment[]): RewrittenSpan[] {
  const leaderBases = new Set(leader.map(({ baseOffset }) => baseOffset))
  const borders = own.map(({ baseOffset }) => baseOffset).filter((base) => leaderBases.has(base))
  const spans: RewrittenSpan[] = []
  for (const [at, start] of borders.entries()) {
    const end = borders[at + 1]
    if (end === undefined) break
    const [here, there] = [within(own, start, end), within(leader, start, end)]
    if (isSame(here, there)) continue
    const leaderBytes = there.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
    spans.push({ start, end, own: basesOf(here), leader: basesOf(there), leaderBytes })
  }
  return spans
}

function within(segments: readonly LeaderSegment[], start: Offset, end: Offset): LeaderSegment[] {
  return segments.filter(({ baseOffset }) => baseOffset >= start && baseOffset < end)
}

function isSame(one: readonly LeaderSegment[], two: readonly LeaderSegment[]): boolean {
  if (one.length !== two.length) return false
  return one.every(({ sizeInBytes }, at) => sizeInBytes === two[at]?.sizeInBytes)
}

function basesOf(segments: readonly LeaderSegment[]): Offset[] {
  return segments.map(({ baseOffset }) => baseOffset)
}
