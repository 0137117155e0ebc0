import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BinaryLog } from '../support/binary-log.ts'
import { fingerprint } from '../support/binary-runner.ts'
import { startKafka } from '../support/kafka/broker.ts'
import { batchLines, entryLines } from '../support/kafka/dump-lines.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { kafkaOracle, type KafkaOracle } from '../support/kafka/oracle.ts'
import { scene, topics } from './broker-scene.ts'
import { compareBatch, compareEntry } from './dump-comparison.ts'
import { latin1, seenByKafka } from './comparable-record.ts'

const missing = kafkaMissing()

/** So that the directory is as the scene leaves it: snapshots of the metadata, compaction at once, retention never. */
const properties = {
  'metadata.log.max.record.bytes.between.snapshots': '1500',
  'log.cleaner.backoff.ms': '100',
  'log.initial.task.delay.ms': '600000',
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
}

type Json = Record<string, unknown>
type Consumed = Awaited<ReturnType<KafkaOracle['consume']>>

describe.skipIf(missing !== undefined)(`the directory of a broker of the real Kafka ${missing ?? ''}`, () => {
  let oracle: KafkaOracle
  let home: string
  let kafkas: string
  let consumed: Consumed

  beforeAll(async () => {
    const started = kafkaOracle()
    if (started === undefined) throw new Error('the oracle went away')
    oracle = started
    home = mkdtempSync(join(tmpdir(), 'tslog-broker-'))
    kafkas = join(home, 'kafka')
    const broker = await startKafka({ logDir: kafkas, properties })
    try {
      await oracle.runClients(broker.bootstrap, scene(Date.now()))
      await vi.waitFor(() => expect(cleanerCheckpoint(kafkas)).toMatch(/^compacted 0 [1-9]/m), { timeout: 20_000 })
      consumed = await oracle.consume(broker.bootstrap, topics)
    } finally {
      await broker.stop()
    }
  }, 60_000)

  afterAll(async () => {
    await oracle[Symbol.asyncDispose]()
    rmSync(home, { recursive: true })
  })

  test('is described with what its metadata log says, and read record for record, without a byte touched', () => {
    const before = fingerprint(kafkas)
    const log = new BinaryLog(kafkas)
    expect(log.done(['topics', 'list', '--exclude-internal']).split('\n').slice(0, -1)).toEqual(topics)
    expect(configsOf(log)).toEqual({
      aged: { 'retention.ms': '3600000', 'segment.bytes': '1048576' },
      codecs: { 'retention.ms': '-1', 'segment.bytes': '2097152' },
      compacted: {
        'cleanup.policy': 'compact',
        'min.cleanable.dirty.ratio': '0.01',
        'retention.ms': '7777777777',
        'segment.bytes': '1048576',
      },
      odd: { 'retention.ms': '86400000', 'retention.bytes': '1000000', 'segment.bytes': '2097152' },
      tx: { 'retention.ms': '7777777777', 'segment.bytes': '2097152' },
    })
    expect(readByTslog(log)).toEqual(seen(consumed))
    expect(log.done(['offsets', 'odd'])).toBe('odd\t0\t0\t0\nodd\t1\t0\t3\nodd\t2\t0\t0\n')
    expect(log.done(['groups', 'list'])).toBe('new\nold\n')
    expect(log.done(['groups', 'describe', 'old'])).toMatch(/^old\tcodecs\t0\t100\t100\t0\t/)
    for (const words of [
      ['stats'],
      ['verify'],
      ['compact', '--dry-run'],
      ['dump', `${kafkas}/`],
      ['dump', `${kafkas}/`, '--json'],
    ])
      log.done(words)
    expect(fingerprint(kafkas)).toEqual(before)
  })

  test('is found whole by verify, down to each record, without a byte touched', () => {
    const before = fingerprint(kafkas)
    const { code, stdout, stderr } = new BinaryLog(kafkas).run(['verify', '--deep'])
    expect([code, stdout.toString(), stderr]).toEqual([0, '', ''])
    expect(new BinaryLog(kafkas).run(['verify', '--json']).stdout.toString()).toContain('"__cluster_metadata"')
    expect(fingerprint(kafkas)).toEqual(before)
  })

  test('is dumped as kafka-dump-log dumps it: every segment, with every record', async () => {
    const log = new BinaryLog(kafkas)
    for (const [suffix, ...decoder] of [
      ['log', '--print-data-log'],
      ['metadata', '--cluster-metadata-decoder'],
      ['offsets', '--offsets-decoder'],
      ['transactions', '--transaction-log-decoder'],
    ] as const) {
      const files = filesToDecode(kafkas, suffix)
      expect(files.length).toBeGreaterThan(2)
      for (const file of files) {
        const theirs = batchLines(await oracle.dumpLog('--files', file, ...decoder))
        const ours = json(log.done(['dump', file, '--records', '--json']))
        expect(theirs.length).toBe(ours.length)
        for (const [at, batch] of theirs.entries()) compareBatch(ours[at] ?? {}, batch)
      }
    }
  })

  test('is dumped as kafka-dump-log dumps it: every index and producer snapshot', async () => {
    const log = new BinaryLog(kafkas)
    const names = { index: 'index', timeindex: 'timeindex', txnindex: 'aborted', snapshot: 'producer' }
    for (const [suffix, kind] of Object.entries(names)) {
      let entries = 0
      for (const file of filesEnding(kafkas, `.${suffix}`)) {
        const theirs = entryLines(await oracle.dumpLog('--files', file))
        const ours = json(log.done(['dump', file, '--json'])).filter((entry) => entry['kind'] === kind)
        expect(theirs.length).toBe(ours.length)
        for (const [at, line] of theirs.entries()) compareEntry(ours[at] ?? {}, line)
        entries += ours.length
      }
      expect(entries).toBeGreaterThan(0)
    }
  })

  test('is adopted, written on, cleaned and closed by tslog, and served whole by Kafka again without recovery', async () => {
    const adopted = join(home, 'adopted')
    cpSync(kafkas, adopted, { recursive: true, preserveTimestamps: true })
    const log = new BinaryLog(adopted)
    expect(log.run(['produce', 'codecs'], 'refused\n').stderr).toContain('--adopt')
    const { code, stderr } = log.run(['produce', 'codecs', '--adopt', '-z', 'zstd'], 'from tslog\n')
    expect([code, stderr]).toEqual([0, expect.stringContaining('is tslog')])
    expect(readFileSync(log.path('codecs-0', 'leader-epoch-checkpoint'), 'utf8')).toBe('0\n2\n0 0\n1 100\n')
    expect(configsOf(log)).toEqual(configsOf(new BinaryLog(kafkas)))
    log.produce('odd', ['k:v', 'k2:v2'], '-K', ':')
    log.done(['groups', 'reset', 'old', '--to-earliest', '--yes'])
    const before = log.values('compacted', '-J').length
    log.produce('compacted', more, '-K', ':')
    expect(log.done(['compact', 'compacted'])).toMatch(/^compacted\t0\tcompacted\t/)
    expect(log.values('compacted', '-J').length).toBeLessThan(before + more.length)
    // What goes is what was said of it while the directory was Kafka's.
    const gone = new BinaryLog(kafkas).done(['retention', '--dry-run'])
    expect(gone).toMatch(/^aged\t0\t0\t\d+\tdelete\t.*\naged\t0\t104\t\d+\tdelete\t.*\n$/)
    log.done(['retention'])
    const expected = readByTslog(log)
    expect(expected['aged-0']?.[0]).toMatchObject({ offset: 208 })
    expect(log.run(['verify']).code).toBe(0)
    log.done(['close'])

    const broker = await startKafka({ logDir: adopted, properties })
    const again = await oracle.consume(broker.bootstrap, topics)
    await broker.stop()
    expect(seen(again)).toEqual(expected)
    const complaints = broker.said.filter(isComplaint)
    expect(complaints).toEqual([])
    // Kafka went on from where tslog ended, and tslog goes on from there.
    log.done(['produce', 'codecs'], 'and again\n')
    expect(log.values('codecs', '-n', '2')).toEqual(['from tslog', 'and again'])
  }, 60_000)
})

