import { describe, expect, test } from 'vitest'
import { numbered, T0 } from '../../support/batches.ts'
import { ScratchLog } from '../scratch-log.ts'
import { batchOf, consumed, lines, withGapAfter } from './reading.ts'

/** Ten records in three batches: offsets 0 to 9, one a second. */
async function tenRecords(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t')
  const records = Array.from({ length: 10 }, (_, i) => ({ value: `v${i}`, at: i * 1000 }))
  await log.appendBytes('t', 0, batchOf(records.slice(0, 4)), batchOf(records.slice(4, 9)), batchOf(records.slice(9)))
  return log
}

const all = Array.from({ length: 10 }, (_, i) => `v${i}`)
const at = (seconds: number): string => String(T0 + seconds * 1000)

describe('consume starts and ends where it is told', () => {
  test.each<[string, Record<string, string | number | string[]>, string[]]>([
    ['at the beginning by itself', {}, all],
    ['at the beginning', { offset: ['beginning'] }, all],
    ['at the end', { offset: ['end'] }, []],
    ['at an offset inside a batch', { offset: ['6'] }, all.slice(6)],
    ['at the end by its offset', { offset: ['10'] }, []],
    ['so many before the end', { offset: ['-3'] }, all.slice(7)],
    ['no further back than the beginning', { offset: ['-30'] }, all],
    ['at a time', { offset: [`s@${at(5)}`] }, all.slice(5)],
    ['at the first record after a time', { offset: [`s@${T0 + 4500}`] }, all.slice(5)],
    ['nowhere for a time that is still to come', { offset: [`s@${at(99)}`] }, []],
    ['before a time', { offset: [`e@${at(7)}`] }, all.slice(0, 7)],
    ['between two times', { offset: [`s@${at(2)}`, `e@${at(6)}`] }, all.slice(2, 6)],
    ['since a time', { since: at(8) }, all.slice(8)],
    ['until a time', { until: at(3) }, all.slice(0, 3)],
    ['since and until', { since: at(3), until: at(5) }, all.slice(3, 5)],
    ['with the last records', { last: 2 }, all.slice(8)],
    ['with the last records of a range of time', { last: 2, until: at(5) }, all.slice(3, 5)],
    ['with none', { last: 0 }, []],
    ['after a number of records', { count: 6 }, all.slice(0, 6)],
    ['after none', { count: 0 }, []],
    ['at an offset, after a number', { offset: ['3'], count: 3 }, all.slice(3, 6)],
    ['after more than there are', { count: 60 }, all],
  ])('%s', async (_name, flags, values) => {
    expect(await consumed(await tenRecords(), flags)).toEqual({ code: 0, stdout: lines(...values), stderr: '' })
  })

  test('the last records are exact where compaction left gaps', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const gaps = numbered(30).map((value) => withGapAfter(batchOf([{ value }, { value: `${value}b` }]), 700))
    await log.appendBytes('t', 0, ...gaps)
    expect((await consumed(log, { last: 3 })).stdout).toBe(lines('value-28b', 'value-29', 'value-29b'))
    expect((await consumed(log, { offset: ['-59'] })).stdout.split('\n').length).toBe(60)
    expect((await consumed(log, { last: 61 })).stdout.split('\n').length).toBe(61)
  })

  test('a start in a gap goes on at the next record', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    await log.appendBytes('t', 0, withGapAfter(batchOf([{ value: 'a' }]), 5), batchOf([{ value: 'b' }]))
    expect((await consumed(log, { offset: ['3'], count: 1 })).stdout).toBe('b\n')
  })

  test('times that go back are told by each record, not by its place', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const values = [
      { value: 'a', at: 1000 },
      { value: 'from the future', at: 99_000 },
      { value: 'b', at: 2000 },
      { value: 'c', at: 3000 },
    ]
    await log.appendBytes('t', 0, batchOf(values))
    expect((await consumed(log, { since: at(2) })).stdout).toBe(lines('from the future', 'b', 'c'))
    expect((await consumed(log, { since: at(2), until: at(50) })).stdout).toBe(lines('b', 'c'))
    expect((await consumed(log, { until: at(50) })).stdout).toBe(lines('a', 'b', 'c'))
    await log.appendBytes(
      't',
      0,
      batchOf([
        { value: 'd', at: 9000 },
        { value: 'late', at: 10 },
        { value: 'e', at: 9001 },
      ]),
    )
    expect((await consumed(log, { since: at(4), until: at(50) })).stdout).toBe(lines('d', 'e'))
  })

  test('an empty topic gives nothing', async () => {
    const log = new ScratchLog()
    await log.createTopic('t', 3)
    const nothing = { code: 0, stdout: '', stderr: '' }
    for (const flags of [{}, { last: 5 }, { offset: ['0'] }, { offset: ['-1'] }, { since: '1h' }, { merge: 'time' }]) {
      expect(await consumed(log, flags)).toEqual(nothing)
    }
    expect(await consumed(log, { 'exit-code': true })).toEqual({ ...nothing, code: 4 })
  })
})

