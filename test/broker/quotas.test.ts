import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { alterClientQuotasApi, type AlterClientQuotasRequest } from '../../src/protocol/messages/alter-client-quotas.ts'
import { describeClientQuotasApi } from '../../src/protocol/messages/describe-client-quotas.ts'
import { metadataApi, metadataRequest } from '../../src/protocol/messages/metadata.ts'
import { produceApi } from '../../src/protocol/messages/produce.ts'
import { clientBatch, fetch, fetchRequest, makeTopic, partitionsOf, produce, produceRequest } from './requests.ts'
import { runBinary } from '../support/run-binary.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'
import { fetchApi } from '../../src/protocol/messages/fetch.ts'

let scene: ServeScene
let admin: TestClient

beforeAll(async () => {
  scene = await ServeScene.start(['--metrics-listen', '127.0.0.1:0'])
  admin = await scene.connect()
  await makeTopic(admin, 'logs')
})
afterAll(() => scene.remove())

type Part = AlterClientQuotasRequest['entries'][number]['entity'][number]
type Ops = AlterClientQuotasRequest['entries'][number]['ops']

const clientId = (entityName: string | null): Part => ({ entityType: 'client-id', entityName })
const user = (entityName: string | null): Part => ({ entityType: 'user', entityName })
const ip = (entityName: string | null): Part => ({ entityType: 'ip', entityName })
const set = (key: string, value: number): Ops[number] => ({ key, value, remove: false })

async function alter(entity: Part[], ops: Ops, validateOnly = false): Promise<[number, string | null]> {
  const { entries } = await admin.send(alterClientQuotasApi, 1, { entries: [{ entity, ops }], validateOnly })
  return [entries[0]?.errorCode ?? -1, entries[0]?.errorMessage ?? null]
}

async function described(
  components: { entityType: string; matchType: number; match: string | null }[],
  strict = false,
): Promise<unknown> {
  const { errorCode, entries } = await admin.send(describeClientQuotasApi, 1, { components, strict })
  return errorCode === 0 ? entries : errorCode
}

async function msOf(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await act()
  return performance.now() - startMs
}

describe('a producer above its quota', () => {
  test('is told how long to wait, and its connection is not read for so long; others go on', async () => {
    await alter([clientId('greedy')], [set('producer_byte_rate', 100_000)])
    const client = await scene.connect()
    const big = produceRequest('logs', clientBatch(['x'.repeat(1_030_000)]))
    const startMs = performance.now()
    const { throttleTimeMs } = await client.send(produceApi, 9, big, 'greedy')
    expect(throttleTimeMs).toBeGreaterThan(200)
    expect(throttleTimeMs).toBeLessThan(400)
    const ask = () => client.send(metadataApi, 1, metadataRequest.initial(), 'greedy')
    await ask()
    expect(performance.now() - startMs).toBeGreaterThan(throttleTimeMs)
    await expect.poll(() => msOf(ask)).toBeLessThan(throttleTimeMs)
    const { throttleTimeMs: ofOthers } = await admin.send(produceApi, 9, big, 'modest')
    expect(ofOthers).toBe(0)
    const page = await (await globalThis.fetch(`http://${metricsAddress()}/metrics`)).text()
    expect(page).toMatch(/kafka_server_produce_byte_rate\{user="",client_id="greedy"\} \d{5}/)
    expect(page).toMatch(/kafka_server_produce_throttle_time\{user="",client_id="greedy"\} [23]\d\d/)
  })

  test('with requests sent ahead has none of them begun meanwhile', async () => {
    await alter([clientId('ahead')], [set('producer_byte_rate', 100_000)])
    const client = await scene.connect()
    const answers = [900_000, 130_000, 10].map((bytes) =>
      client.send(produceApi, 9, produceRequest('logs', clientBatch(['x'.repeat(bytes)])), 'ahead').then((answer) => ({
        ms: performance.now() - startMs,
        throttleTimeMs: answer.throttleTimeMs,
      })),
    )
    const startMs = performance.now()
    const [first, second, third] = await Promise.all(answers)
    expect(first?.throttleTimeMs).toBe(0)
    expect(second?.throttleTimeMs).toBeGreaterThan(200)
    expect(third?.ms).toBeGreaterThan(second?.throttleTimeMs ?? 0)
  })

  test('with acks 0 is held back all the same', async () => {
    await alter([clientId('silent')], [set('producer_byte_rate', 100_000)])
    const client = await scene.connect()
    client.sendAlone(produceApi, 9, produceRequest('logs', clientBatch(['x'.repeat(1_030_000)]), 0), 'silent')
    expect(await msOf(() => client.send(metadataApi, 1, metadataRequest.initial()))).toBeGreaterThan(200)
  })
})

