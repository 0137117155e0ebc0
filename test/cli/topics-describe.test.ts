import { expect, test } from 'vitest'
import { topicsDescribeSpec } from '../../src/cli/specs/topics-describe.ts'
import { topicsDescribe } from '../../src/cli/topics-describe.ts'
import { topicConfigNames } from '../../src/storage/topic-configs.ts'
import { ScratchLog } from './scratch-log.ts'

async function logWithTopics(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('app-logs', 2, { 'retention.ms': '1000', 'segment.bytes': '100' })
  await log.createTopic('hosts')
  await log.append('app-logs', 1, { values: ['a', 'b'] }, { values: ['c'] })
  return log
}

test('a pipe gets a line for the topic, each partition and each configuration that is set', async () => {
  const log = await logWithTopics()
  const { code, stdout } = await log.run(topicsDescribeSpec, topicsDescribe, { operands: ['app-logs'] })
  expect(code).toBe(0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  expect(lines).toEqual([
    ['topic', 'app-logs', expect.stringMatching(/^[\w-]{22}$/), '2'],
    ['partition', 'app-logs', '0', '0', '0', '0', '0'],
    ['partition', 'app-logs', '1', '0', '3', '2', expect.stringMatching(/^\d+$/)],
    ['config', 'app-logs', 'retention.ms', '1000', 'set', 'long', '604800000', expect.stringContaining('from -1')],
    ['config', 'app-logs', 'segment.bytes', '100', 'set', 'int', '1073741824', expect.stringContaining('from 14')],
  ])
})

test('--all-configs shows every configuration and marks the defaults', async () => {
  const log = await logWithTopics()
  const flags = { 'all-configs': true }
  const { stdout } = await log.run(topicsDescribeSpec, topicsDescribe, { operands: ['hosts'], flags })
  const configs = stdout.split('\n').filter((line) => line.startsWith('config'))
  expect(configs.map((line) => line.split('\t')[2])).toEqual(topicConfigNames())
  expect(configs.every((line) => line.split('\t')[4] === 'default')).toBe(true)
})

test('--json has everything, of all topics when none is named', async () => {
  const log = await logWithTopics()
  const { stdout } = await log.run(topicsDescribeSpec, topicsDescribe, { flags: { json: true } })
  const { topics } = JSON.parse(stdout) as { topics: { name: string; partitions: unknown[]; configs: unknown[] }[] }
  expect(topics.map(({ name }) => name)).toEqual(['app-logs', 'hosts'])
  expect(topics[0]?.partitions[1]).toEqual({
    partition: 1,
    logStartOffset: 0,
    logEndOffset: 3,
    segments: 2,
    bytes: expect.any(Number),
  })
  expect(topics[0]?.configs).toContainEqual(
    expect.objectContaining({
      name: 'retention.ms',
      value: '1000',
      default: '604800000',
      isDefault: false,
      type: 'long',
    }),
  )
})

test('a terminal gets tables', async () => {
  const log = await logWithTopics()
  const { stdout } = await log.run(topicsDescribeSpec, topicsDescribe, { onTerminal: true })
  expect(stdout).toMatch(/app-logs {2}[\w-]{22}, 2 partitions, \d+ B\n/)
  expect(stdout).toMatch(/│ retention.ms +│ 1000 +│ 604800000 +│/)
  expect(stdout).toContain('all configurations have their defaults')
})

test('a topic that is not there is said with the nearest name, and nothing is shown', async () => {
  const log = await logWithTopics()
  const outcome = await log.run(topicsDescribeSpec, topicsDescribe, { operands: ['hosts', 'ap-logs'] })
  expect(outcome).toEqual({ code: 3, stdout: '', stderr: expect.stringContaining('did you mean app-logs?') })
})
