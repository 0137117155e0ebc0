import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset } from '../../src/base/brands.ts'
import { BatchWindows } from '../../src/record/batch-windows.ts'
import type { Leader, LeaderPartition } from '../../src/replication/leader.ts'
import { PartitionFollower } from '../../src/replication/partition-follower.ts'
import type { ReplicaLog } from '../../src/replication/replica-log.ts'
import { SettledPartitions } from '../../src/replication/settled-partitions.ts'

const described: LeaderPartition = {
  logStartOffset: offset(0),
  logEndOffset: offset(1500),
  epochs: [],
  endEpoch: leaderEpoch(3),
  segments: [],
  lastBatch: undefined,
}

/** A copy with the first thousand records of a leader that tells nothing of its files. */
function followerOf(bytesPerOffset: number): PartitionFollower {
  const range = { logStartOffset: offset(0), logEndOffset: offset(1000), activeBaseOffset: offset(0), activeBytes: 0 }
  const replica = { ...range, bytesPerOffset, refresh: () => undefined } as unknown as ReplicaLog
  const options = {
    windows: new BatchWindows(1024),
    keepsOld: false,
    isCompacted: false,
    onCopied: async (): Promise<void> => undefined,
  }
  return new PartitionFollower({ topic: 'app', partition: 0 }, replica, {} as Leader, { options, described })
}

describe('a leader that tells nothing of its files', () => {
  test('is ahead by as many bytes as its records have taken so far', () => {
    expect(followerOf(120).missingBytes).toBe(500 * 120)
    // Bytes are whole.
    expect(followerOf(10.8901).missingBytes).toBe(5446)
  })

  test('has changed when its log ends where it did, in another epoch', () => {
    const settled = new SettledPartitions()
    const follower = followerOf(120)
    settled.note(follower)
    expect(settled.includes(follower, { ...described })).toBe(true)
    expect(settled.includes(follower, { ...described, endEpoch: leaderEpoch(4) })).toBe(false)
  })
})
