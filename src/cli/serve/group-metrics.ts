import type { BrokerServices } from '../../broker/request-context.ts'
import type { GroupShard } from '../../coordinator/group-shard.ts'
import type { MetricFamily, Sample } from './metric-family.ts'

/** A group as it is shown: how many read with it, and where it stands. */
interface WatchedGroup {
  readonly groupId: string
  readonly members: number
  readonly positions: readonly { readonly topic: string; readonly partition: number; readonly committed: bigint }[]
}

/** Consumer groups under the names that kafka_exporter gave them. Groups that are still being read back are left out. */
export function groupFamilies(services: BrokerServices): MetricFamily[] {
  let asked: Promise<readonly WatchedGroup[]> | undefined
  // Once for all families: they are of the same moment.
  const groups = (): Promise<readonly WatchedGroup[]> => (asked ??= watchedGroups(services))
  const perPartition = (name: string, help: string, valueOf: (position: Position) => number): MetricFamily => ({
    kind: 'gauge',
    name: `kafka_consumergroup_${name}`,
    help,
    samples: async () =>
      (await groups()).flatMap(({ groupId, positions }) =>
        positions.map((one): Sample => [
          { consumergroup: groupId, topic: one.topic, partition: one.partition },
          valueOf(one),
        ]),
      ),
  })
  return [
    {
      kind: 'gauge',
      name: 'kafka_consumergroup_members',
      help: 'Members of the group.',
      samples: async () =>
        (await groups()).map(({ groupId, members }): Sample => [{ consumergroup: groupId }, members]),
    },
    perPartition('current_offset', 'What the group has committed.', ({ committed }) => Number(committed)),
    perPartition('lag', 'Records that the group has still to read.', (one) => lagOf(one, services)),
  ]
}

type Position = WatchedGroup['positions'][number]

async function watchedGroups({ groups }: BrokerServices): Promise<WatchedGroup[]> {
  const found: WatchedGroup[] = []
  for (const partition of groups.all()) {
    if (partition.isLoaded) found.push(...(await partition.run('', groupsOf).catch(() => [])))
  }
  return found
}

function groupsOf(shard: GroupShard): WatchedGroup[] {
  return shard.list({ statesFilter: [], typesFilter: [] }).map(({ groupId }) => {
    const { topics } = shard.offsetFetch({ groupId, memberId: null, memberEpoch: -1, topics: null }, false)
    const positions = topics.flatMap(({ name, partitions }) =>
      partitions.map((one) => ({ topic: name, partition: one.partitionIndex, committed: one.committedOffset })),
    )
    return { groupId, members: shard.describe(groupId).members.length, positions }
  })
}

/** Nothing is left to read in a partition that is gone, or was cut below what the group has read. */
function lagOf({ topic, partition, committed }: Position, { topics }: BrokerServices): number {
  const found = topics.find(topic)?.partitions[partition]
  if (found === undefined) return 0
  return Math.max(0, Number(found.offsets().highWatermark - committed))
}
