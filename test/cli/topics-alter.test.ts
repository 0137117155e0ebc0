import { expect, test } from 'vitest'
import { topicsAlterSpec } from '../../src/cli/specs/topics-alter.ts'
import { topicsAlter } from '../../src/cli/topics-alter.ts'
import { ScratchLog } from './scratch-log.ts'

async function logWithTopic(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('app-logs', 2, { 'retention.ms': '1000' })
  return log
}

const topicOf = (log: ScratchLog) => log.use((store) => store.topic('app-logs'))

test('sets, removes and adds in one go', async () => {
  const log = await logWithTopic()
  const flags = { config: ['segment.bytes=1MiB'], 'delete-config': ['retention.ms'], partitions: 4, json: true }
  const { code, stdout } = await log.run(topicsAlterSpec, topicsAlter, { operands: ['app-logs'], flags })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    name: 'app-logs',
    id: expect.any(String),
    partitions: 4,
    configs: { 'segment.bytes': '1048576' },
    changes: [
      { key: 'retention.ms', from: '1000', to: null },
      { key: 'segment.bytes', from: null, to: '1048576' },
    ],
  })
  const { partitionCount, configs } = await topicOf(log)
  expect([partitionCount, Object.fromEntries(configs)]).toEqual([4, { 'segment.bytes': '1048576' }])
})

test('-v says what changed', async () => {
  const log = await logWithTopic()
  const flags = { config: ['retention.ms=7d'], verbose: true }
  const { stderr } = await log.run(topicsAlterSpec, topicsAlter, { operands: ['app-logs'], flags })
  expect(stderr).toBe('tslog: app-logs: retention.ms is 604800000, was 1000\n')
})

test.each([
  [{}, 'nothing to change is named'],
  [{ config: ['retention.ms=-2'] }, 'retention.ms cannot be "-2"'],
  [{ 'delete-config': ['retention.msec'] }, 'did you mean retention.ms?'],
  [{ config: ['retention.ms=5'], 'delete-config': ['retention.ms'] }, '--config sets the same'],
  [{ partitions: 1, config: ['segment.bytes=100'] }, 'their number can only grow'],
])('%j is refused and nothing is changed', async (flags, message) => {
  const log = await logWithTopic()
  const { code, stderr } = await log.run(topicsAlterSpec, topicsAlter, { operands: ['app-logs'], flags })
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  expect(Object.fromEntries((await topicOf(log)).configs)).toEqual({ 'retention.ms': '1000' })
})

test('the number of partitions that keep groups stays', async () => {
  const log = await logWithTopic()
  await log.createTopic('__consumer_offsets', 50)
  const flags = { partitions: 60 }
  const { code, stderr } = await log.run(topicsAlterSpec, topicsAlter, { operands: ['__consumer_offsets'], flags })
  expect([code, stderr]).toEqual([2, expect.stringContaining('cannot be changed')])
})

test('a topic that is not there is said with the nearest name', async () => {
  const log = await logWithTopic()
  const flags = { partitions: 3 }
  const { code, stderr } = await log.run(topicsAlterSpec, topicsAlter, { operands: ['app-log'], flags })
  expect([code, stderr]).toEqual([3, expect.stringContaining('did you mean app-logs?')])
})
