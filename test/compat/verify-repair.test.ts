import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BinaryLog } from '../support/binary-log.ts'
import { fingerprint } from '../support/binary-runner.ts'
import { fixtureKinds } from '../support/kafka/fixtures.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { OracleScene } from '../support/kafka/oracle-scene.ts'

const missing = kafkaMissing()

interface DamageCase {
  readonly topic: string
  /** Gets the partition's directory, and the names of its segments without their suffix. */
  readonly damage: (partition: string, segments: readonly string[]) => void
  /** Records that are lost by it, at most. */
  readonly lostMax: number
}

const damages: DamageCase[] = [
  {
    topic: 'flipped',
    damage: (dir, [, second = '']) => flip(join(dir, `${second}.log`), 9000),
    lostMax: 40,
  },
  {
    topic: 'flipped-last',
    damage: (dir, segments) => flip(join(dir, `${segments.at(-1)}.log`), 2000),
    lostMax: 40,
  },
  { topic: 'head', damage: (dir, [first = '']) => flip(join(dir, `${first}.log`), 6), lostMax: 0 },
  {
    topic: 'gone',
    damage: (dir, [, second = '']) => {
      for (const suffix of ['log', 'index', 'timeindex']) rmSync(join(dir, `${second}.${suffix}`))
    },
    lostMax: 500,
  },
  {
    topic: 'indexes',
    damage: (dir, segments) => {
      for (const name of segments) for (const part of ['index', 'timeindex']) flip(join(dir, `${name}.${part}`), 2)
    },
    lostMax: 0,
  },
  {
    topic: 'tail',
    damage: (dir, segments) => {
      appendFileSync(join(dir, `${segments.at(-1)}.log`), new Uint8Array(4096))
      writeFileSync(join(dir, 'copy.log'), 'x')
    },
    lostMax: 0,
  },
  {
    topic: 'small',
    damage: (dir) => {
      for (const name of ['leader-epoch-checkpoint', 'partition.metadata']) writeFileSync(join(dir, name), 'nonsense\n')
    },
    lostMax: 0,
  },
]

describe.skipIf(missing !== undefined)(`verify and repair beside the real Kafka ${missing ?? ''}`, () => {
  const scene = new OracleScene()

  test.each(fixtureKinds)("finds nothing wrong in Kafka's own directory, and touches nothing: %s", async (kind) => {
    const dir = join(mkdtempSync(join(scene.home, 'kafka-')), 'log')
    await scene.oracle.writeFixture(dir, kind)
    const before = fingerprint(dir)
    const { code, stdout, stderr } = new BinaryLog(dir).run(['verify', '--deep'])
    expect([code, stdout.toString(), stderr]).toEqual([0, '', ''])
    expect(fingerprint(dir)).toEqual(before)
  })

  test('a log of tslog that was damaged is mended: Kafka opens it and has every other record', async () => {
    const log = new BinaryLog()
    const lines = Array.from({ length: 900 }, (_, n) => `record ${n} ${'of some length '.repeat(3)}`)
    for (const { topic, damage } of damages) {
      log.produce(topic, lines, '--batch-size', '1000', '--config', 'segment.bytes=12000')
      damage(log.path(`${topic}-0`), segmentsOf(log.path(`${topic}-0`)))
    }
    expect(log.run(['verify']).code).toBe(5)
    log.done(['repair', '--yes'])
    expect(log.run(['verify', '--deep']).stdout.toString()).toBe('')
    const left = new Map(damages.map(({ topic }) => [`${topic}-0`, log.numbered(topic)]))
    for (const { topic, lostMax } of damages) {
      const records = left.get(`${topic}-0`) ?? []
      expect(records.length, topic).toBeGreaterThanOrEqual(900 - lostMax)
      expect(records.every(({ offset, value }) => value === lines[offset])).toBe(true)
    }
    log.done(['close'])
    const { isOnline, logs } = await scene.oracle.openDirectory(log.directory)
    expect([isOnline, logs.length]).toEqual([true, damages.length])
    for (const { partition, logStartOffset, logEndOffset, segments } of logs) {
      expect([partition, logStartOffset, logEndOffset]).toEqual([partition, 0n, 900n])
      expect(segments.flatMap(({ batches }) => batches).every(({ isValid }) => isValid)).toBe(true)
      const [records = []] = await scene.oracle.dumpRecords(log.path(partition))
      expect(records.map(({ offset }) => Number(offset))).toEqual(left.get(partition)?.map(({ offset }) => offset))
    }
    expect(log.run(['verify']).stdout.toString()).toBe('')
    log.done(['produce', 'flipped'], 'next\n')
    expect(log.values('flipped', '-n', '1', '-f', '%o %s\\n')).toEqual(['900 next'])
  })
})

function segmentsOf(partition: string): string[] {
  const logs = readdirSync(partition).filter((name) => name.endsWith('.log'))
  expect(logs.length).toBeGreaterThan(3)
  return logs.map((name) => name.slice(0, -4)).toSorted()
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 0x40
  writeFileSync(file, bytes)
}
