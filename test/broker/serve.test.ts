import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiVersionsApi } from '../../src/protocol/messages/api-versions.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { metadataApi } from '../../src/protocol/messages/metadata.ts'
import { runBinary } from '../support/run-binary.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'

let scene: ServeScene
let client: TestClient

beforeAll(async () => {
  scene = await ServeScene.start()
  client = await scene.connect()
})
afterAll(() => scene.remove())

const anyTopic = {
  allowAutoTopicCreation: true,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}

function named(...names: string[]): { topics: { topicId: string; name: string }[] } & typeof anyTopic {
  return { ...anyTopic, topics: names.map((name) => ({ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name })) }
}

describe('ApiVersions', () => {
  test('names what is answered, with the versions of it', async () => {
    const { apiKeys, errorCode } = await client.send(apiVersionsApi, 0, {
      clientSoftwareName: '',
      clientSoftwareVersion: '',
    })
    expect(errorCode).toBe(0)
    expect(apiKeys.find(({ apiKey }) => apiKey === 3)).toEqual({ apiKey: 3, minVersion: 0, maxVersion: 12 })
  })

  test.each([0, 1, 2, 3, 4])('version %i is answered', async (version) => {
    const software = { clientSoftwareName: 'a-client', clientSoftwareVersion: '1.2.3' }
    expect((await client.send(apiVersionsApi, version, software)).errorCode).toBe(0)
  })

  test('a version of the future is answered in version 0, with our range of this key', async () => {
    const answer = client.answer(77)
    const header = Uint8Array.from([0, 0, 0, 11, 0, 18, 0, 99, 0, 0, 0, 77, 0xff, 0xff, 0])
    client.stream.send([header])
    expect([...(await answer)]).toEqual([0, 0, 0, 77, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4])
  })

  test('a software name that is none is INVALID_REQUEST', async () => {
    const answer = await client.send(apiVersionsApi, 3, { clientSoftwareName: '-', clientSoftwareVersion: '1' })
    expect(answer.errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })
})

describe('Metadata', () => {
  test('makes a topic that is named, at once and with an id, and only when it may', async () => {
    const not = await client.send(metadataApi, 12, { ...named('not-made'), allowAutoTopicCreation: false })
    expect(not.topics).toMatchObject([
      { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name: 'not-made', partitions: [] },
    ])
    const made = await client.send(metadataApi, 12, named('made'))
    expect(made.topics).toMatchObject([
      { errorCode: 0, name: 'made', partitions: [{ errorCode: 0, partitionIndex: 0, leaderEpoch: 0 }] },
    ])
    expect(made.topics[0]?.topicId).not.toBe('AAAAAAAAAAAAAAAAAAAAAA')
    expect(made.clusterId).toMatch(/^[\w-]{22}$/)
    expect(made.brokers).toMatchObject([{ nodeId: made.controllerId, host: '127.0.0.1', port: scene.port }])
  })

  test('answers every topic asked for, whatever its name', async () => {
    const names = ['made', '', '.', '../x', 'a b', 'x'.repeat(250), 'ünï']
    const { topics } = await client.send(metadataApi, 5, named(...names))
    expect(topics.map(({ name }) => name)).toEqual(names)
    expect(topics.slice(1).map(({ errorCode }) => errorCode)).toEqual(Array(6).fill(ErrorCode.INVALID_TOPIC_EXCEPTION))
  })

  test('version 0 without topics means all, version 1 none', async () => {
    expect((await client.send(metadataApi, 0, named())).topics.map(({ name }) => name)).toEqual(['made'])
    expect((await client.send(metadataApi, 1, named())).topics).toEqual([])
    expect((await client.send(metadataApi, 1, { ...anyTopic, topics: null })).topics.map(({ name }) => name)).toEqual([
      'made',
    ])
  })

  test('finds topics by id, and topics that a command has just made', async () => {
    runBinary(['-d', scene.directory, 'topics', 'create', 'by-hand', '--partitions', '3'])
    const { topics } = await client.send(metadataApi, 12, named('by-hand'))
    expect(topics[0]?.partitions.length).toBe(3)
    const byId = { ...anyTopic, topics: [{ topicId: topics[0]?.topicId ?? '', name: null }] }
    expect((await client.send(metadataApi, 12, byId)).topics).toEqual(topics)
    const unknown = { ...anyTopic, topics: [{ topicId: 'QAAAAAAAAAAAAAAAAAAAAA', name: null }] }
    expect((await client.send(metadataApi, 12, unknown)).topics).toMatchObject([
      { errorCode: ErrorCode.UNKNOWN_TOPIC_ID },
    ])
  })

  test("makes the topic of groups as groups would, and none else of the broker's own", async () => {
    const { topics } = await client.send(metadataApi, 12, named('__transaction_state', '__consumer_offsets'))
    const told = topics.map(({ errorCode, isInternal, partitions }) => [errorCode, isInternal, partitions.length])
    expect(told).toEqual([
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, false, 0],
      [0, true, 50],
    ])
    const shown = runBinary(['topics', 'describe', '__consumer_offsets', '-b', scene.address]).stdout.toString()
    expect(shown).toContain('compact')
  })
})

describe('an address to listen on', () => {
  test('that is all of the machine is told as the one that a client came in on', async () => {
    const everywhere = await ServeScene.start(['--listen', '0.0.0.0:0'])
    const { port } = everywhere
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      const { brokers } = await (await everywhere.connectTo(0, host)).send(metadataApi, 1, named())
      expect(brokers).toMatchObject([{ host, port }])
    }
    await everywhere.remove()
  })

  test('whose host nobody knows is a mistake, with exit code 2', () => {
    const { code, stderr } = runBinary(['serve', '--ephemeral', '--listen', 'host.invalid:0'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('host.invalid:0 is no address of this machine')])
  })
})

describe('a served directory', () => {
  test('is refused to a second serve, with exit code 6', () => {
    const { code, stderr } = runBinary(['-d', scene.directory, 'serve', '--listen', '127.0.0.1:0'])
    expect(code).toBe(6)
    expect(stderr).toContain('is held by another tslog serve')
  })

  test('has a socket for its owner alone', () => {
    expect(statSync(join(scene.directory, 'tslog.sock')).mode & 0o777).toBe(0o600)
  })

  test('is given back in order by SIGTERM, and can be served again after kill -9', async () => {
    const one = await ServeScene.start()
    await (await one.connect()).send(metadataApi, 12, named('kept'))
    expect(await one.stop('SIGTERM')).toBe(143)
    // Kafka opens it without recovery.
    expect(existsSync(join(one.directory, '.kafka_cleanshutdown'))).toBe(true)
    expect(existsSync(join(one.directory, 'tslog.sock'))).toBe(false)
    const two = await ServeScene.start([], one.directory)
    expect(await two.stop('SIGKILL')).toBe(null)
    const three = await ServeScene.start([], one.directory)
    expect((await (await three.connect()).send(metadataApi, 1, named())).brokers.length).toBe(1)
    await three.remove()
  })
})
