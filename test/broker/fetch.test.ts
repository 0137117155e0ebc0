import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/error-codes.ts'
import { deleteTopicsApi } from '../../src/protocol/messages/delete-topics.ts'
import { fetchApi, type FetchResponse } from '../../src/protocol/messages/fetch.ts'
import { offsetForLeaderEpochApi } from '../../src/protocol/messages/offset-for-leader-epoch.ts'
import type { LeaderEpoch } from '../../src/base/brands.ts'
import { runBinary } from '../support/run-binary.ts'
import {
  clientBatch,
  fetch,
  fetchRequest,
  type FetchWish,
  listOffset,
  makeTopic,
  NO_ID,
  partitionsOf,
  produce,
  recordsOf,
} from './requests.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'

let scene: ServeScene
let client: TestClient
const ids = new Map<string, string>()

beforeAll(async () => {
  scene = await ServeScene.start()
  client = await scene.connect()
  for (const topic of ['ten', 'empty', 'other']) ids.set(topic, await makeTopic(client, topic))
  // Five batches of two records.
  for (let i = 0; i < 10; i += 2) await produce(client, 'ten', clientBatch([`v${i}`, `v${i + 1}`]))
})
afterAll(() => scene.remove())

function numbered(start: number, end: number): string[] {
  return Array.from({ length: end - start }, (_, i) => `${start + i} v${start + i}`)
}

/** Enough to tell a value of one letter many times. */
function seenOf(text: string): string {
  return `${text.slice(0, 6)} ${text.length} ${new Set(text.slice(4)).size}`
}

const ten = (from: bigint, more: Partial<FetchWish> = {}): FetchWish => ({ topic: 'ten', from, ...more })

