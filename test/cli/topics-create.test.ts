import { expect, test } from 'vitest'
import { topicsCreateSpec } from '../../src/cli/specs/topics-create.ts'
import { topicsCreate } from '../../src/cli/topics-create.ts'
import { ScratchLog } from './scratch-log.ts'

const topicsOf = (log: ScratchLog) => log.use((store) => store.topics())

test('makes topics with partitions and configurations, and the directory with them', async () => {
  const log = new ScratchLog()
  const flags = { partitions: 3, config: ['retention.ms=7d', 'cleanup.policy=compact'] }
  expect(await log.run(topicsCreateSpec, topicsCreate, { operands: ['a', 'b'], flags })).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
  const topics = await topicsOf(log)
  expect(topics.map(({ name, partitionCount }) => [name, partitionCount])).toEqual([
    ['a', 3],
    ['b', 3],
  ])
  expect(Object.fromEntries(topics[0]?.configs ?? [])).toEqual({
    'cleanup.policy': 'compact',
    'retention.ms': '604800000',
  })
})

test('--json and -v say what was made', async () => {
  const log = new ScratchLog()
  const { stdout } = await log.run(topicsCreateSpec, topicsCreate, { operands: ['a'], flags: { json: true } })
  expect(JSON.parse(stdout)).toEqual({ topics: [{ name: 'a', partitions: 1, created: true }] })
  const { stderr } = await log.run(topicsCreateSpec, topicsCreate, { operands: ['b'], flags: { verbose: true } })
  expect(stderr).toBe('tslog: topic b with 1 partition created\n')
})

test('a topic that is there already is refused before any other is made', async () => {
  const log = new ScratchLog()
  await log.createTopic('old', 2)
  const { code, stderr } = await log.run(topicsCreateSpec, topicsCreate, { operands: ['new', 'old'] })
  expect([code, stderr]).toEqual([1, expect.stringContaining('topic old exists already')])
  expect((await topicsOf(log)).map(({ name }) => name)).toEqual(['old'])
})

test('--if-not-exists leaves it as it is', async () => {
  const log = new ScratchLog()
  await log.createTopic('old', 2)
  const flags = { 'if-not-exists': true, partitions: 5, json: true }
  const { code, stdout } = await log.run(topicsCreateSpec, topicsCreate, { operands: ['old', 'new'], flags })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    topics: [
      { name: 'old', partitions: 2, created: false },
      { name: 'new', partitions: 5, created: true },
    ],
  })
})

test.each([
  [{ config: ['retention.ms=soon'] }, 'a', 'retention.ms cannot be "soon": it is a whole number from -1'],
  [{ config: ['retention.msec=1'] }, 'a', 'did you mean retention.ms?'],
  [{ config: ['min.compaction.lag.ms=10', 'max.compaction.lag.ms=5'] }, 'a', 'is greater than max.compaction.lag.ms'],
  [{ 'replication-factor': 3 }, 'a', 'a directory keeps one copy'],
  [{}, 'a b', 'not a topic name'],
  [{}, '../a', 'not a topic name'],
])('what cannot be is refused and nothing is made: %j %s', async (flags, name, message) => {
  const log = new ScratchLog()
  const { code, stderr } = await log.run(topicsCreateSpec, topicsCreate, { operands: [name], flags })
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  expect(log.fileSystem.stat(log.directory)).toBeUndefined()
})

test('what the controllers of a Kafka cluster keep is no topic', async () => {
  const log = new ScratchLog()
  const { code, stderr } = await log.run(topicsCreateSpec, topicsCreate, { operands: ['__cluster_metadata'] })
  expect([code, stderr]).toEqual([2, expect.stringContaining('and no topic')])
})

test('a name that Kafka could not tell from another is refused', async () => {
  const log = new ScratchLog()
  await log.createTopic('a.b')
  const { code, stderr } = await log.run(topicsCreateSpec, topicsCreate, { operands: ['a_b'] })
  expect([code, stderr]).toEqual([2, expect.stringContaining('collides with a.b')])
})