describe('a consumer above its quota', () => {
  test('gets no more at once than it may, then an answer without records, and what there is later', async () => {
    for (let i = 0; i < 4; i++) await produce(admin, 'logs', clientBatch(['y'.repeat(30_000)]))
    const { responses } = await fetch(admin, [{ topic: 'logs', from: 0n }])
    expect(responses.length).toBe(1)
    await makeTopic(admin, 'read')
    for (let i = 0; i < 6; i++) await produce(admin, 'read', clientBatch(['y'.repeat(1000)]))
    await alter([clientId('reader')], [set('consumer_byte_rate', 300)])
    const client = await scene.connect()
    const read = (from: bigint, session: readonly [number, number]) =>
      client.send(fetchApi, 11, fetchRequest([{ topic: 'read', from }], { session }), 'reader')
    const first = await read(0n, [0, 0])
    const size = partitionsOf(first)[0]?.records?.length ?? 0
    // 300 bytes a second in ten windows: two batches of a thousand and some.
    expect([size > 2000, size <= 3000, first.throttleTimeMs, first.sessionId > 0]).toEqual([true, true, 0, true])
    const second = await read(2n, [first.sessionId, 1])
    expect(second).toMatchObject({ errorCode: 0, sessionId: first.sessionId, responses: [] })
    expect(second.throttleTimeMs).toBeGreaterThan(100)
    const other = await scene.connect()
    const fresh = await other.send(
      fetchApi,
      11,
      fetchRequest([{ topic: 'read', from: 2n }], { session: [0, 0] }),
      'reader',
    )
    expect(fresh).toMatchObject({ errorCode: 0, sessionId: 0, responses: [] })
    await alter([clientId('reader')], [{ key: 'consumer_byte_rate', value: 0, remove: true }])
    const late = await scene.connect()
    const third = await late.send(
      fetchApi,
      11,
      fetchRequest([{ topic: 'read', from: 2n }], { session: [first.sessionId, 2] }),
      'reader',
    )
    expect(partitionsOf(third)[0]?.records?.length).toBeGreaterThan(4000)
  })
})

test('a consumer that is held back is not read for so long', async () => {
  await makeTopic(admin, 'muted')
  for (let i = 0; i < 4; i++) await produce(admin, 'muted', clientBatch(['y'.repeat(1000)]))
  await alter([clientId('muted')], [set('consumer_byte_rate', 400)])
  const client = await scene.connect()
  const read = (from: bigint) =>
    client.send(fetchApi, 11, fetchRequest([{ topic: 'muted', from, bytesMax: 2200 }]), 'muted')
  expect((await read(0n)).throttleTimeMs).toBe(0)
  const startMs = performance.now()
  const { throttleTimeMs } = await read(2n)
  expect(throttleTimeMs).toBeGreaterThan(0)
  await client.send(metadataApi, 1, metadataRequest.initial(), 'muted')
  expect(performance.now() - startMs).toBeGreaterThan(throttleTimeMs)
})