describe('fetch', () => {
  test.each([4, 5, 6, 7, 8, 9, 10, 11, 12])('version %i gives batches, and all three offsets', async (version) => {
    const response = await fetch(client, [ten(0n)], { version })
    expect(recordsOf(response)).toEqual(numbered(0, 10))
    const logStartOffset = version >= 5 ? 0n : -1n
    expect(partitionsOf(response)).toMatchObject([
      { errorCode: 0, highWatermark: 10n, lastStableOffset: 10n, logStartOffset },
    ])
  })

  test.each([13, 14, 15, 16])('version %i goes by topic ids', async (version) => {
    const topicId = ids.get('ten') ?? ''
    expect(recordsOf(await fetch(client, [{ topic: '', topicId, from: 4n }], { version }))).toEqual(numbered(4, 10))
    const unknown = await fetch(client, [{ topic: '', topicId: 'QAAAAAAAAAAAAAAAAAAAAA', from: 0n }], { version })
    expect(partitionsOf(unknown)).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }])
  })

  test.each([4, 10])('version %i gives zstd as it was stored', async (version) => {
    const topic = `zstd-${version}`
    await makeTopic(client, topic)
    await produce(client, topic, clientBatch(['small'], undefined, 'zstd'))
    expect(recordsOf(await fetch(client, [{ topic, from: 0n }], { version }))).toEqual(['0 small'])
  })

  test('begins with the batch that holds the offset', async () => {
    expect(recordsOf(await fetch(client, [ten(5n)]))).toEqual(numbered(4, 10))
  })

  test('gives the first batch whatever its size, and no more than the limits after it', async () => {
    const size = partitionsOf(await fetch(client, [ten(0n)]))[0]?.records?.length ?? 0
    expect(recordsOf(await fetch(client, [ten(2n, { bytesMax: 1 })]))).toEqual(numbered(2, 4))
    expect(recordsOf(await fetch(client, [ten(0n)], { maxBytes: 1 }))).toEqual(numbered(0, 2))
    expect(recordsOf(await fetch(client, [ten(0n, { bytesMax: (size * 3) / 5 })]))).toEqual(numbered(0, 6))
    await produce(client, 'other', clientBatch(['large'.repeat(1000)]))
    const both = await fetch(client, [ten(0n, { bytesMax: 1 }), { topic: 'other', from: 0n, bytesMax: 1 }])
    expect(partitionsOf(both).map(({ records }) => records?.length)).toEqual([size / 5, 0])
  })

  test('at the end of the log is empty, behind it and before its start out of range', async () => {
    expect(partitionsOf(await fetch(client, [ten(10n)]))).toMatchObject([{ errorCode: 0, highWatermark: 10n }])
    const missing = {
      errorCode: ErrorCode.OFFSET_OUT_OF_RANGE,
      highWatermark: -1n,
      lastStableOffset: -1n,
      preferredReadReplica: -1,
    }
    expect(partitionsOf(await fetch(client, [ten(11n)], { maxWaitMs: 5000 }))).toMatchObject([missing])
    expect(partitionsOf(await fetch(client, [ten(-1n)], { maxWaitMs: 5000 }))).toMatchObject([missing])
  })

  test('a client whose last records are of an epoch that nobody here knows is out of range', async () => {
    const codes = [-1, 0, 3].map(async (lastFetchedEpoch) => {
      const request = fetchRequest([ten(1n)])
      for (const { partitions } of request.topics) {
        for (const one of partitions) Object.assign(one, { lastFetchedEpoch })
      }
      return partitionsOf(await client.send(fetchApi, 12, request))[0]?.errorCode
    })
    expect(await Promise.all(codes)).toEqual([0, 0, ErrorCode.OFFSET_OUT_OF_RANGE])
  })

  test('checks what the client knows of the leader epoch', async () => {
    const codes = [-1, 0, 1].map(async (currentLeaderEpoch) => {
      const [answer] = partitionsOf(await fetch(client, [ten(0n, { currentLeaderEpoch })], { version: 9 }))
      return answer?.errorCode
    })
    expect(await Promise.all(codes)).toEqual([0, 0, ErrorCode.UNKNOWN_LEADER_EPOCH])
  })

  test('with read_committed names aborted transactions, of which there are none, and otherwise null', async () => {
    const aborted = async (isolationLevel: number): Promise<unknown> =>
      partitionsOf(await fetch(client, [ten(0n)], { isolationLevel }))[0]?.abortedTransactions
    expect(await aborted(1)).toEqual([])
    expect(await aborted(0)).toBe(null)
  })

  test('of a topic that is not there is answered at once', async () => {
    const response = await fetch(client, [ten(10n), { topic: 'nowhere', from: 0n }], { maxWaitMs: 60_000 })
    expect(partitionsOf(response).map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
  })

  test('with min_bytes of 0, or about nothing, is answered at once', async () => {
    expect(partitionsOf(await fetch(client, [ten(10n)], { minBytes: 0, maxWaitMs: 60_000 })).length).toBe(1)
    expect((await fetch(client, [], { maxWaitMs: 60_000 })).responses).toEqual([])
  })
})

test('a fetch from where compaction has left nothing goes on with the next record, in whatever segment', async () => {
  const topic = 'compacted'
  const words = ['--config', 'cleanup.policy=compact', '--config', 'segment.bytes=200']
  const compacting = ['--config', 'min.cleanable.dirty.ratio=0', '--config', 'segment.index.bytes=1048576']
  runBinary(['-d', scene.directory, 'topics', 'create', topic, ...words, ...compacting])
  for (let i = 0; i < 12; i++) await produce(client, topic, clientBatch([`v${i}`], 'the key'))
  expect(runBinary(['-d', scene.directory, 'compact', topic]).code).toBe(0)
  // Offset 9 is the last of what was cleaned; the segment of 10 and 11 is active.
  const firstAt = async (from: bigint): Promise<string | undefined> =>
    recordsOf(await fetch(client, [{ topic, from }]), from)[0]
  for (let from = 0n; from < 12n; from++) {
    expect(await firstAt(from)).toBe(from < 9n ? '9 v9' : `${from} v${from}`)
  }
})

