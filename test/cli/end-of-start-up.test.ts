import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { offsets } from '../../src/cli/offsets.ts'
import { offsetsSpec } from '../../src/cli/specs/offsets.ts'
import { endStartUp } from '../../src/cli/start-up.ts'
import { batchOf, consumed } from './consume/reading.ts'
import { ScratchLog } from './scratch-log.ts'

const setJITPolicy = vi.fn()

beforeEach(() => {
  setJITPolicy.mockClear()
  vi.stubGlobal('Bun', { unsafe: { setJITPolicy } })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Topic t with so many partitions; each has batches of so many bytes. */
async function logOf(partitions: number, ...batches: readonly number[]): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', partitions)
  for (let partition = 0; partition < partitions; partition++) {
    await log.appendBytes('t', partition, ...batches.map((bytes) => batchOf([{ value: 'v'.repeat(bytes) }])))
  }
  return log
}

test('a little that is read is read by the code of the start', async () => {
  const log = await logOf(1, 1000, 1000)
  await consumed(log)
  await consumed(log, { offset: ['1'], count: 1 })
  await log.run(offsetsSpec, offsets, { operands: ['t'] })
  expect(setJITPolicy).not.toHaveBeenCalled()
})

test('one record is looked up by the code of the start, however large its batch is', async () => {
  const log = await logOf(1, 100_000, 100_000)
  await consumed(log, { offset: ['1'], count: 1 })
  expect(setJITPolicy).not.toHaveBeenCalled()
})

test.each<[string, number, number[], Record<string, string | boolean | number>]>([
  ['there is more to print', 1, [10_000, 10_000, 10], {}],
  ['there is more to count than to print', 1, [10_000, 10_000, 10_000, 10], { last: 1 }],
  ['partitions are put in the order of their times', 2, [10], { merge: 'time' }],
  ['there are many partitions', 9, [10], {}],
  ['a topic is followed', 1, [10], { follow: true, count: 1 }],
])('the compiler waits no longer when %s', async (_, partitions, batches, flags) => {
  await consumed(await logOf(partitions, ...batches), flags)
  expect(setJITPolicy).toHaveBeenCalledWith(1)
})

test('the compiler waits no longer when the offsets of many partitions are asked for', async () => {
  const log = await logOf(9, 10)
  await log.run(offsetsSpec, offsets, { operands: ['t'] })
  expect(setJITPolicy).toHaveBeenCalledWith(1)
})

test.each([undefined, {}, { unsafe: {} }])('nothing happens in a runtime without such a compiler: %j', (runtime) => {
  vi.stubGlobal('Bun', runtime)
  expect(endStartUp).not.toThrow()
})
