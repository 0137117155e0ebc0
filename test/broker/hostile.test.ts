import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiTable } from '../../src/protocol/api-keys.ts'
import { encodeRequest } from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { createTopicsApi } from '../../src/protocol/messages/create-topics.ts'
import { describeConfigsApi } from '../../src/protocol/messages/describe-configs.ts'
import { describeGroupsApi } from '../../src/protocol/messages/describe-groups.ts'
import { fetchApi } from '../../src/protocol/messages/fetch.ts'
import { metadataApi } from '../../src/protocol/messages/metadata.ts'
import { offsetFetchApi } from '../../src/protocol/messages/offset-fetch.ts'
import { produceApi } from '../../src/protocol/messages/produce.ts'
import { runBinary } from '../support/run-binary.ts'
import {
  altered,
  clientBatch,
  makeTopic,
  NO_ID,
  produce,
  fetch,
  fetchRequest,
  produceRequest,
  recordsOf,
} from './requests.ts'
import { bombs } from './support/bombs.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'

let scene: ServeScene
let client: TestClient

beforeAll(async () => {
  scene = await ServeScene.start()
  client = await scene.connect()
  await makeTopic(client, 'sound')
})
afterAll(async () => {
  // What is the client's fault is never taken for ours.
  expect(scene.log).not.toContain('request failed')
  await scene.remove()
})

/** Sends bytes on a connection of their own; resolves to how it ended. */
async function throwAt(bytes: Uint8Array, waitMs = 2000): Promise<'closed' | 'open'> {
  const socket = await dial()
  const closed = new Promise<'closed'>((resolve) => socket.once('close', () => resolve('closed')))
  socket.write(bytes)
  const waited = new Promise<'open'>((resolve) => setTimeout(() => resolve('open'), waitMs))
  const end = await Promise.race([closed, waited])
  socket.destroy()
  return end
}

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: scene.port }, () => resolve(socket))
    socket.on('error', reject)
    socket.resume()
  })
}

function residentKib(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${scene.pid}/status`, 'utf8'))?.[1])
}

/** What the server has used of the processors, which does not depend on who else does. */
function cpuMs(): number {
  const fields = readFileSync(`/proc/${scene.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value)
  return bytes
}

test.each([
  ['a web browser', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
  ['TLS on a plain port', Uint8Array.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc])],
  ['a negative size', int32(-1)],
  ['a size of 2^31-1', int32(2 ** 31 - 1)],
  ['a size of more than socket.request.max.bytes', int32(104_857_601)],
  ['an empty request', int32(0)],
  ['a request without a whole header', Uint8Array.from([0, 0, 0, 3, 0, 18, 0])],
  ['an API that nobody has', Uint8Array.from([0, 0, 0, 10, 0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff])],
  ['a version of the future', Uint8Array.from([0, 0, 0, 10, 0, 1, 0, 99, 0, 0, 0, 1, 0xff, 0xff])],
  [
    'a list of 2^31-1 topics',
    Uint8Array.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
  ],
])('%s ends the connection, and nothing else', async (_, bytes) => {
  expect(await throwAt(bytes)).toBe('closed')
  expect((await produce(client, 'sound', clientBatch(['still here']))).errorCode).toBe(0)
})

test('whatever bytes come in frames of every API, the broker goes on', async () => {
  const keys = Object.values(apiTable)
  const body = fc.uint8Array({ size: 'max', maxLength: 2000 })
  const request = fc.tuple(fc.constantFrom(...keys), fc.integer({ min: 0, max: 20 }), body)
  const frames = fc.sample(request, { numRuns: 300, seed: 7 })
  for (const [{ key, versions }, version, bytes] of frames) {
    const head = new DataView(new ArrayBuffer(14))
    head.setInt32(0, 10 + bytes.length)
    head.setInt16(4, key)
    head.setInt16(6, versions.first + (version % (versions.last - versions.first + 1)))
    head.setInt32(8, 1)
    head.setInt16(12, -1)
    await throwAt(Uint8Array.from([...new Uint8Array(head.buffer), ...bytes]), 1)
  }
  expect((await produce(client, 'sound', clientBatch(['still here']))).errorCode).toBe(0)
}, 30_000)

test('every prefix of a request is waited for, every one with changed bytes is answered or ends the connection', async () => {
  const header = { apiVersion: 9, correlationId: 1, clientId: 'x' }
  const frame = Buffer.concat(encodeRequest(produceApi, header, produceRequest('sound', clientBatch(['x']))))
  const seeds = fc.sample(fc.tuple(fc.nat({ max: frame.length - 1 }), fc.nat({ max: 255 })), { numRuns: 150, seed: 3 })
  for (const [at, value] of seeds) {
    const bytes = Uint8Array.from(frame)
    bytes[Math.max(4, at)] = value
    await throwAt(bytes, 1)
    await throwAt(frame.subarray(0, at), 1)
  }
  const records = recordsOf(await fetch(client, [{ topic: 'sound', from: 0n }]))
  expect(records.every((record) => / (still here|x)$/.test(record))).toBe(true)
}, 30_000)

