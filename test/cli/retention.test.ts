import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { retention } from '../../src/cli/retention.ts'
import { retentionSpec } from '../../src/cli/specs/retention.ts'
import type { FlagValue } from '../../src/cli/flag-value.ts'
import { T0 } from '../support/batches.ts'
import { BinaryLog } from '../support/binary-log.ts'
import { ended } from '../support/binary-runner.ts'
import { produceLines } from '../storage/many-producers.ts'
import { type Outcome, ScratchLog } from './scratch-log.ts'

const hour = 3_600_000

/** Topic `t`: segments 0, 1 and 2 with one record each, ten minutes apart; it is one hour later than the first. */
async function logWithTopic(configs: Record<string, string> = {}): Promise<ScratchLog> {
  const log = new ScratchLog()
  await addTopic(log, 't', { 'retention.ms': String(hour - 1000), ...configs })
  log.now = T0 + hour
  return log
}

async function addTopic(log: ScratchLog, name: string, configs: Record<string, string> = {}): Promise<void> {
  await log.createTopic(name, 1, { 'segment.bytes': '80', ...configs })
  for (const i of [0, 1, 2]) await log.append(name, 0, { values: [`value ${i}`], timestamp: T0 + i * 600_000 })
}

function run(log: ScratchLog, flags: Record<string, FlagValue | FlagValue[]>, ...operands: string[]): Promise<Outcome> {
  return log.run(retentionSpec, retention, { operands, flags })
}

const logsOf = (log: ScratchLog, name = 't-0'): number[] =>
  readdirSync(log.path(name))
    .filter((file) => file.endsWith('.log'))
    .map((file) => Number(file.slice(0, 20)))

test('deletes what is due and says nothing into a pipe', async () => {
  const log = await logWithTopic()
  expect(await run(log, {})).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(logsOf(log)).toEqual([1, 2])
})

test('--dry-run lists segments and bytes, one a line, and leaves them', async () => {
  const log = await logWithTopic()
  const { code, stdout } = await run(log, { 'dry-run': true, verbose: true })
  expect([code, stdout]).toEqual([0, 't\t0\t0\t75\tdelete\tlatest record 1h old, retention.ms=59m 59s\n'])
  expect(logsOf(log)).toEqual([0, 1, 2])
})

test('--explain says of every segment why it goes or stays', async () => {
  const log = await logWithTopic()
  const { stdout } = await run(log, { 'dry-run': true, explain: true })
  expect(stdout).toBe(
    [
      't\t0\t0\t75\tdelete\tlatest record 1h old, retention.ms=59m 59s',
      't\t0\t1\t75\tkeep\tlatest record 50m old, retention.ms=59m 59s',
      't\t0\t2\t75\tkeep\tlatest record 40m old, retention.ms=59m 59s',
      '',
    ].join('\n'),
  )
})

test('--json is one document, of a dry run and of a real one', async () => {
  const log = await logWithTopic()
  const dry: unknown = JSON.parse((await run(log, { 'dry-run': true, json: true })).stdout)
  const segment = {
    baseOffset: 0,
    endOffset: 1,
    bytes: 75,
    largestTimestamp: T0,
    action: 'delete',
    reason: 'retention.ms',
  }
  const offsets = { topic: 't', partition: 0, logStartOffset: 0, newLogStartOffset: 1, heldBackBy: null }
  expect(dry).toMatchObject({
    dryRun: true,
    segments: 1,
    bytes: 75,
    rolls: 0,
    partitions: [{ ...offsets, segments: [segment] }],
  })
  const real: unknown = JSON.parse((await run(log, { json: true })).stdout)
  expect(real).toMatchObject({
    dryRun: false,
    segments: 1,
    bytes: 75,
    partitions: [{ ...offsets, deletedSegments: 1 }],
  })
})

test('--exit-code tells that there was nothing to do', async () => {
  const log = await logWithTopic()
  const codes = []
  for (const flags of [{ 'dry-run': true }, {}, { 'dry-run': true }, {}])
    codes.push((await run(log, { 'exit-code': true, ...flags })).code)
  expect(codes).toEqual([0, 0, 4, 4])
})

test('names the segment that holds others back, and what would end that', async () => {
  const log = await logWithTopic({ 'message.timestamp.after.max.ms': '9223372036854775807' })
  await log.createTopic('late', 1, { 'segment.bytes': '80', 'retention.ms': '1000' })
  for (const ms of [2 * hour, 0, 1]) await log.append('late', 0, { values: ['value x'], timestamp: T0 + ms })
  const { code, stderr } = await run(log, { 'dry-run': true }, 'late')
  expect(code).toBe(0)
  expect(stderr).toBe(
    'tslog: late:0 is held back by segment 0: its latest record, 2023-11-15T00:13:20.000Z, is 1h in the future; tslog topics trim late -p 0 -o 1 would end that\n',
  )
})

