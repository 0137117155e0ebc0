import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { verify } from '../../src/cli/verify.ts'
import { verifySpec } from '../../src/cli/specs/verify.ts'
import { BinaryLog } from '../support/binary-log.ts'
import { ended, fingerprint, outcome } from '../support/binary-runner.ts'
import { ScratchLog } from './scratch-log.ts'

const segment = '00000000000000000000.log'

async function logWithTopics(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', 2)
  await log.append('t', 0, { values: ['a', 'b'] }, { values: ['c'] }, { values: ['d'] })
  await log.createTopic('u')
  await log.append('u', 0, { values: ['x'] })
  return log
}

function flip(log: ScratchLog, file: string, at: number): void {
  const bytes = readFileSync(log.path(file))
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at)
  writeFileSync(log.path(file), bytes)
}

describe('a whole directory', () => {
  test('is said nothing about', async () => {
    const log = await logWithTopics()
    expect(await log.run(verifySpec, verify)).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('is summed up with -v and with --json', async () => {
    const log = await logWithTopics()
    const { stderr } = await log.run(verifySpec, verify, { flags: { verbose: true } })
    expect(stderr).toMatch(/^tslog: verified 3 partitions, 2 segments, \d+ B, 5 records in .*: no damage\n$/)
    const { stdout } = await log.run(verifySpec, verify, { flags: { json: true, deep: true } })
    expect(JSON.parse(stdout)).toMatchObject({
      directory: log.directory,
      isWhole: true,
      damages: 0,
      records: 5,
      partitions: [
        { topic: 't', partition: 0, segments: 1, batches: 3, records: 4, logStartOffset: 0, logEndOffset: 4 },
        { topic: 't', partition: 1, segments: 0, batches: 0, records: 0, logStartOffset: 0, logEndOffset: 0 },
        { topic: 'u', partition: 0, segments: 1, batches: 1, records: 1, logStartOffset: 0, logEndOffset: 1 },
      ],
      findings: [],
    })
  })

  test('may hold what waits to be removed: a note, and no damage', async () => {
    const log = await logWithTopics()
    writeFileSync(log.path('t-0', `${segment}.deleted`), '')
    expect(await log.run(verifySpec, verify)).toEqual({ code: 0, stdout: '', stderr: '' })
    const { code, stdout } = await log.run(verifySpec, verify, { flags: { verbose: true } })
    expect([code, stdout]).toEqual([
      0,
      `note\tleftover\tt-0/${segment}.deleted\t0\t0\t-\t-\tit was deleted and waits to be removed\n`,
    ])
  })
})

describe('damage', () => {
  test('is told with file, bytes and offsets, and ends with exit code 5', async () => {
    const log = await logWithTopics()
    flip(log, `t-0/${segment}`, 70)
    const { code, stdout, stderr } = await log.run(verifySpec, verify)
    const line = /^damage\tbatch\tt-0\/0{20}\.log\t0\t\d+\t0\t1\tthe CRC of a batch is wrong\n$/
    expect([code, stdout, stderr]).toEqual([5, expect.stringMatching(line), expect.stringContaining('1 damaged place')])
  })

  test('is looked for in the topics and partitions that are named only', async () => {
    const log = await logWithTopics()
    flip(log, `t-0/${segment}`, 70)
    expect((await log.run(verifySpec, verify, { operands: ['u'] })).code).toBe(0)
    expect((await log.run(verifySpec, verify, { operands: ['t'] })).code).toBe(5)
    expect((await log.run(verifySpec, verify, { operands: ['t'], flags: { partition: ['1'] } })).code).toBe(0)
    expect((await log.run(verifySpec, verify, { operands: ['tt'] })).code).toBe(3)
    expect((await log.run(verifySpec, verify, { operands: ['t'], flags: { partition: ['2'] } })).code).toBe(3)
  })

  test('is one JSON document with --json, and nothing on stderr', async () => {
    const log = await logWithTopics()
    flip(log, `t-0/${segment}`, 70)
    const { code, stdout, stderr } = await log.run(verifySpec, verify, { flags: { json: true } })
    expect([code, stderr]).toEqual([5, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      isWhole: false,
      damages: 1,
      findings: [
        {
          severity: 'damage',
          kind: 'batch',
          file: `t-0/${segment}`,
          position: 0,
          firstOffset: 0,
          lastOffset: 1,
          reason: 'the CRC of a batch is wrong',
        },
      ],
    })
  })

  test('inside of a batch whose checksum is right is found by --deep', async () => {
    const log = await logWithTopics()
    const { RecordBatch } = await import('../../src/record/record-batch.ts')
    const bytes = readFileSync(log.path('u-0', segment))
    bytes.writeUInt8(0x7f, 61)
    new RecordBatch(bytes).sealCrc()
    writeFileSync(log.path('u-0', segment), bytes)
    expect((await log.run(verifySpec, verify)).code).toBe(0)
    const { code, stdout } = await log.run(verifySpec, verify, { flags: { deep: true } })
    expect([code, stdout.split('\t').slice(0, 2)]).toEqual([5, ['damage', 'records']])
  })

  test.each<[string, (log: ScratchLog) => void, string]>([
    ['a directory that keeps Kafka from starting', (log) => mkdirSync(log.path('backup')), 'backup'],
    ['a partition that is gone', (log) => rmSync(log.path('t-1'), { recursive: true }), 't-1'],
    ['a broken checkpoint', (log) => writeFileSync(log.path('recovery-point-offset-checkpoint'), 'x\n'), 'recovery-'],
    ['a broken catalog', (log) => writeFileSync(log.path('tslog-topics.json'), '{'), 'tslog-topics.json'],
    ['a catalog that is gone', (log) => rmSync(log.path('tslog-topics.json')), 'tslog-topics.json'],
    ['a broken identity', (log) => writeFileSync(log.path('meta.properties'), 'version=x\n'), 'meta.properties'],
    ['a name that Kafka refuses', (log) => writeFileSync(log.path('t-0', 'copy.log'), ''), 't-0/copy.log'],
    ['an index without its log', (log) => appendFileSync(log.path('t-0', '00000000000000000009.index'), ''), 't-0/'],
    ['a topic id of another', (log) => appendFileSync(log.path('t-0', 'partition.metadata'), 'x'), 't-0/partition.'],
  ])('is also %s', async (_what, damage, file) => {
    const log = await logWithTopics()
    damage(log)
    const { code, stdout } = await log.run(verifySpec, verify)
    expect(code).toBe(5)
    expect(stdout.split('\n')[0]?.split('\t')[2]).toContain(file)
  })
})

test('works on directories only', async () => {
  const log = new BinaryLog()
  const { code, stderr } = log.run(['verify', '-b', 'localhost:9092'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('director')])
})

test('touches nothing, and finds nothing wrong while producers write and roll beside it', async () => {
  const log = new BinaryLog()
  log.done(['topics', 'create', 't', '--config', 'segment.bytes=30000'])
  const words = ['produce', 't', '--fsync', 'never', '--batch-size', '400']
  const producers = [0, 1, 2].map(() => log.start(words))
  const feed = setInterval(() => {
    for (const { stdin } of producers) stdin?.write('a line of some length\n'.repeat(200))
  }, 3)
  for (let run = 0; run < 6; run++) {
    const { code, stdout, stderr } = await outcome(log.start(['verify', 't']))
    expect([code, stdout.toString(), stderr]).toEqual([0, '', ''])
  }
  clearInterval(feed)
  for (const producer of producers) producer.stdin?.end()
  for (const producer of producers) await ended(producer)
  expect(readdirSync(log.path('t-0')).filter((name) => name.endsWith('.log')).length).toBeGreaterThan(2)
  const before = fingerprint(log.directory)
  expect(log.run(['verify']).code).toBe(0)
  expect(fingerprint(log.directory)).toEqual(before)
})
