import type { GroupOffsets } from '../../replication/leader.ts'
import type { OffsetsOfGroup } from '../../coordinator/stored-offsets.ts'
import type { LogStore } from '../../store/log-store.ts'

/** What groups have committed for these topics in a log. */
export async function readGroupOffsets(store: LogStore, topics: readonly string[]): Promise<GroupOffsets[]> {
  const groups = await store.groups.all()
  return groups
    .map(({ groupId, offsets }) => ({ groupId, offsets: positionsOf(offsets, topics) }))
    .filter(({ offsets }) => offsets.length > 0)
}

function positionsOf(offsets: OffsetsOfGroup, topics: readonly string[]): GroupOffsets['offsets'] {
  return topics.flatMap((topic) =>
    Array.from(offsets.get(topic) ?? [], ([partition, stored]) => ({ topic, partition, offset: stored.offset })),
  )
}

/** Commits for each group what is not committed so already; returns how many groups moved. One that has members there goes its own way. */
export async function storeGroupOffsets(store: LogStore, groups: readonly GroupOffsets[]): Promise<number> {
  let moved = 0
  for (const { groupId, offsets } of groups) {
    const known = await store.groups.find(groupId)
    if (known !== undefined && known.memberIds.length > 0 && !store.groups.areMembersGone) continue
    const news = offsets.filter((one) => known?.offsets.get(one.topic)?.get(one.partition)?.offset !== one.offset)
    if (news.length === 0) continue
    await store.groups.commit(groupId, news)
    moved++
  }
  return moved
}
