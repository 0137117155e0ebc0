import type { Offset } from '../base/brands.ts'
import type { LeaderPartition } from './leader.ts'

/** How many bytes of batches a leader has from an offset on, as far as it tells: in the segment that holds it by how many of its offsets are behind. */
export function bytesFrom({ segments, logEndOffset }: LeaderPartition, from: Offset): number {
  const bytes = segments.reduce((sum, { baseOffset, sizeInBytes }, at) => {
    const end = segments[at + 1]?.baseOffset ?? logEndOffset
    if (from <= baseOffset) return sum + sizeInBytes
    return from >= end ? sum : sum + (sizeInBytes * Number(end - from)) / Number(end - baseOffset)
  }, 0)
  return Math.round(bytes)
}
