import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { offset, producerId } from '../../src/base/brands.ts'
import { dump } from '../../src/cli/dump.ts'
import { dumpSpec } from '../../src/cli/specs/dump.ts'
import { buildEndTransactionMarker } from '../../src/record/control-record.ts'
import { leaderEpoch } from '../../src/base/brands.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { encodeProducerSnapshot } from '../../src/storage/producer-snapshot.ts'
import { batch, numbered, T0 } from '../support/batches.ts'
import { metadataBatch, metadataRecord, metadataSnapshot, topicId, topicRecord } from '../support/metadata-log.ts'
import { type Outcome, ScratchLog } from './scratch-log.ts'

const run = (log: ScratchLog, source: string, flags = {}, onTerminal = false): Promise<Outcome> =>
  log.run(dumpSpec, dump, { operands: [source], flags, onTerminal })

async function json(log: ScratchLog, source: string, flags = {}): Promise<Record<string, unknown>[]> {
  const { stdout } = await run(log, source, { json: true, ...flags })
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Three batches of two records in `t` partition 0. */
async function logWithTopic(configs: Record<string, string> = {}): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t', 2, configs)
  await log.append(
    't',
    0,
    { values: ['a', 'b'], key: 'k' },
    { values: ['c', null], codec: 'gzip' },
    { values: ['e', 'f'] },
  )
  return log
}

const segment = '00000000000000000000.log'

describe('the batches of a topic', () => {
  test('come as one line each in a pipe', async () => {
    const log = await logWithTopic()
    const { code, stdout, stderr } = await run(log, 't:0')
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
    expect(lines.map((cells) => cells.slice(0, 5))).toEqual([
      ['batch', '0', '1', '2', '0'],
      ['batch', '2', '3', '2', expect.any(String)],
      ['batch', '4', '5', '2', expect.any(String)],
    ])
    expect(lines[1]?.slice(6)).toEqual([
      '2',
      'gzip',
      'CreateTime',
      String(T0),
      String(T0),
      '0',
      '-1',
      '-1',
      '-1',
      '',
      expect.stringMatching(/^[0-9a-f]{8}$/),
      'true',
      segment,
    ])
  })

  test('come with their records, whose bytes are as they are', async () => {
    const log = await logWithTopic()
    const { stdout } = await run(log, 't:0', { records: true, count: 2 })
    expect(stdout.split('\n').filter((line) => line.startsWith('record'))).toEqual([
      `record\t0\t${T0}\tk\t[]\ta`,
      `record\t1\t${T0}\tk\t[]\tb`,
      `record\t2\t${T0}\t-\t[]\tc`,
      `record\t3\t${T0}\t-\t[]\t-`,
    ])
  })

  test('come as JSON, what is not UTF-8 as base64', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1000 })
    const headers = [
      { key: 'h', value: Uint8Array.of(255) },
      { key: 'n', value: null },
    ]
    builder.append({ key: null, value: Uint8Array.of(0xff, 10), headers, timestamp: T0 })
    await log.appendBytes('t', 0, builder.build())
    expect(await json(log, 't', { records: true })).toEqual([
      expect.objectContaining({
        kind: 'batch',
        baseOffset: 0,
        recordCount: 1,
        isCrcValid: true,
        records: [
          {
            offset: 0,
            timestamp: T0,
            key: null,
            headers: [
              { key: 'h', value_base64: '/w==' },
              { key: 'n', value: null },
            ],
            value_base64: '/wo=',
          },
        ],
      }),
    ])
  })

  test('are shown with names on a terminal, where nothing of a record can move the cursor', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    await log.append('t', 0, { values: ['\u001b[2Jx'] })
    const { stdout } = await run(log, 't', { records: true }, true)
    expect(stdout).toMatch(/^batch {2}baseOffset 0 {2}lastOffset 0 {2}recordCount 1 {2}position 0/)
    expect(stdout).toContain('value \\x1b[2Jx\n')
    expect((await run(log, 't', { records: true, raw: true }, true)).stdout).toContain('value \u001b[2Jx\n')
  })

  test('begin with the one that holds --offset, across segments', async () => {
    const log = await logWithTopic({ 'segment.bytes': '90' })
    const bases = async (from: string) => (await json(log, 't', { offset: from })).map(({ baseOffset }) => baseOffset)
    expect(await bases('0')).toEqual([0, 2, 4])
    expect(await bases('3')).toEqual([2, 4])
    expect(await bases('4')).toEqual([4])
    expect(await bases('6')).toEqual([])
    expect((await json(log, log.path('t-0', segment), { offset: '2' })).length).toBe(0)
  })

  test('name transactions and their ends', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const producer = { id: producerId(7), epoch: 1, baseSequence: 0 }
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1000, producer, isTransactional: true })
    builder.append({ key: null, value: null, timestamp: T0 })
    const marker = {
      producerId: producerId(7),
      producerEpoch: 1,
      coordinatorEpoch: 3,
      timestamp: T0,
      baseOffset: offset(0),
      leaderEpoch: leaderEpoch(0),
    }
    await log.appendBytes('t', 0, builder.build(), buildEndTransactionMarker({ type: 'ABORT', ...marker }))
    const entries = await json(log, 't', { records: true })
    expect(entries.map(({ flags, producerId: id }) => [flags, id])).toEqual([
      ['transactional', 7],
      ['transactional,control:ABORT', 7],
    ])
    expect(await json(log, log.path('t-0', '00000000000000000000.txnindex'))).toEqual([
      { kind: 'aborted', producerId: 7, firstOffset: 0, lastOffset: 1, lastStableOffset: 2 },
    ])
  })
})

