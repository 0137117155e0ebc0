import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { topicsTrimSpec } from '../../src/cli/specs/topics-trim.ts'
import { topicsTrim } from '../../src/cli/topics-trim.ts'
import { numbered, T0 } from '../support/batches.ts'
import { ScratchLog } from './scratch-log.ts'

/** Five records in each of two partitions, a second apart, in segments of their own. */
async function logWithTopic(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', 2, { 'segment.bytes': '80' })
  for (const partition of [0, 1]) {
    for (const [i, value] of numbered(5).entries())
      await log.append('t', partition, { values: [value], timestamp: T0 + i * 1000 })
  }
  return log
}

const startsOf = (log: ScratchLog) =>
  log.use(async (store) => [
    (await store.offsets({ topic: 't', partition: 0 })).logStartOffset,
    (await store.offsets({ topic: 't', partition: 1 })).logStartOffset,
  ])

test.each([
  [{ offset: '3' }, [3n, 3n]],
  [{ offset: '-1' }, [4n, 4n]],
  [{ offset: '-100' }, [0n, 0n]],
  [{ offset: 'end' }, [5n, 5n]],
  [{ offset: '2', partition: ['1'] }, [0n, 2n]],
  [{ before: String(T0 + 1500) }, [2n, 2n]],
  [{ before: '1h' }, [0n, 0n]],
  [{ before: '1s' }, [5n, 5n]],
])('%j moves the log start offsets', async (flags, expected) => {
  const log = await logWithTopic()
  const { code } = await log.run(topicsTrimSpec, topicsTrim, { operands: ['t'], flags: { ...flags, yes: true } })
  expect([code, await startsOf(log)]).toEqual([0, expected])
})

test('segments that hold nothing any more are deleted, and the log goes on', async () => {
  const log = await logWithTopic()
  await log.run(topicsTrimSpec, topicsTrim, { operands: ['t'], flags: { offset: '3', yes: true } })
  const logs = readdirSync(log.path('t-0')).filter((name) => name.endsWith('.log'))
  expect(logs).toEqual(['00000000000000000003.log', '00000000000000000004.log'])
  await log.append('t', 0, { values: ['next'] })
  expect(await log.use((store) => store.offsets({ topic: 't', partition: 0 }))).toEqual({
    logStartOffset: 3n,
    highWatermark: 6n,
  })
})

test('--dry-run shows what would go and leaves it', async () => {
  const log = await logWithTopic()
  const flags = { offset: '3', 'dry-run': true }
  const { stdout } = await log.run(topicsTrimSpec, topicsTrim, { operands: ['t'], flags })
  expect(stdout).toBe('0\t0\t3\t3\n1\t0\t3\t3\n')
  expect(await startsOf(log)).toEqual([0n, 0n])
})

test('needs --yes where nobody can be asked, naming a line that would do', async () => {
  const log = await logWithTopic()
  const { code, stderr } = await log.run(topicsTrimSpec, topicsTrim, {
    operands: ['t'],
    flags: { offset: '3', partition: ['0'] },
  })
  expect([code, stderr]).toEqual([2, expect.stringContaining('tslog topics trim t -p 0 -o 3 --yes')])
})

test.each([
  [{ offset: '6' }, 3, 'offset 6 is outside of t:0 [0, 5]'],
  [{ offset: '1', partition: ['2'] }, 3, 'topic t has no partition 2'],
  [{ offset: '1', partition: ['x'] }, 2, '-p'],
  [{ before: 'soon' }, 2, '--before'],
])('%j ends with exit code %i and changes nothing', async (flags, code, message) => {
  const log = await logWithTopic()
  const outcome = await log.run(topicsTrimSpec, topicsTrim, { operands: ['t'], flags: { ...flags, yes: true } })
  expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)])
  expect(await startsOf(log)).toEqual([0n, 0n])
})
