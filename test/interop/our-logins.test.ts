import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alterClientQuotasApi } from '../../src/protocol/messages/alter-client-quotas.ts'
import { metadataApi, metadataRequest } from '../../src/protocol/messages/metadata.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { toolOrSkip } from '../support/require-tool.ts'
import {
  command,
  connected,
  printed,
  saslFile,
  type SecuredBroker,
  securedKafka,
  securedServe,
  sslFile,
} from './secured-brokers.ts'

const isPossible = kafkaMissing() === undefined && toolOrSkip('openssl') !== undefined

let kafka: SecuredBroker
let serve: SecuredBroker

describe.skipIf(!isPossible)('our commands', () => {
  beforeAll(async () => {
    ;[kafka, serve] = await Promise.all([securedKafka(), securedServe()])
  })
  afterAll(() => Promise.all([kafka.stop(), serve.stop()]))

  const ways = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'a certificate'] as const
  const all = (['kafka', 'tslog'] as const).flatMap((name) => ways.map((way) => [name, way] as const))

  test.each(all)('log in to %s with %s: -b, and replicate to it and from it', async (name, way) => {
    const broker = name === 'kafka' ? kafka : serve
    const file = way === 'a certificate' ? sslFile(broker, 'ops') : saslFile(broker, 'admin', way)
    const address = way === 'a certificate' ? broker.ssl : broker.sasl
    const home = mkdtempSync(join(tmpdir(), 'tslog-secured-'))
    const run = (words: readonly string[], input = ''): Promise<string> => printed(file, words, input)
    const topic = `by-${way.replaceAll(/\W+/g, '-')}`
    await run(['-b', address, 'produce', topic], 'one\ntwo\n')
    expect(await run(['-b', address, 'consume', topic, '-g', `g-${topic}`, '-c', '2'])).toBe('one\ntwo\n')
    expect(await run(['-b', address, 'topics', 'list'])).toContain(topic)
    await run(['-d', home, 'replicate', topic, '--from', `kafkas://${address}`])
    expect(await run(['-d', home, 'consume', topic])).toBe('one\ntwo\n')
    await run(['-d', home, 'produce', `${topic}-out`], 'three\n')
    await run(['-d', home, 'replicate', `${topic}-out`, `kafkas://${address}`])
    expect(await run(['-b', address, 'consume', `${topic}-out`])).toBe('three\n')
    rmSync(home, { recursive: true })
  })

  test('wait where a quota holds them back, and lose nothing', async () => {
    await Promise.all([slowedDown(kafka), slowedDown(serve)])
  })

  test('are not let in by Apache Kafka with a wrong password, and say so', async () => {
    const file = saslFile(kafka, 'admin', 'SCRAM-SHA-512')
    const wrong = join(kafka.files, 'wrong.properties')
    writeFileSync(wrong, readFileSync(file, 'utf8').replace('admin-secret', 'wrong-secret'), { mode: 0o600 })
    const { code, stderr } = await command(wrong, ['-b', kafka.sasl, 'topics', 'list'])
    expect([code, stderr]).toEqual([77, expect.stringContaining('uthentication failed')])
    expect(stderr).not.toContain('wrong-secret')
  })

  test('prove again who they are before Apache Kafka ends the connection', async () => {
    const connection = await connected(kafka, 'admin', 'SCRAM-SHA-256')
    const startMs = performance.now()
    while (performance.now() - startMs < 4500) {
      expect((await connection.request(metadataApi, metadataRequest.initial())).brokers).toHaveLength(1)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    connection.close()
  })
})

/** Produces, consumes and copies through a quota that is too small for it. */
async function slowedDown(broker: SecuredBroker): Promise<void> {
  const file = saslFile(broker, 'admin', 'SCRAM-SHA-512')
  const connection = await connected(broker, 'admin', 'SCRAM-SHA-512')
  const quota = async (remove: boolean): Promise<void> => {
    const ops = ['consumer_byte_rate', 'producer_byte_rate'].map((key) => ({ key, value: 10_000, remove }))
    const entity = [{ entityType: 'client-id', entityName: 'tslog' }]
    const { entries } = await connection.request(alterClientQuotasApi, {
      entries: [{ entity, ops }],
      validateOnly: false,
    })
    expect(entries[0]?.errorCode).toBe(0)
  }
  await printed(file, ['-b', broker.sasl, 'topics', 'create', 'slow', '--partitions', '1'])
  await quota(false)
  const lines = Array.from({ length: 112 }, (_, n) => `${n} ${'x'.repeat(1000)}\n`).join('')
  const startMs = performance.now()
  await printed(file, ['-b', broker.sasl, 'produce', 'slow', '--batch-size', '8000'], lines)
  const producedMs = performance.now()
  expect(await printed(file, ['-b', broker.sasl, 'consume', 'slow'])).toBe(lines)
  const consumedMs = performance.now()
  // 112 kB at 10 kB/s, of which 100 kB go at once.
  expect(producedMs - startMs).toBeGreaterThan(500)
  expect(consumedMs - producedMs).toBeGreaterThan(500)
  const home = mkdtempSync(join(tmpdir(), 'tslog-slow-'))
  await printed(file, ['-d', home, 'replicate', 'slow', '--from', `kafkas://${broker.sasl}`])
  expect(await printed(file, ['-d', home, 'consume', 'slow'])).toBe(lines)
  rmSync(home, { recursive: true })
  await quota(true)
  connection.close()
}