describe('damage', () => {
  test('is shown with its place and offsets, what follows is shown too, and the exit code is 5', async () => {
    const log = await logWithTopic()
    const path = log.path('t-0', segment)
    const bytes = readFileSync(path)
    const [, second, third] = await json(log, 't')
    bytes.writeUInt8(0xee, Number(second?.['position']) + 70)
    writeFileSync(path, bytes)
    const { code, stdout, stderr } = await run(log, 't:0', { json: true })
    const entries = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(entries.map(({ kind }) => kind)).toEqual(['batch', 'damage', 'batch'])
    expect(entries[1]).toEqual({
      kind: 'damage',
      position: second?.['position'],
      end: third?.['position'],
      firstOffset: 2,
      nextOffset: 4,
      reason: 'the CRC of the batch is wrong',
      file: segment,
    })
    expect(code).toBe(5)
    expect(JSON.parse(stderr)).toMatchObject({ error: { message: '1 damaged place met', exitCode: 5 } })
  })

  test('at the end of a file that no writer watches is damage; what a writer has not published is not', async () => {
    const log = await logWithTopic()
    const torn = Buffer.concat([
      readFileSync(log.path('t-0', segment)),
      batch({ values: ['torn'], baseOffset: offset(6) }).subarray(0, 30),
    ])
    writeFileSync(log.path('t-0', segment), torn)
    const live = await run(log, 't')
    expect([live.code, live.stdout.split('\n').at(-2)]).toEqual([0, expect.stringMatching(/^unpublished\t/)])
    const copy = join(log.home, 'copy.log')
    writeFileSync(copy, torn)
    const alone = await run(log, copy)
    expect([alone.code, alone.stdout.split('\n').at(-2)]).toEqual([5, expect.stringContaining('a batch is cut off')])
  })

  test('within a batch whose CRC is right names the batch', async () => {
    const log = new ScratchLog()
    await log.createTopic('t')
    const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1000 })
    builder.append({ key: null, value: null, timestamp: T0 })
    const bytes = builder.build()
    const { RecordBatch } = await import('../../src/record/record-batch.ts')
    bytes[60] = 2
    new RecordBatch(bytes).sealCrc()
    await log.appendBytes('t', 0, bytes)
    const { code, stdout } = await run(log, 't', { records: true })
    expect([code, stdout]).toEqual([5, expect.stringMatching(/^batch\t.*\nrecord\t0\t.*\ndamage\t0\t/)])
  })
})