test('leaves a topic alone that was only copied into the directory', async () => {
  const log = await logWithTopic()
  const other = new ScratchLog()
  await addTopic(other, 'copied')
  await log.use(async (store) => store.topics())
  cpSync(other.path('copied-0'), log.path('copied-0'), { recursive: true })
  log.now = T0 + 365 * 24 * hour
  const { code, stderr } = await run(log, {}, 'copied')
  expect([code, stderr]).toEqual([0, expect.stringContaining('copied is left alone')])
  expect(logsOf(log, 'copied-0')).toEqual([0, 1, 2])
})

describe('a directory of Apache Kafka', () => {
  async function kafkaDirectory(): Promise<ScratchLog> {
    const log = await logWithTopic()
    rmSync(log.path('tslog-topics.json'))
    rmSync(log.path('t-0', 'tslog.lock'))
    log.now = T0 + 30 * 24 * hour
    return log
  }

  test('is planned for by what its metadata says, which is nothing here, and not changed', async () => {
    const log = await kafkaDirectory()
    const before = readdirSync(log.path('t-0'))
    const { code, stdout } = await run(log, { 'dry-run': true })
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('delete')])
    expect(await run(log, {})).toMatchObject({ code: 1, stderr: expect.stringContaining("Apache Kafka's") })
    expect(readdirSync(log.path('t-0'))).toEqual(before)
  })
})

describe('--budget', () => {
  async function twoTopics(): Promise<ScratchLog> {
    const log = new ScratchLog()
    await addTopic(log, 'audit', { 'retention.ms': '-1' })
    await addTopic(log, 'debug', { 'retention.ms': '-1' })
    await log.createTopic('keyed', 1, { 'cleanup.policy': 'compact' })
    // Budgets are numbers of four digits: one of three looks like a share.
    await log.append('keyed', 0, { values: ['x'.repeat(2000)], timestamp: T0 })
    log.now = T0 + hour
    return log
  }

  /** What the partitions take, in bytes, as `--budget` counts. */
  async function used(log: ScratchLog): Promise<number> {
    return ['audit-0', 'debug-0', 'keyed-0']
      .flatMap((name) => readdirSync(log.path(name)).map((file) => statSync(log.path(name, file)).size))
      .reduce((sum, size) => sum + size, 0)
  }

  test('takes the oldest closed segments of all topics until they fit, at once', async () => {
    const log = await twoTopics()
    const { code } = await run(log, { budget: String((await used(log)) - 50), yes: true })
    expect(code).toBe(0)
    expect([logsOf(log, 'audit-0'), logsOf(log, 'debug-0')]).toEqual([
      [1, 2],
      [0, 1, 2],
    ])
    expect(readdirSync(log.path('audit-0')).filter((name) => name.endsWith('.deleted'))).toEqual([])
  })

  test('lets a weight keep a topic longer', async () => {
    const log = await twoTopics()
    await run(log, { budget: String((await used(log)) - 150), weight: ['audit=5'], yes: true })
    expect([logsOf(log, 'audit-0'), logsOf(log, 'debug-0')]).toEqual([[0, 1, 2], [2]])
  })

  test('says when it cannot be kept, having done what it could', async () => {
    const log = await twoTopics()
    const { code, stderr } = await run(log, { budget: '1000', yes: true })
    expect([code, stderr]).toEqual([1, expect.stringContaining('remain over the budget')])
    expect([logsOf(log, 'audit-0'), logsOf(log, 'debug-0')]).toEqual([[2], [2]])
  })

  test.each([
    [{ budget: '20GiB' }, [], '--yes'],
    [{ budget: 'plenty', yes: true }, [], '--budget'],
    [{ budget: '120%', yes: true }, [], '--budget'],
    [{ budget: '20GiB', yes: true }, ['t'], '--budget is for the whole directory'],
    [{ weight: ['audit=5'] }, [], '--weight is nothing without --budget'],
    [{ budget: '20GiB', weight: ['audit'], yes: true }, [], '--weight'],
  ])('%j %j is refused', async (flags, operands, message) => {
    const log = await logWithTopic()
    const { code, stderr } = await run(log, flags, ...operands)
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  test('in percent is a share of the file system', async () => {
    const log = await twoTopics()
    expect((await run(log, { budget: '100%', yes: true, 'exit-code': true })).code).toBe(4)
  })
})

test.each([['a topic that is not there', ['nope'], 3, 'topic "nope" is not in']])(
  '%s ends with its exit code',
  async (_, operands, code, message) => {
    const log = await logWithTopic()
    expect(await run(log, {}, ...operands)).toMatchObject({ code, stderr: expect.stringContaining(message) })
  },
)

test('a directory that is not there is not made', async () => {
  const log = new ScratchLog()
  expect(await run(log, {})).toMatchObject({ code: 3, stdout: '' })
  expect(readdirSync(log.home).toSorted()).toEqual(['stderr', 'stdout'])
})

test('a segment that cannot be renamed fails its partition; the others are done', async () => {
  const log = await logWithTopic()
  await addTopic(log, 'u', { 'retention.ms': String(hour - 1000) })
  // A directory of that name is in the way.
  mkdirSync(log.path('t-0', '00000000000000000000.log.deleted'))
  writeFileSync(log.path('t-0', '00000000000000000000.log.deleted', 'x'), '')
  const { code, stdout, stderr } = await run(log, { json: true })
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^tslog: t:0: cannot rename/)])
  // Only what was done counts.
  expect(JSON.parse(stdout)).toMatchObject({ segments: 1, bytes: 75 })
  expect(logsOf(log, 'u-0')).toEqual([1, 2])
})

