import { expect, test } from 'vitest'
import { offsets } from '../../src/cli/offsets.ts'
import { offsetsSpec } from '../../src/cli/specs/offsets.ts'
import { T0 } from '../support/batches.ts'
import { ScratchLog } from './scratch-log.ts'

async function logWithTopic(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', 2)
  for (const i of [0, 1, 2]) await log.append('t', 0, { values: [`v${i}`], timestamp: T0 + i * 1000 })
  return log
}

const run = (log: ScratchLog, flags = {}, operands = ['t']) => log.run(offsetsSpec, offsets, { operands, flags })

test('prints where each partition begins and ends', async () => {
  const log = await logWithTopic()
  expect(await run(log)).toEqual({ code: 0, stdout: 't\t0\t0\t3\nt\t1\t0\t0\n', stderr: '' })
  expect((await run(log, { partition: ['0'] })).stdout).toBe('t\t0\t0\t3\n')
  expect(JSON.parse((await run(log, { json: true, partition: ['0'] })).stdout)).toEqual({
    partitions: [{ topic: 't', partition: 0, logStartOffset: 0, logEndOffset: 3 }],
  })
})

test.each([
  [String(T0 + 500), `t\t0\t1\t${T0 + 1000}\nt\t1\t-\t-\n`],
  ['1h', `t\t0\t0\t${T0}\nt\t1\t-\t-\n`],
  ['now', 't\t0\t-\t-\nt\t1\t-\t-\n'],
  ['earliest', 't\t0\t0\t-\nt\t1\t0\t-\n'],
  ['-2', 't\t0\t0\t-\nt\t1\t0\t-\n'],
  ['latest', 't\t0\t3\t-\nt\t1\t0\t-\n'],
  ['-1', 't\t0\t3\t-\nt\t1\t0\t-\n'],
  ['-3', `t\t0\t2\t${T0 + 2000}\nt\t1\t-\t-\n`],
])('--time %s', async (time, stdout) => {
  expect(await run(await logWithTopic(), { time })).toEqual({ code: 0, stdout, stderr: '' })
})

test('--exit-code tells that no record is that young', async () => {
  const log = await logWithTopic()
  expect((await run(log, { time: 'now', 'exit-code': true })).code).toBe(4)
  expect((await run(log, { time: String(T0), 'exit-code': true })).code).toBe(0)
})

test.each([
  [{}, ['t', 'tt'], 3, 'did you mean t?'],
  [{ partition: ['7'] }, ['t'], 3, 'topic t has no partition 7'],
  [{ time: 'noon-ish' }, ['t'], 2, '--time'],
])('%j %j ends with exit code %i', async (flags, operands, code, message) => {
  expect(await run(await logWithTopic(), flags, operands)).toEqual({
    code,
    stdout: '',
    stderr: expect.stringContaining(message),
  })
})