describe('large batches', () => {
  const values = Array.from({ length: 40 }, (_, i) => String.fromCharCode(40 + i).repeat(80_000 + 9000 * i))
  const seen = (response: FetchResponse): string[] => recordsOf(response).map(seenOf)
  const expected = values.map((value, i) => seenOf(`${i} ${value}`))

  beforeAll(async () => {
    await makeTopic(client, 'large')
    for (const value of values) await produce(client, 'large', clientBatch([value]))
  })

  test.each([4, 12])(
    'are given as they are, to who reads on and to who reads elsewhere (version %i)',
    async (version) => {
      const reads = Array.from({ length: 40 }, (_, i) => i)
      const others = [client, await scene.connect(), await scene.connect()]
      for (const bytesMax of [2 ** 20, 300_000, 1]) {
        const answers = await Promise.all(
          reads.map((i) =>
            fetch(others[i % 3] as TestClient, [{ topic: 'large', from: BigInt((i * 7) % 40), bytesMax }], { version }),
          ),
        )
        for (const [i, answer] of answers.entries()) {
          const got = seen(answer)
          const from = (i * 7) % 40
          expect(got.length).toBeGreaterThan(0)
          expect(got).toEqual(expected.slice(from, from + got.length))
        }
      }
    },
  )

  test('come whole to a client that takes its time, and to one that asks for two partitions at once', async () => {
    const slow = await scene.connect()
    slow.stream.pause()
    const answers = Array.from({ length: 30 }, (_, i) => fetch(slow, [{ topic: 'large', from: BigInt(i) }]))
    await new Promise((resolve) => setTimeout(resolve, 100))
    slow.stream.resume()
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      const got = seen(answer)
      expect(got).toEqual(expected.slice(i, i + got.length))
    }
    const twice = await fetch(client, [{ topic: 'large', from: 3n }, ten(0n), { topic: 'large', from: 20n }])
    expect(recordsOf(twice).some((text) => text === '0 v0')).toBe(true)
    expect(seen(twice).filter((text) => text.startsWith('3 ') || text.startsWith('20 '))).toHaveLength(2)
  })
})