describe('--recompress', () => {
  /** A topic with four closed segments of lines that say nearly the same. */
  function logWithLines(): BinaryLog {
    const log = new BinaryLog()
    log.done(['topics', 'create', 't', '-c', 'segment.bytes=40000'])
    log.done(['produce', 't', '--batch-size', '20000'], lines)
    return log
  }
  const lines = Array.from({ length: 3000 }, (_, i) => `a line that is much like any other, but for ${i}\n`).join('')

  test('makes closed segments smaller once, in threads, and every record stays', () => {
    const log = logWithLines()
    const dry = log.done(['retention', '--recompress', 'zstd:19', '-n'])
    expect(dry).toMatch(/^t\t0\t0\t\d+\trecompress\t/)
    const done: unknown = JSON.parse(log.done(['retention', '--recompress', 'zstd:19', '--json']))
    expect(done).toMatchObject({ recompressed: { segments: dry.split('\n').length - 1, damaged: 0, failed: 0 } })
    expect(log.done(['consume', 't'])).toBe(lines)
    expect(log.run(['retention', '--recompress', 'zstd:19', '--exit-code']).code).toBe(4)
    expect(log.run(['verify']).code).toBe(0)
  })

  test('stopped at any moment it leaves a log that the next run finishes', async () => {
    for (const afterMs of [60, 150]) {
      const log = logWithLines()
      const run = log.start(['retention', '--recompress', 'zstd:19'])
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      await ended(run, 'SIGKILL')
      expect(log.done(['consume', 't'])).toBe(lines)
      log.done(['retention', '--recompress', 'zstd:19'])
      expect(log.done(['consume', 't'])).toBe(lines)
      expect(readdirSync(`${log.directory}/t-0`).filter((name) => /cleaned|swap|deleted/.test(name))).toEqual([])
    }
  })

  test.each(['none', 'zstd:99', 'brotli'])('%s is refused', async (codec) => {
    const log = await logWithTopic()
    expect(await run(log, { recompress: codec })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--recompress'),
    })
  })
})

test('producers and a reader in other processes go on while it runs', async () => {
  const log = new BinaryLog()
  log.done([
    'topics',
    'create',
    't',
    '-c',
    'segment.bytes=2000',
    '-c',
    'retention.bytes=6000',
    '-c',
    'file.delete.delay.ms=0',
  ])
  const reader = log.start(['consume', 't', '--follow', '-f', '%o %s\\n', '-u', '-q'])
  let text = ''
  reader.stdout?.on('data', (data: Buffer) => (text += data.toString()))
  const producers = Array.from({ length: 2 }, (_, n) =>
    produceLines(log, { name: `p${n}`, count: 400, flags: ['--linger', '0', '--batch-size', '50'] }),
  )
  const isOver = Promise.all(producers).then(() => true)
  let runs = 0
  while (!(await Promise.race([isOver, Promise.resolve(false)]))) {
    log.done(['retention'])
    runs++
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect((await Promise.all(producers)).map(({ code }) => code)).toEqual([0, 0])
  await expect.poll(() => /^799 /m.test(text), { timeout: 10_000 }).toBe(true)
  await ended(reader, 'SIGTERM')
  expect(runs).toBeGreaterThan(0)
  const offsets = text
    .split('\n')
    .slice(0, -1)
    .map((line) => Number(line.split(' ', 1)[0]))
  expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
  log.done(['retention'])
  const kept = log.numbered('t')
  expect(kept.map(({ offset }) => offset)).toEqual(kept.map((_, i) => 800 - kept.length + i))
  expect(readdirSync(`${log.directory}/t-0`).filter((name) => name.endsWith('.log')).length).toBeLessThan(8)
})