describe('quotas', () => {
  test('are told as they were set, by exact name, default and any, strictly or not; and are gone when they were removed', async () => {
    await alter([user('alice'), clientId(null)], [set('producer_byte_rate', 1024), set('request_percentage', 12.5)])
    await alter([user('alice')], [set('consumer_byte_rate', 2048)])
    await alter([user(null)], [set('controller_mutation_rate', 5)])
    const alice = { entityType: 'user', matchType: 0, match: 'alice' }
    const both = {
      entity: [user('alice'), clientId(null)],
      values: [
        { key: 'producer_byte_rate', value: 1024 },
        { key: 'request_percentage', value: 12.5 },
      ],
    }
    const single = { entity: [user('alice')], values: [{ key: 'consumer_byte_rate', value: 2048 }] }
    expect(await described([alice])).toEqual([single, both])
    expect(await described([alice], true)).toEqual([single])
    expect(await described([alice, { entityType: 'client-id', matchType: 1, match: null }], true)).toEqual([both])
    expect(await described([{ entityType: 'user', matchType: 1, match: null }], true)).toMatchObject([
      { entity: [user(null)] },
    ])
    expect(await described([{ entityType: 'user', matchType: 2, match: null }], true)).toHaveLength(2)
    expect(statSync(join(scene.directory, 'tslog-quotas.json')).mode & 0o777).toBe(0o600)
    expect(scene.log).toMatch(/WARN quota without effect here entity=".*" quota=request_percentage/)
    await alter([user('alice')], [{ key: 'consumer_byte_rate', value: 0, remove: true }])
    expect(await described([alice], true)).toEqual([])
  })

  test.each([
    ['no entity', [], [set('producer_byte_rate', 1)], 'the entity is empty'],
    ['an empty name', [user('')], [set('producer_byte_rate', 1)], 'the user is empty'],
    ['a type twice', [user('a'), user('b')], [set('producer_byte_rate', 1)], 'more than one user'],
    ['a type that is none', [{ entityType: 'group', entityName: 'a' }], [set('producer_byte_rate', 1)], '"group"'],
    ['no address', [ip('nowhere')], [set('connection_creation_rate', 1)], 'is not an address'],
    ['an address with a user', [ip('10.0.0.1'), user('a')], [set('connection_creation_rate', 1)], 'goes with no user'],
    ['bytes of an address', [ip('10.0.0.1')], [set('producer_byte_rate', 1)], 'of ip'],
    ['connections of a user', [user('a')], [set('connection_creation_rate', 1)], 'of user'],
    ['a quota that is none', [user('a')], [set('bytes', 1)], '"bytes"'],
    ['a quota of nothing', [user('a')], [set('producer_byte_rate', 0)], 'greater than 0'],
    ['a quota that is no number', [user('a')], [set('producer_byte_rate', Number.NaN)], 'greater than 0'],
    ['half a byte', [user('a')], [set('producer_byte_rate', 1.5)], 'whole number'],
  ] as const)('refuse %s', async (_, entity, ops, reason) => {
    expect(await alter([...entity], [...ops])).toEqual([ErrorCode.INVALID_REQUEST, expect.stringContaining(reason)])
  })

  test('that are only to be validated change nothing', async () => {
    expect(await alter([user('carol')], [set('producer_byte_rate', 1)], true)).toEqual([0, null])
    expect(await described([{ entityType: 'user', matchType: 0, match: 'carol' }])).toEqual([])
  })

  test.each([
    [[{ entityType: 'user', matchType: 0, match: null }]],
    [[{ entityType: 'user', matchType: 1, match: 'a' }]],
    [[{ entityType: 'user', matchType: 3, match: null }]],
    [[{ entityType: 'topic', matchType: 2, match: null }]],
    [
      [
        { entityType: 'user', matchType: 2, match: null },
        { entityType: 'user', matchType: 1, match: null },
      ],
    ],
  ])('are not told for %o', async (components) => {
    expect(await described(components)).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('of an address close what comes too fast from there, and the socket in the directory is not of it', async () => {
    const own = await ServeScene.start()
    const first = await own.connect()
    const entries = [{ entity: [ip('127.0.0.1')], ops: [set('connection_creation_rate', 1)] }]
    const { entries: answers } = await first.send(alterClientQuotasApi, 1, { entries, validateOnly: false })
    expect(answers[0]?.errorCode).toBe(0)
    const clients = await Promise.all(Array.from({ length: 15 }, () => own.connect()))
    const ends = clients.map(async (client) => {
      const answered = client.send(metadataApi, 1, metadataRequest.initial()).then(
        () => 'answered',
        () => 'closed',
      )
      return answered
    })
    const all = await Promise.all(ends)
    // One a second over eleven windows: ten at once.
    expect([all.filter((end) => end === 'answered').length, all.at(-1)]).toEqual([10, 'closed'])
    expect(runBinary(['-d', own.directory, 'topics', 'list']).code).toBe(0)
    await own.remove()
  })

  test('are read again on SIGHUP, and are there after a restart', async () => {
    const own = await ServeScene.start()
    const path = join(own.directory, 'tslog-quotas.json')
    writeFileSync(path, '{"version":1,"entries":[{"client-id":"late","producer_byte_rate":1000}]}\n', { mode: 0o600 })
    own.reload()
    await expect.poll(() => own.log).toContain('settings read again')
    const client = await own.connect()
    await makeTopic(client, 'logs')
    const answer = await client.send(produceApi, 9, produceRequest('logs', clientBatch(['x'.repeat(20_000)])), 'late')
    expect(answer.throttleTimeMs).toBeGreaterThan(5000)
    await own.stop()
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ entries: [{ 'client-id': 'late' }] })
    const again = await ServeScene.start([], own.directory)
    const other = await again.connect()
    const { throttleTimeMs } = await other.send(
      produceApi,
      9,
      produceRequest('logs', clientBatch(['x'.repeat(20_000)])),
      'late',
    )
    expect(throttleTimeMs).toBeGreaterThan(5000)
    await again.remove()
  })
})

function metricsAddress(): string {
  return /metrics address=(\S+)/.exec(scene.log)?.[1] ?? ''
}
