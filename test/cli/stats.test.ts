import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { stats } from '../../src/cli/stats.ts'
import { statsSpec } from '../../src/cli/specs/stats.ts'
import { numbered, T0 } from '../support/batches.ts'
import { ScratchLog } from './scratch-log.ts'

/** `t`: three batches in partition 0, an hour apart, and one in partition 1. */
async function logWithTopic(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', 2)
  await log.append(
    't',
    0,
    { values: ['aa', 'bb'], key: 'k1', timestamp: T0 },
    { values: ['cc', null], key: 'k2', codec: 'gzip', timestamp: T0 + 3_600_000 },
    { values: ['dd'], timestamp: T0 + 7_200_000 },
  )
  await log.append('t', 1, { values: ['ee'], key: 'k1', timestamp: T0 })
  return log
}

const run = (log: ScratchLog, flags = {}, operands: string[] = [], onTerminal = false) =>
  log.run(statsSpec, stats, { operands, flags: { top: 10, ...flags }, onTerminal, environment: { LANG: 'C.UTF-8' } })

interface Counted {
  readonly topics: Record<string, unknown>[]
}

const json = async (log: ScratchLog, flags = {}): Promise<Record<string, unknown> | undefined> =>
  (JSON.parse((await run(log, { json: true, ...flags })).stdout) as Counted).topics[0]

test('--json counts records, bytes, codecs, keys and times', async () => {
  const log = await logWithTopic()
  const counted = await json(log)
  expect(counted).toMatchObject({
    topic: 't',
    records: 6,
    batches: 4,
    payloadBytes: 10 + 10,
    tombstones: 1,
    firstTimestamp: T0,
    lastTimestamp: T0 + 7_200_000,
    codecs: { none: { batches: 3, records: 4 }, gzip: { batches: 1, records: 2 } },
    keys: {
      distinct: 2,
      isAtLeast: false,
      keylessRecords: 1,
      top: [
        { key: 'k1', count: 3 },
        { key: 'k2', count: 2 },
      ],
    },
    partitions: [
      { partition: 0, logStartOffset: 0, logEndOffset: 5, records: 5, batches: 3, codecs: ['none', 'gzip'] },
      { partition: 1, logStartOffset: 0, logEndOffset: 1, records: 1, batches: 1, codecs: ['none'] },
    ],
  })
  expect(counted?.['bytes']).toBe(counted?.['diskBytes'])
  const slots = counted?.['slots'] as { from: number; slotMs: number; records: number[] }
  expect(slots.records.reduce((sum, count) => sum + count, 0)).toBe(6)
})

test('--top 0 looks at headers only and counts the same', async () => {
  const log = await logWithTopic()
  const counted = await json(log, { top: 0 })
  const all = await json(log)
  expect(counted).toEqual({ ...all, payloadBytes: null, tombstones: null, keys: null })
})

test.each([
  [{ since: String(T0 + 1) }, 3],
  [{ until: String(T0 + 3_600_000) }, 3],
  [{ since: String(T0 + 1), until: String(T0 + 7_200_000) }, 2],
  [{ since: '1h' }, 6],
  [{ since: 'now' }, 3],
])('%j counts %i records', async (flags, records) => {
  const log = await logWithTopic()
  expect((await json(log, flags))?.['records']).toBe(records)
  expect((await json(log, { ...flags, top: 0 }))?.['records']).toBe(records)
})

test('a pipe gets lines of their kinds, with a sparkline of at most 60 bars', async () => {
  const log = await logWithTopic()
  const { code, stdout } = await run(log, {}, ['t'])
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  expect(code).toBe(0)
  expect(lines.map(([kind]) => kind)).toEqual([
    'topic',
    'partition',
    'partition',
    'codec',
    'codec',
    'sparkline',
    'key',
    'key',
  ])
  expect(lines[5]?.slice(2)).toEqual([String(T0 - (T0 % 300_000)), '300000', '█           ▆           ▃'])
  expect(lines[6]).toEqual(['key', 't', '3', 'k1'])
})

test('a terminal gets tables', async () => {
  const log = await logWithTopic()
  const { stdout } = await run(log, {}, ['t'], true)
  expect(stdout).toMatch(/^t {2}6 records, 20 B of keys and values, \d+ B on the disk\n/)
  expect(stdout).toContain(
    '2023-11-14T22:13:20.000Z to 2023-11-15T00:13:20.000Z\n2m a slot, at most 3 records in one\n',
  )
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(stdout).toContain('codecs: none in 3 batches')
  expect(stdout).toContain('keys: 2 different keys, 1 record without\n')
  expect(stdout).toMatch(/│ k1 +│ +3 │ 50.0 % │/)
})

test('--slot sets the length of a slot', async () => {
  const log = await logWithTopic()
  expect((await json(log, { slot: 3_600_000 }))?.['slots']).toEqual({
    from: T0 - (T0 % 3_600_000),
    slotMs: 3_600_000,
    records: [3, 2, 1],
  })
  const { code, stderr } = await run(log, { slot: 1 })
  expect([code, stderr]).toEqual([2, expect.stringContaining('--slot')])
})

test('only what can still be read counts, and nothing that comes meanwhile', async () => {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.append('t', 0, { values: numbered(5) })
  await log.use((store) => store.trim({ topic: 't', partition: 0 }, offset(2)))
  expect((await json(log))?.['records']).toBe(3)
  expect((await json(log, { top: 0 }))?.['records']).toBe(3)
})

test('an empty topic has nothing to draw', async () => {
  const log = new ScratchLog()
  await log.createTopic('t')
  expect((await run(log)).stdout).toBe(
    'topic\tt\t0\t0\t0\t0\t0\t-\t-\t0\t0\npartition\tt\t0\t0\t0\t0\t0\t0\t0\t-\t-\t-\n',
  )
  expect((await run(log, {}, [], true)).stdout).toMatch(/^t {2}0 records/)
})

test('topics of the log itself are counted when they are named', async () => {
  const log = await logWithTopic()
  await log.createTopic('__consumer_offsets')
  expect((await run(log)).stdout).not.toContain('__consumer_offsets')
  expect((await run(log, {}, ['__consumer_offsets'])).stdout).toContain('topic\t__consumer_offsets\t0')
})

test('damage is said, the rest counted, and the exit code is 5', async () => {
  const log = await logWithTopic()
  const path = log.path('t-0', '00000000000000000000.log')
  const bytes = readFileSync(path)
  bytes.writeUInt8(0xee, 75)
  writeFileSync(path, bytes)
  const { code, stdout, stderr } = await run(log, {}, ['t'])
  expect([code, stdout.split('\t')[2]]).toEqual([5, '4'])
  expect(stderr).toContain(`${path}: damaged at byte 0, offsets 0 to 1`)
})

test.each([
  [['tt'], {}, 3, 'did you mean t?'],
  [['t'], { since: 'soon' }, 2, '--since'],
  [['t'], { slot: 0 }, 2, '--slot'],
])('%j %j ends with exit code %i', async (operands, flags, code, message) => {
  const outcome = await run(await logWithTopic(), flags, operands)
  expect([outcome.code, outcome.stdout, outcome.stderr]).toEqual([code, '', expect.stringContaining(message)])
})
