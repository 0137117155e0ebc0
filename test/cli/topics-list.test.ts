import { expect, test } from 'vitest'
import { topicsListSpec } from '../../src/cli/specs/topics-list.ts'
import { topicsList } from '../../src/cli/topics-list.ts'
import { ScratchLog } from './scratch-log.ts'

async function logWithTopics(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('hosts', 2)
  await log.createTopic('app-logs')
  await log.createTopic('__consumer_offsets', 1)
  await log.append('app-logs', 0, { values: ['a', 'b', 'c'] })
  return log
}

test('a pipe gets the names, one a line', async () => {
  const log = await logWithTopics()
  expect(await log.run(topicsListSpec, topicsList)).toEqual({
    code: 0,
    stdout: '__consumer_offsets\napp-logs\nhosts\n',
    stderr: '',
  })
})

test('topics of the log itself can be left out', async () => {
  const log = await logWithTopics()
  const { stdout } = await log.run(topicsListSpec, topicsList, { flags: { 'exclude-internal': true } })
  expect(stdout).toBe('app-logs\nhosts\n')
})

test('a terminal gets a table with partitions, records and bytes', async () => {
  const log = await logWithTopics()
  const { stdout } = await log.run(topicsListSpec, topicsList, { onTerminal: true })
  expect(stdout).toMatch(/│ Topic +│ Partitions │ Records │ Bytes │/)
  expect(stdout).toMatch(/│ app-logs +│ +1 │ +3 │ +\d+ B │/)
})

test('--json is one document', async () => {
  const log = await logWithTopics()
  const { stdout } = await log.run(topicsListSpec, topicsList, { flags: { json: true } })
  expect(JSON.parse(stdout)).toEqual({
    topics: [
      { name: '__consumer_offsets', id: expect.any(String), partitions: 1, internal: true },
      { name: 'app-logs', id: expect.any(String), partitions: 1, internal: false },
      { name: 'hosts', id: expect.any(String), partitions: 2, internal: false },
    ],
  })
})

test('a directory without topics gives nothing', async () => {
  const log = new ScratchLog()
  await log.createTopic('only')
  await log.use((store) => store.deleteTopic('only'))
  expect(await log.run(topicsListSpec, topicsList)).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('a directory that is not there is said', async () => {
  const log = new ScratchLog()
  const { code, stderr } = await log.run(topicsListSpec, topicsList)
  expect(code).toBe(3)
  expect(stderr).toContain(`log directory ${log.directory} is not there`)
})

test('a directory that is no log is refused', async () => {
  const log = new ScratchLog()
  log.fileSystem.makeDirectory(log.path('photos'))
  const { code, stderr } = await log.run(topicsListSpec, topicsList)
  expect(code).toBe(1)
  expect(stderr).toContain('is not a log directory')
})
