import { BundleLeader } from '../../replication/bundle-leader.ts'
import { BundleWriter } from '../../replication/bundle-writer.ts'
import type { Leader } from '../../replication/leader.ts'
import type { LogDirectoryOptions } from '../../storage/log-directory.ts'
import { includesPartition } from '../values/partition-list.ts'
import type { FollowerSeat } from './follow-leader.ts'
import type { ReplicationRequest } from './request.ts'
import { selectTopics } from './topic-selection.ts'

/** A bundle that is applied: checked as a whole first. */
export function bundleLeader({ fileSystem }: LogDirectoryOptions, path: string): Leader {
  return new BundleLeader(fileSystem, path)
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
  const since = place.since === undefined ? undefined : new BundleLeader(fileSystem, place.since)
  try {
    const topics = await selectTopics(leader, request)
    const { partitions, groups: withGroups, isDryRun } = request
    const groups = withGroups ? await leader.groups(topics.map(({ name }) => name)) : []
    const isWanted = (one: number): boolean => partitions.length === 0 || includesPartition(partitions, one)
    const writer = new BundleWriter(leader, { topics, isWanted, since, groups, createdMs: clock.now() })
    const planned = await writer.plan()
    const bytes = planned.map(() => 0)
    let records = 0
    const onWritten = (at: number, written: { readonly bytes: number; readonly records: number }): void => {
      bytes[at] = (bytes[at] ?? 0) + written.bytes
      records += written.records
      seat.stop.throwIfAborted()
      seat.onProgress({ bytes: bytes.reduce((sum, one) => sum + one, 0), records, bytesTotal: 0, lags: () => [] })
    }
    if (!isDryRun) await writer.write(fileSystem, place.path, planned, onWritten)
    const reported = planned.map(({ topic, partition, fromOffset, described }, at) => ({
      topic,
      partition,
      fromOffset,
      toOffset: described.logEndOffset,
      cutTo: undefined,
      bytes: bytes[at] ?? 0,
      records: Number(described.logEndOffset - fromOffset),
    }))
    seat.onReport({ partitions: reported, groups: groups.length })
  } finally {
    since?.close()
  }
}
