import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BinaryLog, fingerprint } from '../support/binary-log.ts'
import type { LogFacts, RecordFacts } from '../support/kafka/facts.ts'
import { fixtureKinds, type FixtureKind } from '../support/kafka/fixtures.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { kafkaOracle, type KafkaOracle } from '../support/kafka/oracle.ts'
import { readTopic } from '../support/read-topic.ts'

const missing = kafkaMissing()
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const segmentBytes = '20000'

// What tslog writes, Kafka opens; what Kafka writes, tslog reads and leaves alone.
describe.skipIf(missing !== undefined)(`the engine against the real Kafka ${missing ?? ''}`, () => {
  let oracle: KafkaOracle
  let home: string

  beforeAll(() => {
    const started = kafkaOracle()
    if (started === undefined) throw new Error('the oracle went away')
    oracle = started
    home = mkdtempSync(join(tmpdir(), 'tslog-engine-'))
  })

  afterAll(async () => {
    await oracle[Symbol.asyncDispose]()
    rmSync(home, { recursive: true })
  })

  describe('a directory of tslog', () => {
    test('opens in Kafka without recovery after close: the same offsets, records and valid batches', async () => {
      const log = written(...codecs)
      const expected = await Promise.all(codecs.map((codec) => readTopic(log.directory, codec)))
      log.done(['close'])
      const before = logFiles(log)
      const facts = await oracle.openDirectory(log.directory)
      expect(facts.isOnline).toBe(true)
      expect(facts.logs.map(({ partition }) => partition)).toEqual(codecs.map((codec) => `${codec}-0`).toSorted())
      for (const found of facts.logs) {
        expect(found).toMatchObject({ logStartOffset: 0n, logEndOffset: 1500n, recoveryPoint: 1500n, producers: [] })
        expect(found.leaderEpochs).toEqual([{ epoch: 0, startOffset: 0n }])
        expectWhole(found)
      }
      expect(logFiles(log)).toEqual(before)
      for (const [at, codec] of codecs.entries()) {
        const [records] = await oracle.dumpRecords(log.path(`${codec}-0`))
        expect(records?.map(seenByKafka)).toEqual(expected[at]?.map(comparable))
        expect(expected[at]?.every((record) => record.codec === codec)).toBe(true)
      }
    })

    test('has many segments in these tests, and index entries in them', async () => {
      const log = written('none')
      log.done(['close'])
      const [facts] = (await oracle.openDirectory(log.directory)).logs
      expect(facts?.segments.length).toBeGreaterThan(3)
      expect(facts?.segments.slice(0, -1).every(({ offsetIndex }) => offsetIndex.length > 1)).toBe(true)
    })

    test.each(codecs)(
      'has the very indexes and snapshot that Kafka rebuilds from the .log files alone: %s',
      async (codec) => {
        const log = written(codec)
        log.done(['close'])
        const rebuilt = bareCopy(log.path(`${codec}-0`), join(mkdtempSync(join(home, 'bare-')), `${codec}-0`))
        await oracle.loadLog(rebuilt, { clean: false })
        expect(filesOf(log.path(`${codec}-0`), /index$/)).toEqual(filesOf(rebuilt, /index$/))
        const [ours, kafkas] = [log.path(`${codec}-0`), rebuilt].map((path) => filesOf(path, /\.snapshot$/))
        expect(ours?.at(-1)?.name).toBe(`${'1500'.padStart(20, '0')}.snapshot`)
        expect(kafkas).toContainEqual(ours?.at(-1))
      },
    )

    test('that was not closed is recovered by Kafka to the same end', async () => {
      const log = written('zstd', 'none')
      const before = logFiles(log)
      const { isOnline, logs } = await oracle.openDirectory(log.directory)
      expect(isOnline).toBe(true)
      expect(logs.map(({ logEndOffset }) => logEndOffset)).toEqual([1500n, 1500n])
      for (const found of logs) expectWhole(found)
      expect(logFiles(log)).toEqual(before)
    })

    test('that was trimmed opens in Kafka with the same start', async () => {
      const log = written('none')
      log.done(['topics', 'trim', 'none', '-o', '700', '--yes'])
      log.done(['close'])
      const { logs } = await oracle.openDirectory(log.directory)
      expect(logs[0]).toMatchObject({ logStartOffset: 700n, logEndOffset: 1500n })
      expect(log.values('none', '-f', '%o\\n')[0]).toBe('700')
    })

    test('that Kafka opened and shut down is written on by tslog, and opened by Kafka again', async () => {
      const log = written('none')
      log.done(['close'])
      await oracle.openDirectory(log.directory)
      log.done(['produce', 'none'], 'one more\n')
      expect(existsSync(log.path('.kafka_cleanshutdown'))).toBe(false)
      log.done(['close'])
      expect((await oracle.openDirectory(log.directory)).logs[0]).toMatchObject({ logEndOffset: 1501n })
    })

    test.each<{ name: string; damage: (partition: string) => void; isTorn?: boolean }>([
      { name: 'zeros at the end', damage: (dir) => appendFileSync(last(dir, '.log'), new Uint8Array(4096)) },
      { name: 'garbage at the end', damage: (dir) => appendFileSync(last(dir, '.log'), Buffer.alloc(777, 'x')) },
      { name: 'half a batch at the end', damage: (dir) => cutInto(last(dir, '.log')), isTorn: true },
      { name: 'no index', damage: (dir) => removeAll(dir, '.index') },
      { name: 'no time index', damage: (dir) => removeAll(dir, '.timeindex') },
      { name: 'no snapshot', damage: (dir) => removeAll(dir, '.snapshot') },
      { name: 'no leader epochs', damage: (dir) => rmSync(join(dir, 'leader-epoch-checkpoint')) },
      { name: 'a flipped byte in the index', damage: (dir) => flip(last(dir, '.index'), 3) },
      { name: 'a flipped byte in the time index', damage: (dir) => flip(last(dir, '.timeindex'), 7) },
      { name: 'an index cut in the middle of an entry', damage: (dir) => truncateSync(last(dir, '.index'), 5) },
      { name: 'zeros behind the index', damage: (dir) => appendFileSync(last(dir, '.index'), new Uint8Array(64)) },
    ])('with $name is mended by the next append; closed, Kafka opens it clean', async ({ damage, isTorn = false }) => {
      const log = written('none')
      const records = log.values('none')
      damage(log.path('none-0'))
      log.done(['produce', 'none'], 'the next\n')
      const now = log.values('none')
      expect(now).toEqual([...records.slice(0, now.length - 1), 'the next'])
      expect(now.length === records.length + 1).toBe(!isTorn)
      log.done(['close'])
      const { isOnline, logs } = await oracle.openDirectory(log.directory)
      expect(isOnline).toBe(true)
      expect(logs[0]).toMatchObject({ logStartOffset: 0n, logEndOffset: BigInt(now.length) })
      for (const found of logs) expectWhole(found)
    })

    test('is not given to Kafka while a tslog writes, and is given once that has ended', async () => {
      const log = new BinaryLog()
      const producer = log.start(['produce', 't'])
      producer.stdin?.write('first\n')
      await expect.poll(() => log.run(['consume', 't']).stdout.toString(), { timeout: 10_000 }).toBe('first\n')
      expect(await oracle.holdLock(log.path('.lock'))).toBeUndefined()
      await expect(oracle.openDirectory(log.directory)).rejects.toThrow(/lock/i)
      producer.stdin?.end()
      await expect.poll(() => producer.exitCode).toBe(0)
      const lock = await oracle.holdLock(log.path('.lock'))
      expect(lock).toBeDefined()
      await lock?.[Symbol.asyncDispose]()
    })

    test('is refused to writers with exit code 6 while Kafka holds it, and not touched', async () => {
      const log = new BinaryLog()
      log.done(['produce', 't'], 'first\n')
      const before = fingerprint(log.path('t-0'))
      const lock = await oracle.holdLock(log.path('.lock'))
      const refused = [['produce', 't'], ['topics', 'create', 'other'], ['topics', 'delete', 't', '--yes'], ['close']]
      for (const words of refused) {
        const { code, stderr } = log.run(words, 'second\n')
        expect({ words, code }).toEqual({ words, code: 6 })
        expect(stderr).toContain('Kafka')
      }
      expect(fingerprint(log.path('t-0'))).toEqual(before)
      await lock?.[Symbol.asyncDispose]()
      // Kafka deletes the file of the lock; the next writer makes it again.
      log.done(['produce', 't'], 'second\n')
      expect(log.values('t')).toEqual(['first', 'second'])
    })
  })

  describe('a directory of Kafka', () => {
    test.each(fixtureKinds)('is read by tslog, record for record: %s', async (kind) => {
      const dir = await kafkas(kind)
      const [records = []] = await oracle.dumpRecords(join(dir, `${kind}-0`))
      const start = kind === 'trimmed' ? 13n : 0n
      const expected = records.filter(({ offset }) => offset >= start)
      const before = fingerprint(dir)
      const found = await readTopic(dir, kind)
      expect(found?.map(comparable).filter(({ offset }) => offset >= Number(start))).toEqual(expected.map(seenByKafka))
      expect(fingerprint(dir)).toEqual(before)
    })

    test.each(fixtureKinds)('is printed by the binary, what was aborted or is open left out: %s', async (kind) => {
      const dir = await kafkas(kind)
      const [records = []] = await oracle.dumpRecords(join(dir, `${kind}-0`))
      const log = new BinaryLog(dir)
      const data = records.filter(({ control, offset }) => control === null && (kind !== 'trimmed' || offset >= 13n))
      const committed = kind === 'transactions' ? data.filter(({ value }) => isCommitted(value)) : data
      const offsets = (...flags: string[]) => log.values(kind, '-f', '%o\\n', ...flags).map(Number)
      expect(offsets('--isolation', 'read_uncommitted')).toEqual(data.map(({ offset }) => Number(offset)))
      expect(offsets()).toEqual(committed.map(({ offset }) => Number(offset)))
      expect(log.values(kind, '-J').map(payloadOf)).toEqual(committed.map(({ value }) => value && latin1(value)))
    })

    test.each(fixtureKinds)('is refused to writers without a byte touched: %s', async (kind) => {
      const dir = await kafkas(kind)
      const log = new BinaryLog(dir)
      const before = fingerprint(dir)
      const refused = [
        ['produce', kind],
        ['topics', 'create', 'other'],
        ['topics', 'alter', kind, '--config', 'retention.ms=1'],
        ['topics', 'delete', kind, '--yes'],
        ['topics', 'trim', kind, '-o', 'end', '--yes'],
        ['close'],
      ]
      for (const words of refused) {
        const { code, stderr } = log.run(words, 'not here\n')
        expect({ words, code, stderr }).toEqual({ words, code: 1, stderr: expect.stringContaining('Kafka') as string })
      }
      expect(fingerprint(dir)).toEqual(before)
    })

    test('that a broker has open is refused to writers, and left alone', async () => {
      const dir = await kafkas('codecs')
      const lock = await oracle.holdLock(join(dir, '.lock'))
      const before = fingerprint(join(dir, 'codecs-0'))
      const { code, stderr } = new BinaryLog(dir).run(['produce', 'codecs'], 'not here\n')
      expect([1, 6]).toContain(code)
      expect(stderr).toContain('Kafka')
      expect(fingerprint(join(dir, 'codecs-0'))).toEqual(before)
      await lock?.[Symbol.asyncDispose]()
    })

    test('that a killed broker left, with padded indexes and a torn tail, is read up to the last whole batch', async () => {
      const dir = join(mkdtempSync(join(home, 'killed-')), 'log')
      const append = (word: string) =>
        ({ do: 'append', records: [{ value: Buffer.from(`${word} 1`) }, { value: Buffer.from(`${word} 2`) }] }) as const
      const steps = [append('a'), append('b'), append('c')]
      await oracle.writeDirectory(dir, { clean: false, partitions: [{ topic: 't', partition: 0, steps }] })
      const file = join(dir, 't-0', '00000000000000000000.log')
      truncateSync(file, statSync(file).size - 5)
      const log = new BinaryLog(dir)
      expect(log.run(['consume', 't']).stdout.toString()).toBe('a 1\na 2\nb 1\nb 2\n')
    })
  })

  async function kafkas(kind: FixtureKind): Promise<string> {
    const dir = join(mkdtempSync(join(home, 'kafka-')), 'log')
    await oracle.writeFixture(dir, kind)
    return dir
  }
})