describe('consume says what is not there', () => {
  test.each([
    [{ offset: ['11'] }, ['t'], 3, 'offset 11 is not in t [0], which has offsets [0, 10)'],
    [{ partition: ['4'] }, ['t'], 3, 'topic t has no partition 4'],
    [{ partition: ['0,2-5'] }, ['t'], 3, 'topic t has no partition 2'],
    [{}, ['tt'], 3, 'did you mean t?'],
    [{}, ['t', 'other-topic'], 3, 'other-topic'],
    [{ offset: ['stored'] }, ['t'], 2, '-o stored'],
    [{ since: 'noonish' }, ['t'], 2, '--since'],
    [{ grep: '(' }, ['t'], 2, '--grep'],
    [{ commit: 'every:5s' }, ['t'], 2, '--commit needs a group'],
    [{ 'invert-match': true }, ['t'], 2, '--invert-match'],
    [{ 'meta-only': true, format: '%o' }, ['t'], 2, '--meta-only'],
  ])('%j %j ends with exit code %i', async (flags, operands, code, message) => {
    const outcome = await consumed(await tenRecords(), flags, { operands: [...operands] })
    expect(outcome).toEqual({ code, stdout: '', stderr: expect.stringContaining(message) })
  })

  test('an offset that was trimmed away is out of range', async () => {
    const log = await tenRecords()
    await log.use((store) => store.trim({ topic: 't', partition: 0 }, 6n as never))
    expect((await consumed(log, { offset: ['2'] })).stderr).toContain('[6, 10)')
    expect((await consumed(log)).stdout).toBe(lines(...all.slice(6)))
    expect((await consumed(log, { last: 9 })).stdout).toBe(lines(...all.slice(6)))
  })
})

describe('several partitions', () => {
  async function threePartitions(): Promise<ScratchLog> {
    const log = new ScratchLog()
    await log.createTopic('t', 3)
    for (let i = 0; i < 12; i++) await log.appendBytes('t', i % 3, batchOf([{ value: `v${i}`, at: i * 1000 }]))
    return log
  }

  test('are read one after the other', async () => {
    const { stdout } = await consumed(await threePartitions())
    expect(stdout).toBe(lines(...[0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11].map((i) => `v${i}`)))
  })

  test('are merged by time on request', async () => {
    const { stdout } = await consumed(await threePartitions(), { merge: 'time' })
    expect(stdout).toBe(lines(...Array.from({ length: 12 }, (_, i) => `v${i}`)))
  })

  test('some of them can be chosen', async () => {
    const log = await threePartitions()
    expect((await consumed(log, { partition: ['0', '2-'], merge: 'time', count: 4 })).stdout).toBe(
      lines('v0', 'v2', 'v3', 'v5'),
    )
  })

  test('give the last records of the topic by time', async () => {
    const log = await threePartitions()
    expect((await consumed(log, { last: 4 })).stdout).toBe(lines('v8', 'v9', 'v10', 'v11'))
    expect((await consumed(log, { last: 4, merge: 'none' })).stdout).toBe(lines('v9', 'v10', 'v8', 'v11'))
    expect((await consumed(log, { last: 4, partition: ['1'] })).stdout).toBe(lines('v1', 'v4', 'v7', 'v10'))
  })

  test('count backwards each for itself with -o -N', async () => {
    expect((await consumed(await threePartitions(), { offset: ['-1'] })).stdout).toBe(lines('v9', 'v10', 'v11'))
  })

  test('several topics are several of them', async () => {
    const log = await threePartitions()
    await log.createTopic('u')
    await log.appendBytes('u', 0, batchOf([{ value: 'u0', at: 4500 }]))
    const both = { operands: ['u', 't', 'u'] }
    expect((await consumed(log, { count: 2 }, both)).stdout).toBe(lines('u0', 'v0'))
    expect((await consumed(log, { merge: 'time' }, both)).stdout.split('\n')[5]).toBe('u0')
    expect((await consumed(log, { last: 1 }, both)).stdout).toBe(lines('u0', 'v11'))
  })
})