test('a size that is only claimed takes no memory', async () => {
  const before = residentKib()
  const sockets = await Promise.all(Array.from({ length: 200 }, dial))
  for (const socket of sockets) socket.write(Uint8Array.from([...int32(100_000_000), 0, 0]))
  expect((await produce(client, 'sound', clientBatch(['still here']))).errorCode).toBe(0)
  expect(residentKib() - before).toBeLessThan(100_000)
  for (const socket of sockets) socket.destroy()
}, 30_000)

test('a reader that takes nothing costs what one answer takes, and holds nobody up', async () => {
  const loader = await scene.connect()
  await makeTopic(loader, 'large')
  const batch = clientBatch(['x'.repeat(1_000_000)])
  for (let i = 0; i < 8; i++) await produce(loader, 'large', batch.slice())
  const before = residentKib()
  const greedy = await dial()
  greedy.pause()
  // A GB of answers, if they were all made.
  const ask = fetchRequest([{ topic: 'large', from: 0n, bytesMax: 2 ** 21 }])
  for (let i = 0; i < 500; i++) {
    for (const piece of encodeRequest(fetchApi, { apiVersion: 11, correlationId: i, clientId: 'x' }, ask))
      greedy.write(piece)
  }
  expect((await produce(client, 'sound', clientBatch(['still here']))).errorCode).toBe(0)
  expect(residentKib() - before).toBeLessThan(200_000)
  greedy.destroy()
}, 30_000)

test('one address has no more connections than it may, the socket in the directory has its own; one that ends makes room', async () => {
  const own = await ServeScene.start(['--override', 'max.connections.per.ip=2'])
  try {
    const [first] = [await own.connect(), await own.connect()]
    const third = await own.connect()
    await third.closed
    await expect.poll(() => own.log).toContain('WARN too many connections')
    expect(runBinary(['-d', own.directory, 'topics', 'list']).code).toBe(0)
    first?.close()
    await expect
      .poll(async () => {
        const next = await own.connect()
        return Promise.race([makeTopic(next, 'room'), next.closed.then(() => 'closed')])
      })
      .not.toBe('closed')
  } finally {
    await own.remove()
  }
})

test('what is asked for ten thousand times over is told once, and ten thousand topics at once are too many', async () => {
  const many = <T>(one: T): T[] => Array.from({ length: 10_001 }, () => one)
  const named = { allowAutoTopicCreation: false, includeClusterAuthorizedOperations: false }
  const metadata = await client.send(metadataApi, 9, {
    ...named,
    topics: many({ name: 'sound', topicId: NO_ID }),
    includeTopicAuthorizedOperations: false,
  })
  expect(metadata.topics.map(({ name }) => name)).toEqual(['sound'])
  const configs = await client.send(describeConfigsApi, 4, {
    resources: many({ resourceType: 2, resourceName: 'sound', configurationKeys: null }),
    includeSynonyms: true,
    includeDocumentation: true,
  })
  expect(configs.results.length).toBe(1)
  const groups = await client.send(describeGroupsApi, 5, { groups: many('g'), includeAuthorizedOperations: false })
  expect(groups.groups.length).toBe(1)
  const ofGroup = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null }
  const positions = await client.send(offsetFetchApi, 9, {
    groupId: '',
    topics: null,
    groups: [...many(ofGroup), { ...ofGroup, topics: [] }],
    requireStable: false,
  })
  expect(positions.groups.length).toBe(2)
  const topics = many('').map((_, n) => ({
    name: `t${n}`,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }))
  const made = await client.send(createTopicsApi, 7, { topics, timeoutMs: 1000, validateOnly: true })
  expect(new Set(made.topics.map(({ errorCode }) => errorCode))).toEqual(new Set([ErrorCode.POLICY_VIOLATION]))
})

describe('a little that decompresses to very much', () => {
  beforeAll(() => {
    expect(runBinary(['topics', 'create', 'bombed', '-b', scene.address]).code).toBe(0)
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('is refused at once, in little memory: %s', async (codec) => {
    const section = bombs[codec]()
    const head = clientBatch(['x'], 'k', codec).subarray(0, 61)
    const bomb = altered(new Uint8Array(Buffer.concat([head, section])), (view) =>
      view.setInt32(8, 49 + section.length),
    )
    expect(bomb.length).toBeLessThan(2 ** 20)
    const before = residentKib()
    const cpuBefore = cpuMs()
    // The most that snappy can say is not too much: its records are wrong.
    const code = codec === 'snappy' ? ErrorCode.INVALID_RECORD : ErrorCode.MESSAGE_TOO_LARGE
    expect((await produce(client, 'bombed', bomb)).errorCode).toBe(code)
    expect(cpuMs() - cpuBefore).toBeLessThan(1000)
    expect(residentKib() - before).toBeLessThan(128 * 1024)
  })
})