/** A log with a topic for each codec, named after it: 1500 records with keys and headers in small batches and many small segments. */
function written(...topics: string[]): BinaryLog {
  const log = new BinaryLog()
  for (const codec of topics) {
    const lines = Array.from({ length: 1500 }, (_, n) => `key ${n % 13}:${codec} ${n} ${noise(n)}`)
    const shape = [
      '--batch-size',
      '1000',
      '--config',
      `segment.bytes=${segmentBytes}`,
      '-H',
      'source=test',
      '-H',
      'empty=',
    ]
    const { code, stderr } = log.produce(codec, lines, '-K', ':', '-z', codec, ...shape)
    if (code !== 0) throw new Error(`producing ended with ${code}: ${stderr}`)
  }
  return log
}

/** Text that no codec makes much smaller, the same in every run. */
function noise(seed: number): string {
  let text = ''
  for (let x = seed + 1; text.length < 60;) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    text += x.toString(36)
  }
  return text
}

function expectWhole({ segments }: LogFacts): void {
  for (const { scanError, batches } of segments) {
    expect(scanError).toBeUndefined()
    expect(batches.every(({ isValid }) => isValid)).toBe(true)
  }
}

/** What recovery would change. */
function logFiles(log: BinaryLog): { name: string; bytes: string }[] {
  return readdirSync(log.directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => filesOf(log.path(name), /\.log$/))
}