/** Enough to fill a segment, under keys that are there already. */
const more = Array.from({ length: 150 }, (_, n) => `key ${n % 3}:${n} ${'y'.repeat(10_000)}`)

/** What Kafka says when the logs that it loads are not as it left them. Its metadata log tslog does not touch. */
function isComplaint(line: string): boolean {
  if (line.includes('__cluster_metadata') || !line.includes('] ')) return false
  const isOfLogs = /storage\.internals|kafka\.(log|cluster|server\.Replica)/.test(line)
  return (isOfLogs && / (WARN|ERROR) |Recovering|Rebuilding|stray/.test(line)) || /unclean shutdown/i.test(line)
}

function cleanerCheckpoint(directory: string): string {
  const path = join(directory, 'cleaner-offset-checkpoint')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** What was set, of the topics of the scene. */
function configsOf(log: BinaryLog): Record<string, Record<string, string>> {
  const configs: Record<string, Record<string, string>> = Object.fromEntries(topics.map((topic) => [topic, {}]))
  for (const line of log.done(['topics', 'describe', ...topics]).split('\n')) {
    const [kind, topic = '', name = '', value = ''] = line.split('\t')
    const own = configs[topic]
    if (kind === 'config' && own !== undefined) own[name] = value
  }
  return configs
}

/** By partition, what is in it. */
function readByTslog(log: BinaryLog): Record<string, unknown[]> {
  const partitions: Record<string, unknown[]> = {}
  for (const line of topics.flatMap((topic) => log.values(topic, '-J'))) {
    const {
      topic,
      partition,
      offset,
      ts,
      key,
      payload,
      headers = [],
    } = JSON.parse(line) as Json & { headers?: unknown[] }
    const name = `${String(topic)}-${String(partition)}`
    const found = (partitions[name] ??= [])
    found.push({ offset, timestamp: ts, key, value: payload, headers: pairsOf(headers) })
  }
  return partitions
}

function pairsOf(headers: readonly unknown[]): string[] {
  return headers.flatMap((one, at) => (at % 2 === 0 ? `${String(one)}=${String(headers[at + 1])}` : []))
}

function seen(partitions: Consumed): Record<string, unknown[]> {
  const filled = [...partitions].filter(([, records]) => records.length > 0)
  return Object.fromEntries(
    filled.map(([name, records]) => [
      name,
      records.map((record) => ({
        ...seenByKafka({ ...record, sequence: 0, producerId: -1n, control: null }),
        headers: record.headers.map(({ key, value }) => `${key}=${value === null ? 'null' : latin1(value)}`),
      })),
    ]),
  )
}

function json(text: string): Json[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Json)
}

function filesEnding(directory: string, suffix: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix) && !name.includes('-delete'))
    .toSorted()
    .map((name) => join(directory, name))
}

function filesToDecode(directory: string, kind: 'log' | 'metadata' | 'offsets' | 'transactions'): string[] {
  const logs = filesEnding(directory, '.log')
  const snapshots = filesEnding(join(directory, '__cluster_metadata-0'), '.checkpoint')
  const ofTopic = (topic: string): string[] => logs.filter((file) => file.includes(`/${topic}-`))
  if (kind === 'metadata') return [...ofTopic('__cluster_metadata'), ...snapshots]
  if (kind === 'offsets') return ofTopic('__consumer_offsets')
  return kind === 'transactions' ? ofTopic('__transaction_state') : logs.filter((file) => !file.includes('/__'))
}
