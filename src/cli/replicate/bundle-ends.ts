import { BundleLeader } from '../../replication/bundle-leader.ts'
import { BundleWriter } from '../../replication/bundle-writer.ts'
import { bytesFrom } from '../../replication/bytes-from.ts'
import type { Leader } from '../../replication/leader.ts'
import type { LogDirectoryOptions } from '../../storage/log-directory.ts'
import { includesPartition } from '../values/partition-list.ts'
import { bundleFile } from './bundle-file.ts'
import type { FollowerSeat } from './follow-leader.ts'
import type { ReplicationRequest } from './request.ts'
import { throttleOf } from './throttle.ts'
import { noSuchPartitions, selectTopics } from './topic-selection.ts'

/** A bundle that is applied: checked as a whole first. */
export function bundleLeader({ fileSystem }: LogDirectoryOptions, path: string): BundleLeader {
  return new BundleLeader(fileSystem, bundleFile(fileSystem, path))
}

/** Where a bundle is written, and what came before it. */
export interface BundlePlace {
  readonly path: string
  /** The bundle that the new one goes on from. */
  readonly since: string | undefined
}

/** Puts what the request names into one file. */
export async function writeBundle(
  leader: Leader,
  request: ReplicationRequest,
  place: BundlePlace,
  seat: FollowerSeat,
): Promise<void> {
  const { fileSystem, clock } = seat.directory
  const path = bundleFile(fileSystem, place.path)
  const since = place.since === undefined ? undefined : bundleLeader(seat.directory, place.since)
  try {
    const topics = await selectTopics(leader, request)
    const { partitions, groups: withGroups, isDryRun } = request
    const groups = withGroups ? await leader.groups(topics.map(({ name }) => name)) : []
    const isWanted = (one: number): boolean => partitions.length === 0 || includesPartition(partitions, one)
    const writer = new BundleWriter(leader, { topics, isWanted, since, groups, createdMs: clock.now() })
    const planned = await writer.plan()
    if (topics.length > 0 && planned.length === 0) throw noSuchPartitions(leader)
    const totals = planned.map(({ described, fromOffset }) => ({
      bytes: bytesFrom(described, fromOffset),
      records: Number(described.logEndOffset - fromOffset),
    }))
    const written = planned.map(() => ({ bytes: 0, records: 0 }))
    const { bytes: bytesTotal } = sumOf(totals)
    const throttle = throttleOf(request.bytesPerSecond, clock, seat.stop)
    const onWritten = async (at: number, { bytes, records }: BundleCounts): Promise<void> => {
      const before = written[at] ?? { bytes: 0, records: 0 }
      written[at] = { bytes: before.bytes + bytes, records: before.records + records }
      seat.stop.throwIfAborted()
      seat.onProgress({ ...sumOf(written), bytesTotal, lags: () => [] })
      await throttle?.take(bytes)
    }
    if (!isDryRun) await writer.write(fileSystem, path, planned, onWritten)
    const counts = isDryRun ? totals : written
    const reported = planned.map(({ topic, partition, fromOffset, described }, at) => ({
      topic,
      partition,
      fromOffset,
      toOffset: described.logEndOffset,
      cutTo: undefined,
      trimTo: undefined,
      ...(counts[at] ?? { bytes: 0, records: 0 }),
    }))
    seat.onReport({ partitions: reported, groups: groups.length })
  } finally {
    since?.close()
  }
}

interface BundleCounts {
  readonly bytes: number
  readonly records: number
}

function sumOf(counts: readonly BundleCounts[]): BundleCounts {
  return counts.reduce((sum, one) => ({ bytes: sum.bytes + one.bytes, records: sum.records + one.records }), {
    bytes: 0,
    records: 0,
  })
}