function filesOf(directory: string, pattern: RegExp): { name: string; bytes: string }[] {
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .toSorted()
    .map((name) => ({ name, bytes: readFileSync(join(directory, name), 'hex') }))
}

/** The batches of a partition and nothing that can be made of them. */
function bareCopy(from: string, to: string): string {
  mkdirSync(to, { recursive: true })
  for (const { name } of filesOf(from, /\.log$|^leader-epoch-checkpoint$|^partition\.metadata$/)) {
    copyFileSync(join(from, name), join(to, name))
  }
  return to
}

interface Comparable {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly string[]
}

function comparable({ offset, timestamp, key, value, headers }: Comparable): Comparable {
  return { offset, timestamp, key, value, headers }
}

function seenByKafka({ offset, timestamp, key, value, headers }: RecordFacts): Comparable {
  return {
    offset: Number(offset),
    timestamp: Number(timestamp),
    key: key && latin1(key),
    value: value && latin1(value),
    headers: headers.map((header) => `${header.key}=${header.value && latin1(header.value)}`),
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** The transactions of the fixture say in their records what became of them; what follows an open one cannot be seen either. */
function isCommitted(value: Uint8Array | null): boolean {
  return /^(committed|plain)/.test(Buffer.from(value ?? []).toString())
}

function payloadOf(line: string): string | null {
  const { payload } = JSON.parse(line) as { payload: string | null }
  return payload
}

function last(directory: string, suffix: string): string {
  const name = readdirSync(directory)
    .filter((file) => file.endsWith(suffix))
    .toSorted()
    .at(-1)
  if (name === undefined) throw new Error(`no ${suffix} file in ${directory}`)
  return join(directory, name)
}

function removeAll(directory: string, suffix: string): void {
  for (const { name } of filesOf(directory, new RegExp(`\\${suffix}$`))) rmSync(join(directory, name))
}

function cutInto(file: string): void {
  truncateSync(file, statSync(file).size - 20)
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 0x40
  writeFileSync(file, bytes)
}