describe('a fetch that waits', () => {
  test('is answered when its time is over, though nothing happens', async () => {
    const begun = performance.now()
    expect(partitionsOf(await fetch(client, [ten(10n)], { maxWaitMs: 200 }))).toMatchObject([{ errorCode: 0 }])
    expect(performance.now() - begun).toBeGreaterThan(190)
  })

  test('is woken by a client, by the shell, and by the end of its topic', async () => {
    await makeTopic(client, 'awaited')
    const consumer = await scene.connect()
    const first = fetch(consumer, [{ topic: 'awaited', from: 0n }], { maxWaitMs: 60_000 })
    await produce(client, 'awaited', clientBatch(['by a client']))
    expect(recordsOf(await first)).toEqual(['0 by a client'])
    const second = fetch(consumer, [{ topic: 'awaited', from: 1n }], { maxWaitMs: 60_000 })
    runBinary(['-d', scene.directory, 'produce', 'awaited'], 'by the shell\n')
    expect(recordsOf(await second)).toEqual(['1 by the shell'])
    const third = fetch(consumer, [{ topic: 'awaited', from: 2n }], { maxWaitMs: 60_000 })
    await client.send(deleteTopicsApi, 5, { topics: [], topicNames: ['awaited'], timeoutMs: 0 })
    expect(partitionsOf(await third)).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }])
  })

  test('for more bytes waits for them', async () => {
    await makeTopic(client, 'bytes')
    const consumer = await scene.connect()
    const waiting = fetch(consumer, [{ topic: 'bytes', from: 0n }], { maxWaitMs: 60_000, minBytes: 150 })
    await produce(client, 'bytes', clientBatch(['one']))
    await produce(client, 'bytes', clientBatch(['two']))
    await produce(client, 'bytes', clientBatch(['three']))
    expect(recordsOf(await waiting).length).toBeGreaterThan(2)
  })

  test('for more bytes reads again when they may be there, not at each change', async () => {
    await makeTopic(client, 'much')
    for (const letter of ['a', 'b']) await produce(client, 'much', clientBatch([letter.repeat(400_000)]))
    const consumer = await scene.connect()
    const readBytes = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${scene.pid}/io`, 'utf8'))?.[1])
    const waiting = fetch(consumer, [{ topic: 'much', from: 0n }], { maxWaitMs: 60_000, minBytes: 900_000 })
    await produce(client, 'much', clientBatch(['first']))
    const before = readBytes()
    for (let i = 0; i < 30; i++) await produce(client, 'much', clientBatch([`v${i}`]))
    expect(readBytes() - before).toBeLessThan(400_000)
    await produce(client, 'much', clientBatch(['c'.repeat(150_000)]))
    expect(recordsOf(await waiting).length).toBe(34)
  })

  test('for more bytes than one read of a partition gives is answered with as many, at once', async () => {
    await makeTopic(client, 'backlog')
    for (const letter of ['a', 'b', 'c']) await produce(client, 'backlog', clientBatch([letter.repeat(500_000)]))
    const wish = { topic: 'backlog', from: 0n, bytesMax: 2 ** 22 }
    const response = await fetch(client, [wish], { maxWaitMs: 60_000, minBytes: 1_200_000 })
    expect(recordsOf(response).length).toBe(2)
  })

  test('is answered at once at the end of a segment that another one follows', async () => {
    const words = ['--config', 'segment.bytes=1000', '--config', 'segment.index.bytes=1048576']
    runBinary(['-d', scene.directory, 'topics', 'create', 'rolled', ...words])
    for (const letter of ['a', 'b']) await produce(client, 'rolled', clientBatch([letter.repeat(700)]))
    const response = await fetch(client, [{ topic: 'rolled', from: 0n }], { maxWaitMs: 60_000, minBytes: 1200 })
    expect(recordsOf(response).length).toBe(1)
  })

  test('keeps what is behind it on the connection waiting, and nobody else', async () => {
    const consumer = await scene.connect()
    const order: string[] = []
    const waiting = fetch(consumer, [ten(10n)], { maxWaitMs: 300 }).then(() => order.push('fetch'))
    const behind = listOffset(consumer, 'ten', -1).then(() => order.push('behind'))
    const beside = listOffset(client, 'ten', -1).then(() => order.push('beside'))
    await Promise.all([waiting, behind, beside])
    expect(order).toEqual(['beside', 'fetch', 'behind'])
  })
})

describe('a fetch session', () => {
  const names = ['s1', 's2', 's3']
  const all = (from: bigint): FetchWish[] => names.map((topic) => ({ topic, from }))

  test('tells all at first, then only what is new, and keeps what is not named again', async () => {
    for (const name of names) await makeTopic(client, name)
    const full = await fetch(client, all(0n), { session: [0, 0] })
    expect(full.sessionId).toBeGreaterThan(0)
    expect(full.responses.map(({ topic }) => topic)).toEqual(names)
    const nothing = await fetch(client, [], { session: [full.sessionId, 1] })
    expect(nothing).toMatchObject({ errorCode: 0, sessionId: full.sessionId, responses: [] })
    await produce(client, 's2', clientBatch(['x']))
    const news = await fetch(client, [], { session: [full.sessionId, 2] })
    expect(news.responses.map(({ topic }) => topic)).toEqual(['s2'])
    const next = await fetch(client, [{ topic: 's2', from: 1n }], { session: [full.sessionId, 3] })
    expect(next.responses).toEqual([])
    const wrong = await fetch(client, [], { session: [full.sessionId, 3] })
    expect(wrong.errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    expect((await fetch(client, all(0n), { session: [full.sessionId, -1] })).sessionId).toBe(0)
    expect((await fetch(client, [], { session: [full.sessionId, 4] })).errorCode).toBe(
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    )
  })

  test('does not go on with ids where it began with names', async () => {
    const { sessionId } = await fetch(client, all(0n), { session: [0, 0] })
    const response = await fetch(client, [], { session: [sessionId, 1], version: 13 })
    expect(response.errorCode).toBe(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
  })

  test('is one of so many: whoever begins anew each time is served without', async () => {
    const few = await ServeScene.start(['--override', 'max.incremental.fetch.session.cache.slots=2'])
    const own = await few.connect()
    await makeTopic(own, 's1')
    const begin = async (): Promise<number> =>
      (await fetch(own, [{ topic: 's1', from: 0n }], { session: [0, 0] })).sessionId
    const begun = [await begin(), await begin(), await begin(), await begin()]
    expect(begun.map((id) => id > 0)).toEqual([true, true, false, false])
    expect((await fetch(own, [], { session: [begun[0] ?? 0, 1] })).errorCode).toBe(0)
    await few.remove()
  })

  test('waits too', async () => {
    const consumer = await scene.connect()
    const { sessionId } = await fetch(
      consumer,
      all(1n)
        .slice(0, 1)
        .map((one) => ({ ...one, from: 0n })),
      { session: [0, 0], maxWaitMs: 10 },
    )
    const waiting = fetch(consumer, [], { session: [sessionId, 1], maxWaitMs: 60_000 })
    await produce(client, 's1', clientBatch(['late']))
    expect(recordsOf(await waiting)).toEqual(['0 late'])
  })
})

describe('ListOffsets', () => {
  test('finds the special ones, from the version on that has them', async () => {
    expect(await listOffset(client, 'ten', -1, { version: 4 })).toMatchObject({
      offset: 10n,
      timestamp: -1,
      leaderEpoch: 0,
    })
    expect((await listOffset(client, 'ten', -1, { isolationLevel: 1 })).offset).toBe(10n)
    expect((await listOffset(client, 'ten', -2)).offset).toBe(0n)
    expect((await listOffset(client, 'ten', -4, { version: 8 })).offset).toBe(0n)
    expect((await listOffset(client, 'ten', -5, { version: 9 })).offset).toBe(-1n)
    expect((await listOffset(client, 'ten', -3, { version: 6 })).errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
    expect(await listOffset(client, 'empty', -3)).toMatchObject({ offset: -1n, timestamp: -1, errorCode: 0 })
    expect((await listOffset(client, 'ten', -1, { version: 0 })).oldStyleOffsets).toEqual([10n])
    expect((await listOffset(client, 'ten', -2, { version: 0 })).oldStyleOffsets).toEqual([0n])
  })

  test('finds the first record at or after a time, within a batch too', async () => {
    const lines = [100, 300, 200, 400].map((time) => JSON.stringify({ payload: String(time), ts: time }))
    runBinary(['-d', scene.directory, 'produce', 'times', '-J'], `${lines.join('\n')}\n`)
    const at = async (time: number): Promise<bigint> => (await listOffset(client, 'times', time)).offset
    expect(await Promise.all([0, 100, 101, 300, 301, 401].map(at))).toEqual([0n, 0n, 1n, 1n, 3n, -1n])
    expect(await listOffset(client, 'times', -3)).toMatchObject({ offset: 3n, timestamp: 400 })
  })
})

test('OffsetForLeaderEpoch answers for the epoch of now, of the future and of none', async () => {
  const ends = [0, 5, -1].map(async (leaderEpoch) => {
    const { topics } = await client.send(offsetForLeaderEpochApi, 4, {
      replicaId: -2,
      topics: [
        {
          topic: 'ten',
          partitions: [
            { partition: 0, currentLeaderEpoch: -1 as LeaderEpoch, leaderEpoch: leaderEpoch as LeaderEpoch },
          ],
        },
      ],
    })
    const [answer] = topics[0]?.partitions ?? []
    return [answer?.errorCode, answer?.leaderEpoch, answer?.endOffset]
  })
  expect(await Promise.all(ends)).toEqual([
    [0, 0, 10n],
    [0, -1, -1n],
    [0, -1, -1n],
  ])
  expect(ids.get('ten')).not.toBe(NO_ID)
})