describe('other files', () => {
  test('an index is compared with its log', async () => {
    const log = new ScratchLog()
    await log.createTopic('t', 1, { 'index.interval.bytes': '0' })
    for (const value of numbered(3)) await log.append('t', 0, { values: [value], timestamp: T0 + value.length })
    const index = log.path('t-0', '00000000000000000000.index')
    const entries = await json(log, index)
    expect(entries.map(({ kind, offset: at }) => [kind, at])).toEqual([
      ['index', 1],
      ['index', 2],
    ])
    expect(await json(log, index, { offset: '2' })).toEqual([entries[1]])
    const bytes = readFileSync(index)
    bytes.writeInt32BE(5, 4)
    writeFileSync(index, bytes)
    const { code, stdout } = await run(log, index)
    expect([code, stdout]).toEqual([5, expect.stringContaining('offset 1 is said to end the batch at byte 5, where')])
  })

  test('a time index', async () => {
    const log = new ScratchLog()
    await log.createTopic('t', 1, { 'index.interval.bytes': '0' })
    for (const i of [0, 1, 2]) await log.append('t', 0, { values: ['v'], timestamp: T0 + i })
    expect(await json(log, log.path('t-0', '00000000000000000000.timeindex'))).toEqual([
      { kind: 'timeindex', timestamp: T0 + 1, offset: 1 },
      { kind: 'timeindex', timestamp: T0 + 2, offset: 2 },
    ])
  })

  test('padding of an index is shown and is no damage', async () => {
    const log = await logWithTopic()
    const path = join(log.home, '00000000000000000000.index')
    writeFileSync(path, Buffer.from('0000000100000040'.padEnd(64, '0'), 'hex'))
    const { code, stdout } = await run(log, path)
    expect([code, stdout]).toEqual([0, 'index\t1\t64\npadding\t1\t32\t00000000000000000000.index\n'])
  })

  test('a producer snapshot, also a torn one', async () => {
    const log = await logWithTopic()
    const path = join(log.home, '00000000000000000009.snapshot')
    const bytes = encodeProducerSnapshot([
      {
        producerId: producerId(7),
        producerEpoch: 1,
        lastSequence: 4,
        lastOffset: offset(8),
        offsetDelta: 0,
        timestamp: T0,
        coordinatorEpoch: -1,
        currentTransactionFirstOffset: offset(-1),
      },
    ])
    writeFileSync(path, bytes)
    expect(await json(log, path)).toEqual([
      expect.objectContaining({ kind: 'producer', producerId: 7, lastSequence: 4 }),
    ])
    writeFileSync(path, bytes.subarray(0, 20))
    expect((await run(log, path)).code).toBe(5)
  })

  test('checkpoints, identities, the catalog and the write state', async () => {
    const log = await logWithTopic()
    writeFileSync(log.path('recovery-point-offset-checkpoint'), '0\n1\nt 0 6\n')
    expect((await run(log, log.path('recovery-point-offset-checkpoint'))).stdout).toBe('checkpoint\tt\t0\t6\n')
    expect((await run(log, log.path('t-0', 'leader-epoch-checkpoint'))).stdout).toBe('checkpoint\t0\t0\n')
    expect((await run(log, log.path('t-0', 'partition.metadata'))).stdout).toMatch(/^metadata\t[\w-]{22}\n$/)
    expect((await run(log, log.path('meta.properties'))).stdout).toMatch(/^property\tcluster.id\t[\w-]{22}\n/)
    expect((await run(log, log.path('tslog-topics.json'))).stdout).toMatch(/^topic\tt\t[\w-]{22}\t2\t\{\}\t\d+\n$/)
    expect(await json(log, log.path('t-0', 'tslog.lock'))).toEqual([
      expect.objectContaining({ kind: 'state', logEndOffset: 6, isServed: false }),
    ])
    writeFileSync(log.path('.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":1}')
    expect((await run(log, log.path('.kafka_cleanshutdown'))).stdout).toBe('line\t{"version":0,"brokerEpoch":1}\n')
    writeFileSync(log.path('recovery-point-offset-checkpoint'), '0\n7\nt 0 6\n')
    const torn = await run(log, log.path('recovery-point-offset-checkpoint'))
    expect([torn.code, torn.stdout]).toEqual([5, expect.stringContaining('7 entries are announced, 1 follow')])
  })
})

test('records of groups are shown in words', async () => {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.createTopic('__consumer_offsets', 1)
  await log.use((store) => store.groups.commit('g', [{ topic: 't', partition: 0, offset: offset(5) }]))
  const [entry] = await json(log, '__consumer_offsets', { records: true })
  expect(entry?.['records']).toEqual([
    expect.objectContaining({
      type: 'offsetCommit',
      key: { version: 1, group: 'g', topic: 't', partition: 0 },
      value: expect.objectContaining({ offset: 5 }),
    }),
  ])
})

describe('the metadata log of a Kafka cluster', () => {
  const values = [
    topicRecord('logs', topicId('a')),
    metadataRecord('ConfigRecord', { resourceType: 2, resourceName: 'logs', name: 'retention.ms', value: '7' }),
    Uint8Array.of(1, 99, 0),
  ]

  test('is shown in words, but for records of a later Kafka', async () => {
    const log = await logWithTopic()
    mkdirSync(log.path('__cluster_metadata-0'))
    writeFileSync(log.path('__cluster_metadata-0', segment), metadataBatch(values))
    const [entry] = await json(log, log.path('__cluster_metadata-0', segment), { records: true })
    expect(entry?.['records']).toEqual([
      expect.objectContaining({ type: 'TopicRecord', value: { version: 0, name: 'logs', topicId: topicId('a') } }),
      expect.objectContaining({ type: 'ConfigRecord', value: expect.objectContaining({ value: '7' }) }),
      expect.objectContaining({ value: '\u0001c\0' }),
    ])
  })

  test('is shown likewise in a snapshot, wherever that lies, with its header and footer', async () => {
    const log = await logWithTopic()
    const path = join(log.home, '00000000000000000009-0000000002.checkpoint')
    writeFileSync(path, metadataSnapshot(values.slice(0, 1)))
    const records = (await json(log, path, { records: true })).flatMap((entry) => entry['records'])
    expect(records).toEqual([
      expect.objectContaining({
        key: { type: 'SNAPSHOT_HEADER' },
        value: { version: 0, lastContainedLogTimestamp: 0 },
      }),
      expect.objectContaining({ type: 'TopicRecord' }),
      expect.objectContaining({ type: 'SNAPSHOT_FOOTER', value: { version: 0 } }),
    ])
  })

  test('has a quorum whose state is shown field by field', async () => {
    const log = await logWithTopic()
    const path = join(log.home, 'quorum-state')
    writeFileSync(path, '{"leaderId":1,"leaderEpoch":3,"votedId":-1,"data_version":1}')
    expect((await run(log, path)).stdout).toBe('quorum\t1\t3\t-1\t1\n')
    writeFileSync(path, '{"leaderId":')
    expect((await run(log, path)).code).toBe(5)
  })
})

describe('the argument', () => {
  test('is a file by its place, by its name in the working directory, or by what it begins with', async () => {
    const log = await logWithTopic()
    copyFileSync(log.path('t-0', segment), join(log.home, segment))
    copyFileSync(log.path('t-0', segment), join(log.home, 'saved'))
    for (const source of [log.path('t-0', segment), segment, './saved', 'saved', './log/t-0/../t-0/' + segment]) {
      expect((await json(log, source)).length).toBe(3)
    }
  })

  test('is a topic, for the segments of all its partitions', async () => {
    const log = await logWithTopic({ 'segment.bytes': '90' })
    await log.append('t', 1, { values: ['x'] })
    const files = (await json(log, 't')).map(({ kind, file }) => [kind, file])
    expect(files).toEqual([
      ['batch', `t-0/${segment}`],
      ['batch', 't-0/00000000000000000002.log'],
      ['batch', 't-0/00000000000000000004.log'],
      ['batch', `t-1/${segment}`],
    ])
  })

  test('is a directory of a partition, for all its files, or of a log, for all of it', async () => {
    const log = await logWithTopic({ 'index.interval.bytes': '0' })
    for (const name of ['stray', '.lock', 'tslog-group-0.lock']) writeFileSync(log.path(name), '')
    for (const name of ['notes.txt', '00000000000000000000.log.cleaned']) writeFileSync(log.path('t-0', name), '12345')
    mkdirSync(log.path(`old-0.${'0'.repeat(32)}-delete`))
    copyFileSync(log.path('t-0', segment), log.path(`old-0.${'0'.repeat(32)}-delete`, segment))
    mkdirSync(log.path('lost+found'))
    const namesOf = async (source: string) => {
      const { code, stdout } = await run(log, source, { json: true })
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      return { code, names: [...new Set(lines.map(({ kind, file }) => `${String(kind)} ${String(file)}`))] }
    }
    const ofPartition = [
      'index 00000000000000000000.index',
      'batch 00000000000000000000.log',
      'other 00000000000000000000.log.cleaned',
      'timeindex 00000000000000000000.timeindex',
      'checkpoint leader-epoch-checkpoint',
      'other notes.txt',
      'metadata partition.metadata',
      'state tslog.lock',
    ]
    expect(await namesOf('./log/t-0')).toEqual({
      code: 0,
      names: ofPartition,
    })
    expect(await namesOf(log.path())).toEqual({
      code: 0,
      names: [
        'property meta.properties',
        'other stray',
        'topic tslog-topics.json',
        `batch old-0.${'0'.repeat(32)}-delete/${segment}`,
        ...ofPartition.map((name) => name.replace(' ', ' t-0/')),
        'metadata t-1/partition.metadata',
      ],
    })
  })

  test('works without any log directory', async () => {
    const log = new ScratchLog()
    mkdirSync(log.home, { recursive: true })
    writeFileSync(join(log.home, segment), batch({ values: ['a'] }))
    expect((await json(log, segment)).length).toBe(1)
  })

  test.each([
    ['tt', 3, 'did you mean t?'],
    ['t:2', 3, 'topic t has no partition 2'],
    ['./log/t-0/00000000000000000001.log', 3, 'did you mean 00000000000000000000.log?'],
    ['./log/..', 2, 'a directory without segments'],
    ['t:x', 2, 'neither a file nor TOPIC:PARTITION'],
    ['./log/.lock', 2, 'none of the files of a log directory'],
  ])('%s ends with exit code %i', async (source, code, message) => {
    const log = await logWithTopic()
    const outcome = await run(log, source)
    expect([outcome.code, outcome.stdout, outcome.stderr]).toEqual([code, '', expect.stringContaining(message)])
  })
})
