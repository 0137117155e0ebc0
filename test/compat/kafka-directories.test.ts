import { mkdtempSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BinaryLog } from '../support/binary-log.ts'
import { fingerprint } from '../support/binary-runner.ts'
import { fixtureKinds, type FixtureKind } from '../support/kafka/fixtures.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { OracleScene } from '../support/kafka/oracle-scene.ts'
import { readTopic } from '../support/read-topic.ts'
import { comparable, latin1, seenByKafka } from './comparable-record.ts'

const missing = kafkaMissing()

describe.skipIf(missing !== undefined)(`a directory of the real Kafka ${missing ?? ''}`, () => {
  const scene = new OracleScene()

  test.each(fixtureKinds)('is read by tslog, record for record: %s', async (kind) => {
    const dir = await kafkas(kind)
    const [records = []] = await scene.oracle.dumpRecords(join(dir, `${kind}-0`))
    const start = kind === 'trimmed' ? 13n : 0n
    const expected = records.filter(({ offset }) => offset >= start)
    const before = fingerprint(dir)
    const found = await readTopic(dir, kind)
    expect(found?.map(comparable).filter(({ offset }) => offset >= Number(start))).toEqual(expected.map(seenByKafka))
    expect(fingerprint(dir)).toEqual(before)
  })

  test.each(fixtureKinds)('is printed by the binary, what was aborted or is open left out: %s', async (kind) => {
    const dir = await kafkas(kind)
    const [records = []] = await scene.oracle.dumpRecords(join(dir, `${kind}-0`))
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
      ['consume', kind, '-g', 'fresh'],
      ['repair', '--yes'],
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
    const lock = await scene.oracle.holdLock(join(dir, '.lock'))
    const before = fingerprint(join(dir, 'codecs-0'))
    const { code, stderr } = new BinaryLog(dir).run(['produce', 'codecs'], 'not here\n')
    expect([1, 6]).toContain(code)
    expect(stderr).toContain('Kafka')
    expect(fingerprint(join(dir, 'codecs-0'))).toEqual(before)
    await lock?.[Symbol.asyncDispose]()
  })

  test('that a killed broker left, with padded indexes and a torn tail, is read up to the last whole batch', async () => {
    const dir = join(mkdtempSync(join(scene.home, 'killed-')), 'log')
    const append = (word: string) =>
      ({ do: 'append', records: [{ value: text(`${word} 1`) }, { value: text(`${word} 2`) }] }) as const
    const steps = [append('a'), append('b'), append('c')]
    await scene.oracle.writeDirectory(dir, { clean: false, partitions: [{ topic: 't', partition: 0, steps }] })
    const file = join(dir, 't-0', '00000000000000000000.log')
    truncateSync(file, statSync(file).size - 5)
    const log = new BinaryLog(dir)
    expect(log.run(['consume', 't']).stdout.toString()).toBe('a 1\na 2\nb 1\nb 2\n')
  })

  async function kafkas(kind: FixtureKind): Promise<string> {
    const dir = join(mkdtempSync(join(scene.home, 'kafka-')), 'log')
    await scene.oracle.writeFixture(dir, kind)
    return dir
  }
})

/** The transactions of the fixture say in their records what became of them; what follows an open one cannot be seen either. */
function isCommitted(value: Uint8Array | null): boolean {
  return /^(committed|plain)/.test(Buffer.from(value ?? []).toString())
}

function payloadOf(line: string): string | null {
  const { payload } = JSON.parse(line) as { payload: string | null }
  return payload
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}
