import { Admin, Producer, stringSerializers } from '@platformatic/kafka'
import { Kafka, logLevel } from 'kafkajs'
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toolOrSkip } from '../support/require-tool.ts'
import { runBinary } from '../support/run-binary.ts'
import { ServeScene } from './serve-scene.ts'

let scene: ServeScene

beforeAll(async () => {
  scene = await ServeScene.start()
})
afterAll(() => scene.remove())

function lines(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`)
}

/** What the shell sees in the directory. */
function consumed(topic: string): string[] {
  return runBinary(['-d', scene.directory, 'consume', topic]).stdout.toString().split('\n').slice(0, -1)
}

describe('kcat', () => {
  const kcat = toolOrSkip('kcat')
  const run = (args: string, input = ''): string[] => {
    const { status, stdout, stderr } = spawnSync('kcat', ['-b', scene.address, ...args.split(' ')], { input })
    if (status !== 0) throw new Error(`kcat ${args}: ${stderr.toString()}`)
    return stdout.toString().split('\n').slice(0, -1)
  }

  test.skipIf(kcat === undefined).each(['none', 'snappy', 'zstd'])('produces and consumes with %s', (codec) => {
    const values = lines(2000, `${codec} `)
    run(`-P -t kcat-${codec} -z ${codec}`, values.join('\n'))
    expect(run(`-C -t kcat-${codec} -e -q`)).toEqual(values)
    expect(consumed(`kcat-${codec}`)).toEqual(values)
    const stored = runBinary(['-d', scene.directory, 'stats', `kcat-${codec}`, '--json']).stdout.toString()
    expect(stored).toContain(codec)
  })

  test.skipIf(kcat === undefined)('produces idempotently, and finds offsets by time', () => {
    run('-P -t kcat-idempotent -X enable.idempotence=true', 'a\nb\nc')
    expect(run('-C -t kcat-idempotent -e -q')).toEqual(['a', 'b', 'c'])
    expect(run('-Q -t kcat-idempotent:0:0')).toEqual(['kcat-idempotent [0] offset 0'])
  })

  test.skipIf(kcat === undefined)('sees what the shell appended', () => {
    run('-P -t kcat-and-shell', 'from kcat')
    runBinary(['-d', scene.directory, 'produce', 'kcat-and-shell'], 'from the shell\n')
    expect(run('-C -t kcat-and-shell -e -q')).toEqual(['from kcat', 'from the shell'])
  })
})

describe('kafkajs', () => {
  const kafka = (): Kafka =>
    new Kafka({ clientId: 'test', brokers: [scene.address], logLevel: logLevel.NOTHING, retry: { retries: 1 } })

  test.each([{ idempotent: false }, { idempotent: true }])('produces with %o', async (settings) => {
    const topic = `kafkajs-${settings.idempotent}`
    const producer = kafka().producer({ ...settings, allowAutoTopicCreation: true })
    await producer.connect()
    for (let i = 0; i < 20; i++) {
      const messages = [{ key: 'k', value: `value ${i}`, headers: { h: 'x' } }]
      expect(await producer.send({ topic, messages, acks: -1 })).toMatchObject([
        { errorCode: 0, baseOffset: String(i) },
      ])
    }
    await producer.disconnect()
    expect(consumed(topic)).toEqual(lines(20, 'value '))
    const admin = kafka().admin()
    await admin.connect()
    expect(await admin.fetchTopicOffsets(topic)).toEqual([{ partition: 0, offset: '20', high: '20', low: '0' }])
    await admin.disconnect()
  })
})

describe('@platformatic/kafka', () => {
  const client = (): { clientId: string; bootstrapBrokers: string[] } => ({
    clientId: 'test',
    bootstrapBrokers: [scene.address],
  })

  test('produces and finds its topic', async () => {
    const producer = new Producer({ ...client(), serializers: stringSerializers, autocreateTopics: true })
    const messages = lines(10, 'v').map((value) => ({ topic: 'plt', key: 'k', value }))
    const sent = await producer.send({ messages })
    expect(sent.offsets).toEqual([{ topic: 'plt', partition: 0, offset: 0n }])
    await producer.close()
    expect(consumed('plt')).toEqual(lines(10, 'v'))
    const admin = new Admin(client())
    expect((await admin.metadata({ topics: ['plt'] })).topics.get('plt')?.partitionsCount).toBe(1)
    await admin.close()
  })
})
