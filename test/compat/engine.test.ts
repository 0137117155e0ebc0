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
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BinaryLog } from '../support/binary-log.ts'
import { fingerprint } from '../support/binary-runner.ts'
import type { LogFacts } from '../support/kafka/facts.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { OracleScene } from '../support/kafka/oracle-scene.ts'
import { readTopic } from '../support/read-topic.ts'
import { comparable, seenByKafka } from './comparable-record.ts'

const missing = kafkaMissing()
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const segmentBytes = '20000'

interface DamageCase {
  readonly name: string
  readonly damage: (partition: string) => void
  /** Records are lost by it. */
  readonly isTorn?: boolean
  /** It happens after `tslog close`. */
  readonly isClosed?: boolean
}

const damages: DamageCase[] = [
  { name: 'zeros at the end', damage: (dir) => appendFileSync(last(dir, '.log'), new Uint8Array(4096)) },
  { name: 'garbage at the end', damage: (dir) => appendFileSync(last(dir, '.log'), Buffer.alloc(777, 'x')) },
  { name: 'half a batch at the end', damage: (dir) => cutInto(last(dir, '.log')), isTorn: true },
  {
    name: 'zeros at the end after a close',
    damage: (dir) => appendFileSync(last(dir, '.log'), new Uint8Array(5000)),
    isClosed: true,
  },
  {
    name: 'half a batch at the end after a close',
    damage: (dir) => cutInto(last(dir, '.log')),
    isTorn: true,
    isClosed: true,
  },
  { name: 'no index after a close', damage: (dir) => removeAll(dir, '.index'), isClosed: true },
  {
    name: 'a flipped byte in the index after a close',
    damage: (dir) => flip(last(dir, '.index'), 3),
    isClosed: true,
  },
  { name: 'no index', damage: (dir) => removeAll(dir, '.index') },
  { name: 'no time index', damage: (dir) => removeAll(dir, '.timeindex') },
  { name: 'no snapshot', damage: (dir) => removeAll(dir, '.snapshot') },
  { name: 'no leader epochs', damage: (dir) => rmSync(join(dir, 'leader-epoch-checkpoint')) },
  { name: 'a flipped byte in the index', damage: (dir) => flip(last(dir, '.index'), 3) },
  { name: 'a flipped byte in the time index', damage: (dir) => flip(last(dir, '.timeindex'), 7) },
  { name: 'an index cut in the middle of an entry', damage: (dir) => truncateSync(last(dir, '.index'), 5) },
  { name: 'zeros behind the index', damage: (dir) => appendFileSync(last(dir, '.index'), new Uint8Array(64)) },
]

