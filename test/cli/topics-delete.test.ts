import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { topicsDeleteSpec } from '../../src/cli/specs/topics-delete.ts'
import { topicsDelete } from '../../src/cli/topics-delete.ts'
import { ScratchLog } from './scratch-log.ts'

async function logWithTopics(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('app-logs', 2)
  await log.createTopic('hosts')
  await log.append('app-logs', 0, { values: ['a', 'b'] })
  return log
}

const names = (log: ScratchLog) => log.use((store) => store.topicNames())

test('deletes topics with all that is in them', async () => {
  const log = await logWithTopics()
  const invocation = { operands: ['app-logs'], flags: { yes: true } }
  expect(await log.run(topicsDeleteSpec, topicsDelete, invocation)).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await names(log)).toEqual(['hosts'])
  expect(readdirSync(log.directory).filter((name) => name.startsWith('app-logs'))).toEqual([])
})

test('needs --yes where nobody can be asked', async () => {
  const log = await logWithTopics()
  const { code, stderr } = await log.run(topicsDeleteSpec, topicsDelete, { operands: ['app-logs'] })
  expect([code, stderr]).toEqual([2, expect.stringContaining('--yes')])
  expect(await names(log)).toEqual(['app-logs', 'hosts'])
})

test('--dry-run says what would go', async () => {
  const log = await logWithTopics()
  const invocation = { operands: ['app-logs', 'hosts'], flags: { 'dry-run': true } }
  const { stdout } = await log.run(topicsDeleteSpec, topicsDelete, invocation)
  expect(stdout).toMatch(/^app-logs\t2\t2\t\d+\nhosts\t1\t0\t0\n$/)
  const json = await log.run(topicsDeleteSpec, topicsDelete, { ...invocation, flags: { 'dry-run': true, json: true } })
  expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: true, wouldDelete: [{ name: 'app-logs', records: 2 }, {}] })
  expect(await names(log)).toEqual(['app-logs', 'hosts'])
})

test('nothing goes when one of them is not there', async () => {
  const log = await logWithTopics()
  const invocation = { operands: ['hosts', 'app-log'], flags: { yes: true } }
  const { code, stderr } = await log.run(topicsDeleteSpec, topicsDelete, invocation)
  expect([code, stderr]).toEqual([3, expect.stringContaining('did you mean app-logs?')])
  expect(await names(log)).toEqual(['app-logs', 'hosts'])
})

test('--if-exists passes over what is not there, also a whole directory', async () => {
  const log = await logWithTopics()
  const invocation = { operands: ['hosts', 'gone'], flags: { yes: true, 'if-exists': true } }
  expect((await log.run(topicsDeleteSpec, topicsDelete, invocation)).code).toBe(0)
  expect(await names(log)).toEqual(['app-logs'])
  const nowhere = new ScratchLog()
  expect((await nowhere.run(topicsDeleteSpec, topicsDelete, invocation)).code).toBe(0)
  expect(nowhere.fileSystem.stat(nowhere.directory)).toBeUndefined()
})
