import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
    while (performance.now() - startMs < 2500) {
      expect((await connection.request(metadataApi, metadataRequest.initial())).brokers).toHaveLength(1)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    connection.close()
  })
})