describe.skipIf(missing !== undefined)(`a directory of tslog, to the real Kafka ${missing ?? ''}`, () => {
  const scene = new OracleScene()

  test('opens in Kafka without recovery after close: the same offsets, records and valid batches', async () => {
    const log = written(...codecs)
    const expected = await Promise.all(codecs.map((codec) => readTopic(log.directory, codec)))
    log.done(['close'])
    const before = logFiles(log)
    const facts = await scene.oracle.openDirectory(log.directory)
    expect(facts.isOnline).toBe(true)
    expect(facts.logs.map(({ partition }) => partition)).toEqual(codecs.map((codec) => `${codec}-0`).toSorted())
    for (const found of facts.logs) {
      expect(found).toMatchObject({ logStartOffset: 0n, logEndOffset: 900n, recoveryPoint: 900n, producers: [] })
      expect(found.leaderEpochs).toEqual([{ epoch: 0, startOffset: 0n }])
      expectWhole(found)
    }
    expect(logFiles(log)).toEqual(before)
    for (const [at, codec] of codecs.entries()) {
      const [records] = await scene.oracle.dumpRecords(log.path(`${codec}-0`))
      expect(records?.map(seenByKafka)).toEqual(expected[at]?.map(comparable))
      expect(expected[at]?.every((record) => record.codec === codec)).toBe(true)
    }
  })

  test('has many segments in these tests, and index entries in them', async () => {
    const log = written('none')
    log.done(['close'])
    const [facts] = (await scene.oracle.openDirectory(log.directory)).logs
    expect(facts?.segments.length).toBeGreaterThan(3)
    expect(facts?.segments.slice(0, -1).every(({ offsetIndex }) => offsetIndex.length > 1)).toBe(true)
  })

  test.each(codecs)(
    'has the very indexes and snapshot that Kafka rebuilds from the .log files alone: %s',
    async (codec) => {
      const log = written(codec)
      log.done(['close'])
      const rebuilt = bareCopy(log.path(`${codec}-0`), join(mkdtempSync(join(scene.home, 'bare-')), `${codec}-0`))
      await scene.oracle.loadLog(rebuilt, { clean: false })
      expect(filesOf(log.path(`${codec}-0`), /index$/)).toEqual(filesOf(rebuilt, /index$/))
      const [ours, kafkas] = [log.path(`${codec}-0`), rebuilt].map((path) => filesOf(path, /\.snapshot$/))
      expect(ours?.at(-1)?.name).toBe(`${'900'.padStart(20, '0')}.snapshot`)
      expect(kafkas).toContainEqual(ours?.at(-1))
    },
  )

  test('that was not closed is recovered by Kafka to the same end', async () => {
    const log = written('zstd', 'none')
    const before = logFiles(log)
    const { isOnline, logs } = await scene.oracle.openDirectory(log.directory)
    expect(isOnline).toBe(true)
    expect(logs.map(({ logEndOffset }) => logEndOffset)).toEqual([900n, 900n])
    for (const found of logs) expectWhole(found)
    expect(logFiles(log)).toEqual(before)
  })

  test('that was trimmed opens in Kafka with the same start', async () => {
    const log = written('none')
    log.done(['topics', 'trim', 'none', '-o', '500', '--yes'])
    log.done(['close'])
    const { logs } = await scene.oracle.openDirectory(log.directory)
    expect(logs[0]).toMatchObject({ logStartOffset: 500n, logEndOffset: 900n })
    expect(log.values('none', '-f', '%o\\n')[0]).toBe('500')
  })

  test('that Kafka opened and shut down is written on by tslog, and opened by Kafka again', async () => {
    const log = written('none')
    log.done(['close'])
    await scene.oracle.openDirectory(log.directory)
    log.done(['produce', 'none'], 'one more\n')
    expect(existsSync(log.path('.kafka_cleanshutdown'))).toBe(false)
    log.done(['close'])
    expect((await scene.oracle.openDirectory(log.directory)).logs[0]).toMatchObject({ logEndOffset: 901n })
  })

  test.each(damages)(
    'with $name is mended by the next append; closed, Kafka opens it clean',
    async ({ damage, isTorn = false, isClosed = false }) => {
      const log = written('none')
      const records = log.values('none')
      if (isClosed) log.done(['close'])
      damage(log.path('none-0'))
      log.done(['produce', 'none'], 'the next\n')
      const now = log.values('none')
      // Offsets that were given once are not given again, also when their records are lost.
      expect(log.values('none', '-n', '1', '-f', '%o %s\\n')).toEqual(['900 the next'])
      expect(now).toEqual([...records.slice(0, now.length - 1), 'the next'])
      expect(now.length === records.length + 1).toBe(!isTorn)
      log.done(['close'])
      const { isOnline, logs } = await scene.oracle.openDirectory(log.directory)
      expect(isOnline).toBe(true)
      expect(logs[0]).toMatchObject({ logStartOffset: 0n, logEndOffset: 901n })
      for (const found of logs) expectWhole(found)
    },
  )

  test('is not given to Kafka while a tslog writes, and is given once that has ended', async () => {
    const log = new BinaryLog()
    const producer = log.start(['produce', 't'])
    producer.stdin?.write('first\n')
    await expect.poll(() => log.run(['consume', 't']).stdout.toString(), { timeout: 10_000 }).toBe('first\n')
    expect(await scene.oracle.holdLock(log.path('.lock'))).toBeUndefined()
    await expect(scene.oracle.openDirectory(log.directory)).rejects.toThrow(/lock/i)
    producer.stdin?.end()
    await expect.poll(() => producer.exitCode).toBe(0)
    const lock = await scene.oracle.holdLock(log.path('.lock'))
    expect(lock).toBeDefined()
    await lock?.[Symbol.asyncDispose]()
  })

  test('is refused to writers with exit code 6 while Kafka holds it, and not touched', async () => {
    const log = new BinaryLog()
    log.done(['produce', 't'], 'first\n')
    const before = fingerprint(log.path('t-0'))
    const lock = await scene.oracle.holdLock(log.path('.lock'))
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

/** A log with a topic for each codec, named after it: 900 records with keys and headers in small batches and many small segments. */
function written(...topics: string[]): BinaryLog {
  const log = new BinaryLog()
  for (const codec of topics) {
    const lines = Array.from({ length: 900 }, (_, n) => `key ${n % 13}:${codec} ${n} ${noise(n)}`)
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
