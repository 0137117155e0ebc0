import { describe, expect, test } from 'vitest'
import { numbered } from '../../support/batches.ts'
import { ScratchLog } from '../scratch-log.ts'
import { batchOf, committed, consumed, lines, tailed, withGapAfter } from './reading.ts'

const group = 'nightly'

async function logOf(count: number, partitionCount = 1): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', partitionCount)
  await log.appendBytes('t', 0, batchOf(numbered(count, 'v').map((value) => ({ value }))))
  return log
}

describe('a group', () => {
  test('goes on where it stopped', async () => {
    const log = await logOf(3)
    expect((await consumed(log, { group })).stdout).toBe(lines('v0', 'v1', 'v2'))
    expect(await committed(log, group)).toBe(3n)
    expect(await consumed(log, { group, 'exit-code': true })).toEqual({ code: 4, stdout: '', stderr: '' })
    await log.appendBytes('t', 0, batchOf([{ value: 'new' }]))
    expect((await consumed(log, { group })).stdout).toBe('new\n')
  })

  test('stops exactly where -c ends, also inside a batch', async () => {
    const log = await logOf(5)
    expect((await consumed(log, { group, count: 2 })).stdout).toBe(lines('v0', 'v1'))
    expect(await committed(log, group)).toBe(2n)
    expect((await consumed(log, { group, count: 1, format: '%s\\n' })).stdout).toBe(lines('v2'))
    expect(await committed(log, group)).toBe(3n)
    expect((await consumed(log, { group, merge: 'time', count: 1 })).stdout).toBe(lines('v3'))
    expect((await consumed(log, { group, grep: 'none such' })).stdout).toBe('')
    expect(await committed(log, group)).toBe(5n)
  })

  test('commits what is past the last record when compaction took the end', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    await log.appendBytes('t', 0, withGapAfter(batchOf([{ value: 'a' }]), 9))
    await consumed(log, { group })
    expect(await committed(log, group)).toBe(10n)
  })

  test('commits nothing when its time is over', async () => {
    const log = await logOf(3)
    const timed = await consumed(log, { group, follow: true, timeout: 1000 })
    expect(timed).toMatchObject({ code: 124, stdout: lines('v0', 'v1', 'v2') })
    expect(await committed(log, group)).toBeUndefined()
  })

  test('keeps each partition, also one that -c did not reach', async () => {
    const log = await logOf(3, 2)
    await log.appendBytes('t', 1, batchOf([{ value: 'p1' }]))
    await consumed(log, { group, count: 1 })
    expect([await committed(log, group, 0), await committed(log, group, 1)]).toEqual([1n, 0n])
    expect((await consumed(log, { group })).stdout).toBe(lines('v1', 'v2', 'p1'))
  })

  test('starts elsewhere when told, and from the stored place when told so', async () => {
    const log = await logOf(5)
    expect((await consumed(log, { group, offset: ['-2'] })).stdout).toBe(lines('v3', 'v4'))
    expect((await consumed(log, { group, offset: ['1'], count: 1 })).stdout).toBe(lines('v1'))
    expect((await consumed(log, { group, offset: ['stored'], count: 1 })).stdout).toBe(lines('v2'))
    expect((await consumed(log, { group, last: 1 })).stdout).toBe(lines('v4'))
  })

  test('is tail-able: the last ten only where nothing is stored', async () => {
    const log = await logOf(30)
    expect((await tailed(log, { group, follow: false })).stdout).toBe(lines(...numbered(30, 'v').slice(20)))
    await log.appendBytes('t', 0, batchOf([{ value: 'new' }]))
    expect((await tailed(log, { group, follow: false })).stdout).toBe('new\n')
  })

  test('whose place was trimmed away goes on at the log start, with a warning', async () => {
    const log = await logOf(5)
    await consumed(log, { group, count: 1 })
    await log.use((store) => store.trim({ topic: 't', partition: 0 }, 3n as never))
    const outcome = await consumed(log, { group })
    expect(outcome).toMatchObject({ code: 0, stdout: lines('v3', 'v4') })
    expect(outcome.stderr).toContain('the group stopped at offset 1, but the records from there on were deleted')
  })

  test('that stands behind the end begins again, with a warning', async () => {
    const log = await logOf(2)
    await log.use((store) => store.groups.commit(group, [{ topic: 't', partition: 0, offset: 70n as never }]))
    const outcome = await consumed(log, { group })
    expect(outcome.stdout).toBe(lines('v0', 'v1'))
    expect(outcome.stderr).toContain('the log ends before it')
  })

  test('is for one process at a time', async () => {
    const log = await logOf(2)
    const hold = await log.use((store) => store.groups.hold(group))
    expect(await consumed(log, { group })).toMatchObject({ code: 6, stdout: '' })
    await hold.release()
    expect((await consumed(log, { group })).code).toBe(0)
  })

  test('is not made for a topic that is not there', async () => {
    const log = await logOf(2)
    expect((await consumed(log, { group }, { operands: ['none'] })).code).toBe(3)
    expect(await log.use((store) => store.topicNames())).toEqual(['t'])
  })

  test('commits at its pace while it follows', async () => {
    const log = await logOf(2)
    const reading = consumed(log, { group, follow: true, commit: 'every:50ms', timeout: 2500 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    log.now += 100
    await expect.poll(() => committed(log, group), { timeout: 2300 }).toBe(2n)
    expect((await reading).code).toBe(124)
  })
})
