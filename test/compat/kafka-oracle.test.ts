import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FixtureKind } from '../support/kafka/fixtures.ts'
import { fixtureKinds, fixtureTime } from '../support/kafka/fixtures.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { OracleError } from '../support/kafka/oracle.ts'
import { OracleScene } from '../support/kafka/oracle-scene.ts'

const missing = kafkaMissing()

// The judge itself must be right before it judges tslog: what Kafka wrote, Kafka finds again; what was damaged, it treats as it is
// known to.
describe.skipIf(missing !== undefined)(`the real Kafka as oracle ${missing ?? ''}`, () => {
  const scene = new OracleScene()

  async function written(kind: FixtureKind, name: string = kind): Promise<string> {
    await scene.oracle.writeFixture(join(scene.home, name), kind)
    return join(scene.home, name)
  }

  test.each(fixtureKinds)('writes %s and reads them again', async (kind) => {
    const dir = await written(kind)
    const [records] = await scene.oracle.dumpRecords(join(dir, `${kind}-0`))
    const { isOnline, logs } = await scene.oracle.openDirectory(dir, { now: fixtureTime })
    expect(isOnline).toBe(true)
    expect(logs).toHaveLength(1)
    expect(records?.at(-1)?.offset).toBe((logs[0]?.logEndOffset ?? 0n) - 1n)
    expect(logs[0]?.segments.flatMap(({ batches }) => batches).every(({ isValid }) => isValid)).toBe(true)
    expect(readdirSync(dir)).toContain('.kafka_cleanshutdown')
  })

  test('tells null, empty and header bytes apart', async () => {
    const [nulls] = await scene.oracle.dumpRecords(join(await written('nulls', 'nulls-told'), 'nulls-0'))
    const empty = new Uint8Array()
    expect(nulls?.map(({ key }) => key?.length ?? null)).toEqual([null, 1, 0, null])
    expect(nulls?.[2]).toMatchObject({ key: empty, value: empty })
    const [headers] = await scene.oracle.dumpRecords(join(await written('headers', 'headers-told'), 'headers-0'))
    expect(headers?.[0]?.headers.map(({ key }) => key)).toEqual(['trace', 'trace', 'null', 'ключ', ''])
    expect(headers?.[0]?.headers[2]?.value).toBeNull()
  })

  test('keeps the producers and the open transaction of a log', async () => {
    const dir = await written('transactions', 'producers')
    const log = await scene.oracle.loadLog(join(dir, 'transactions-0'), { clean: true, now: fixtureTime })
    expect(log.firstUnstableOffset).toBe(9n)
    expect(log.producers.map(({ producerId }) => producerId)).toEqual([1000n, 2000n])
    expect(log.segments[0]?.abortedTransactions).toMatchObject([{ producerId: 2000n, firstOffset: 3n, lastOffset: 8n }])
  })

  test('rebuilds byte for byte the indexes that it wrote', async () => {
    const dir = join(await written('segments', 'rebuilt'), 'segments-0')
    const indexes = readdirSync(dir).filter((name) => /index$|snapshot$/.test(name))
    const before = indexes.map((name) => readFileSync(join(dir, name), 'latin1'))
    for (const name of indexes) rmSync(join(dir, name))
    const log = await scene.oracle.loadLog(dir, { clean: true, now: fixtureTime })
    expect(log.segments[0]?.offsetIndex.length).toBeGreaterThan(1)
    expect(indexes.map((name) => readFileSync(join(dir, name), 'latin1'))).toEqual(before)
  })

  test.each<{ name: string; damage: (log: string) => void; logEndOffset: bigint }>([
    { name: 'nothing', damage: () => undefined, logEndOffset: 21n },
    { name: 'the last bytes cut', damage: (log) => truncateSync(log, statSync(log).size - 10), logEndOffset: 18n },
    { name: 'zeros at the end', damage: (log) => appendFileSync(log, new Uint8Array(4096)), logEndOffset: 21n },
    { name: 'a bit flipped in the third batch', damage: (log) => flip(log, 0.4), logEndOffset: 6n },
  ])('recovers an unclean log with $name', async ({ name, damage, logEndOffset }) => {
    const dir = join(await written('idempotent', `unclean ${name}`), 'idempotent-0')
    damage(join(dir, '00000000000000000000.log'))
    const log = await scene.oracle.loadLog(dir, { clean: false, now: fixtureTime })
    expect(log.logEndOffset).toBe(logEndOffset)
  })

  test('passes on the exception with which Kafka refuses a zero tail after a clean shutdown', async () => {
    const dir = join(await written('idempotent', 'refused'), 'idempotent-0')
    appendFileSync(join(dir, '00000000000000000000.log'), new Uint8Array(4096))
    await expect(scene.oracle.loadLog(dir, { clean: true })).rejects.toThrow(/CorruptRecordException/)
  })

  test('leaves what a killed broker leaves: long indexes and no marker', async () => {
    const dir = join(scene.home, 'killed')
    const steps = [{ do: 'append', records: [{ value: new Uint8Array([1]) }] } as const]
    await scene.oracle.writeDirectory(dir, { clean: false, partitions: [{ topic: 't', partition: 0, steps }] })
    expect(readdirSync(dir)).not.toContain('.kafka_cleanshutdown')
    expect(statSync(join(dir, 't-0', '00000000000000000000.index')).size).toBe(10_485_760)
    expect((await scene.oracle.openDirectory(dir)).logs[0]?.logEndOffset).toBe(1n)
  })

  test('holds a lock until it is let go, and then deletes the file as a broker does', async () => {
    const path = join(scene.home, '.lock')
    writeFileSync(path, '')
    const lock = await scene.oracle.holdLock(path)
    expect(lock).toBeDefined()
    expect(await scene.oracle.holdLock(path)).toBeUndefined()
    await lock?.[Symbol.asyncDispose]()
    expect(existsSync(path)).toBe(false)
    const again = await scene.oracle.holdLock(path)
    expect(again).toBeDefined()
    await again?.[Symbol.asyncDispose]()
  })

  test('says so when it cannot answer, and answers the next question', async () => {
    await expect(scene.oracle.dumpRecords(join(scene.home, 'nowhere'))).rejects.toThrow(OracleError)
    expect(await scene.oracle.dumpRecords()).toEqual([])
  })
})

function flip(file: string, share: number): void {
  const bytes = readFileSync(file)
  const at = Math.floor(bytes.length * share)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}
