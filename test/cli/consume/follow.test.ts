import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { numbered } from '../../support/batches.ts'
import { ScratchLog } from '../scratch-log.ts'
import { batchOf, consumed, lines } from './reading.ts'

async function logOf(...values: readonly string[]): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', 2)
  await log.appendBytes('t', 0, batchOf(values.map((value) => ({ value }))))
  return log
}

const add = (log: ScratchLog, partition: number, value: string): Promise<void> =>
  log.appendBytes('t', partition, batchOf([{ value }]))

describe('consume --follow', () => {
  test('prints what is there and then what comes, in any partition', async () => {
    const log = await logOf('a', 'b')
    const reading = consumed(log, { follow: true, count: 5 })
    await sleep(300)
    await add(log, 1, 'c')
    await sleep(300)
    await add(log, 0, 'd')
    await add(log, 0, 'e')
    expect(await reading).toEqual({ code: 0, stdout: lines('a', 'b', 'c', 'd', 'e'), stderr: '' })
  })

  test('goes on through rolls', async () => {
    const log = new ScratchLog()
    await log.createTopic('t', 1, { 'segment.bytes': '1048576' })
    const big = 'x'.repeat(400_000)
    const reading = consumed(log, { follow: true, count: 12, format: '%o %S\\n' })
    for (let i = 0; i < 12; i++) await add(log, 0, big)
    expect((await reading).stdout).toBe(lines(...numbered(12, '').map((offset) => `${offset} 400000`)))
  })

  test('says which records a trim took away before they were read', async () => {
    const log = await logOf(...numbered(5))
    const reading = consumed(log, { follow: true, offset: ['end'], partition: ['0'], count: 1 })
    await sleep(300)
    await log.use(async (store) => {
      const appender = await store.openAppender('t')
      for (const value of ['gone', 'kept']) {
        appender.append(0, { bytes: batchOf([{ value }]), durability: 'never', moreFollows: false })
      }
      await store.trim({ topic: 't', partition: 0 }, 6n as never)
    })
    const { code, stdout, stderr } = await reading
    // The follower may have looked in between.
    expect([`kept\n`, `gone\n`]).toContain(stdout)
    expect(code).toBe(0)
    if (stdout === 'kept\n') expect(stderr).toContain('t [0]: deleted before being read: offset 5')
  })

  test('ends when its topic is deleted', async () => {
    const log = await logOf('a')
    const reading = consumed(log, { follow: true })
    await sleep(300)
    await log.use((store) => store.deleteTopic('t'))
    expect(await reading).toEqual({
      code: 3,
      stdout: 'a\n',
      stderr: expect.stringContaining('topic t was deleted while it was followed'),
    })
  })

  test('ends when its topic is deleted and made again', async () => {
    const log = await logOf('a')
    const reading = consumed(log, { follow: true })
    await sleep(300)
    await log.use((store) => store.deleteTopic('t'))
    await log.createTopic('t', 2)
    expect((await reading).code).toBe(3)
  })

  test('ends when its topic, of which nothing was read, is deleted and made again', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const reading = consumed(log, { follow: true, timeout: 10_000 })
    await sleep(300)
    await log.use((store) => store.deleteTopic('t'))
    await log.createTopic('t')
    expect((await reading).code).toBe(3)
  })

  test('reads partitions that come later from their start', async () => {
    const log = await logOf('a')
    const reading = consumed(log, { follow: true, offset: ['end'], count: 2, timeout: 10_000 })
    await sleep(300)
    await log.use((store) => store.alterTopic('t', { partitionCount: 4, configs: new Map() }))
    await add(log, 3, 'b')
    await add(log, 3, 'c')
    expect(await reading).toEqual({ code: 0, stdout: lines('b', 'c'), stderr: '' })
  })

  test('leaves out partitions that come later and were not asked for', async () => {
    const log = await logOf('a')
    const reading = consumed(log, { follow: true, partition: ['1'], timeout: 1500 })
    await sleep(300)
    await log.use((store) => store.alterTopic('t', { partitionCount: 3, configs: new Map() }))
    await add(log, 2, 'b')
    expect(await reading).toMatchObject({ code: 124, stdout: '' })
  })

  test('does not wait for a topic that is not there', async () => {
    const log = await logOf('a')
    expect((await consumed(log, { follow: true }, { operands: ['none'] })).code).toBe(3)
  })

  test('merges what comes at once by time', async () => {
    const log = await logOf('before')
    const reading = consumed(log, { follow: true, merge: 'time', count: 2, offset: ['end'] })
    await sleep(300)
    await log.use(async (store) => {
      const appender = await store.openAppender('t')
      appender.append(0, { bytes: batchOf([{ value: 'later', at: 5 }]), durability: 'never', moreFollows: false })
      appender.append(1, { bytes: batchOf([{ value: 'first', at: 1 }]), durability: 'never', moreFollows: false })
    })
    expect((await reading).stdout.split('\n').toSorted()).toEqual(['', 'first', 'later'])
  })
})
