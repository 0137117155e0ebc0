import { describe, expect, test } from 'vitest'
import { NO_LEADER_EPOCH, offset } from '../../src/base/brands.ts'
import type { Leader, LeaderPartition, LeaderTopic } from '../../src/replication/leader.ts'
import { offerOf, OfferedOnce } from '../../src/replication/leader-offer.ts'

const topicOf = (name: string, partitionCount: number): LeaderTopic => ({
  name,
  id: undefined,
  partitionCount,
  configs: new Map(),
  isInternal: false,
})

const described: LeaderPartition = {
  logStartOffset: offset(1n),
  logEndOffset: offset(5n),
  epochs: [],
  segments: [{ baseOffset: offset(0n), sizeInBytes: 100 }],
  lastBatch: undefined,
}

function leaderOf(topics: readonly LeaderTopic[]): Leader {
  return {
    name: 'leader',
    topics: async () => topics,
    partitions: async (asked) => asked.map(({ partition }) => (partition === 1 ? undefined : described)),
    epochEnd: async () => ({ epoch: 0, endOffset: offset(0n) }) as never,
    batchAt: async () => undefined,
    fetch: async () => new Uint8Array(),
    groups: async () => [],
    close: () => undefined,
  }
}

describe('what a leader offers', () => {
  test('is all topics, and the partitions of those that are wanted, each to be had once', async () => {
    const [app, audit] = [topicOf('app', 2), topicOf('audit', 1)]
    const offered = new OfferedOnce(await offerOf(leaderOf([app, audit]), () => [app]))
    expect(offered.topics()).toEqual([app, audit])
    expect(offered.topics()).toBeUndefined()
    expect(offered.partitions([{ topic: 'audit', partition: 0 }])).toBeUndefined()
    const asked = [
      { topic: 'app', partition: 1 },
      { topic: 'app', partition: 0 },
    ]
    expect(offered.partitions(asked)).toEqual([undefined, described])
    expect(offered.partitions(asked)).toBeUndefined()
  })

  test('is nothing when there is much of it, or when it cannot be told', async () => {
    const large = topicOf('large', 1001)
    expect(await offerOf(leaderOf([large]), (topics) => topics)).toBeNull()
    const settings = new Map(Array.from({ length: 50_001 }, (_, at) => [`key-${at}`, '']))
    expect(await offerOf(leaderOf([{ ...topicOf('app', 1), configs: settings }]), () => [])).toBeNull()
    const broken = { ...leaderOf([large]), topics: async () => Promise.reject(new Error('gone')) }
    expect(await offerOf(broken, (topics) => topics)).toBeNull()
  })

  test('is checked like all that a leader says', () => {
    const hostile = { ...described, logStartOffset: offset(9n), lastBatch: null, endEpoch: NO_LEADER_EPOCH }
    const answer = { described: hostile, partialFrom: offset(-1n) }
    const offered = new OfferedOnce({ topics: [], partitions: [{ topic: 'app', partition: 0, answer }] })
    expect(() => offered.partitions([{ topic: 'app', partition: 0 }])).toThrow(/from offset 9 to 5/)
  })
})
