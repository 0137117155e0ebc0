import { expect, test } from 'vitest'
import { numbered } from '../support/batches.ts'
import { batchOf, lines, tailed } from './consume/reading.ts'
import { ScratchLog } from './scratch-log.ts'

const values = numbered(25)

async function logOf25(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.appendBytes(
    't',
    0,
    batchOf(values.slice(0, 20).map((value) => ({ value }))),
    batchOf(values.slice(20).map((value) => ({ value }))),
  )
  return log
}

test.each([
  ['the last ten by itself', {}, 15],
  ['the last N', { last: '3' }, 22],
  ['from the Nth on', { last: '+4' }, 3],
  ['from the first on', { last: '+0' }, 0],
  ['nothing from behind the end on', { last: '+99' }, 25],
  ['none', { last: '0' }, 25],
  ['from an offset on', { offset: ['21'] }, 21],
])('prints %s', async (_name, flags, first) => {
  expect(await tailed(await logOf25(), { ...flags, follow: false })).toEqual({
    code: 0,
    stdout: lines(...values.slice(first)),
    stderr: '',
  })
})

test('counts from the first record through all partitions', async () => {
  const log = await logOf25()
  await log.createTopic('p', 2)
  await log.appendBytes('p', 0, batchOf([{ value: 'a' }, { value: 'b' }]))
  await log.appendBytes('p', 1, batchOf([{ value: 'c' }, { value: 'd' }]))
  const from = async (nth: string): Promise<string> =>
    (await tailed(log, { last: nth, follow: false }, { operands: ['p'] })).stdout
  expect(await from('+2')).toBe(lines('b', 'c', 'd'))
  expect(await from('+4')).toBe(lines('d'))
})

test('follows by itself, until its time is over', async () => {
  const log = await logOf25()
  const tailing = tailed(log, { last: '1', timeout: 2000 })
  await new Promise((resolve) => setTimeout(resolve, 100))
  await log.appendBytes('t', 0, batchOf([{ value: 'new' }]))
  expect(await tailing).toEqual({ code: 124, stdout: lines('value-24', 'new'), stderr: '' })
})

test('an end in time is the end of following', async () => {
  const log = await logOf25()
  expect((await tailed(log, { last: '1', until: '10m' })).code).toBe(0)
  expect((await tailed(log, { offset: ['s@2h', 'e@now'] })).code).toBe(0)
})
