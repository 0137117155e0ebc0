import { expect, test } from 'vitest'
import type { LeaderTopic } from '../../src/replication/leader.ts'
import { checkLeaderTopics } from '../../src/replication/replica-topics.ts'

const topic: LeaderTopic = { name: 'app', id: undefined, partitionCount: 1, configs: new Map(), isInternal: false }

test('a source that says more of its topics than there can be is not believed', () => {
  const wide = Array.from({ length: 11 }, (_, at) => ({ ...topic, name: `t${at}`, partitionCount: 10_000 }))
  expect(() => checkLeaderTopics(wide.slice(1))).not.toThrow()
  expect(() => checkLeaderTopics(wide)).toThrow('the source says that it has 110000 partitions')
  const long = { ...topic, configs: new Map([['retention.ms', '1'.repeat(70_000)]]) }
  expect(() => checkLeaderTopics([long])).toThrow('a configuration of 70012 characters')
  for (const name of ['', '..', 'a/b', 'x'.repeat(250)]) {
    expect(() => checkLeaderTopics([{ ...topic, name }])).toThrow('names a topic that cannot be one')
  }
  for (const partitionCount of [0, -1, 1.5, 100_001]) {
    expect(() => checkLeaderTopics([{ ...topic, partitionCount }])).toThrow('partitions')
  }
})
