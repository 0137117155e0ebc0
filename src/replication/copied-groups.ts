import type { Offset } from '../base/brands.ts'
import { partitionDirectoryName } from '../storage/file-names.ts'
import type { GroupOffsets } from './leader.ts'

/** Ends of the logs of a copy, by the names of their directories. */
export type CopyEnds = ReadonlyMap<string, Offset>

/**
 * What a leader says of its groups, as far as the copy has it: positions in partitions that were copied, and none behind their ends. Who goes on from the
 * copy finds records there, and a leader moves nobody in other topics.
 */
export function copiedGroups(groups: readonly GroupOffsets[], ends: CopyEnds): GroupOffsets[] {
  return groups
    .map(({ groupId, offsets }) => ({ groupId, offsets: copiedOffsets(offsets, ends) }))
    .filter(({ offsets }) => offsets.length > 0)
}

function copiedOffsets(offsets: GroupOffsets['offsets'], ends: CopyEnds): GroupOffsets['offsets'] {
  return offsets.flatMap((one) => {
    const end = ends.get(partitionDirectoryName(one))
    if (end === undefined || one.offset < 0n) return []
    return [one.offset > end ? { ...one, offset: end } : one]
  })
}
