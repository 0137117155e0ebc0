import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ErrorCode, errorName } from '../../src/protocol/error-codes.ts'
import { initProducerIdApi } from '../../src/protocol/messages/init-producer-id.ts'
import { produceApi } from '../../src/protocol/messages/produce.ts'
import type { ProducerId } from '../../src/base/brands.ts'
import { runBinary } from '../support/run-binary.ts'
import {
  altered,
  clientBatch,
  fetch,
  makeTopic,
  partitionsOf,
  produce,
  produceRequest,
  recordsOf,
  sequenced,
} from './requests.ts'
import { ServeScene } from './serve-scene.ts'
import type { TestClient } from './test-client.ts'

let scene: ServeScene
let client: TestClient

beforeAll(async () => {
  scene = await ServeScene.start()
  client = await scene.connect()
})
afterAll(() => scene.remove())

const one = clientBatch(['one'])

describe('a batch that is refused leaves the log as it is:', () => {
  const cases: readonly [string, Uint8Array | null, number, number?][] = [
    ['none at all', null, ErrorCode.INVALID_RECORD],
    ['no bytes', new Uint8Array(0), ErrorCode.INVALID_RECORD],
    ['a few bytes', new Uint8Array(10), ErrorCode.CORRUPT_MESSAGE],
    ['one that is cut off', one.subarray(0, 64), ErrorCode.CORRUPT_MESSAGE],
    ['two of them', Uint8Array.from([...one, ...one]), ErrorCode.INVALID_RECORD],
    ['magic 1', altered(one, (view) => view.setInt8(16, 1)), ErrorCode.INVALID_RECORD],
    ['a wrong checksum', one.slice().fill(0, 66), ErrorCode.CORRUPT_MESSAGE],
    ['a length of 0', altered(one, (view) => view.setInt32(8, 0)), ErrorCode.CORRUPT_MESSAGE],
    ['a length of 2^31-1', altered(one, (view) => view.setInt32(8, 2 ** 31 - 1)), ErrorCode.CORRUPT_MESSAGE],
    ['a base offset', altered(one, (view) => view.setBigInt64(0, 5n)), ErrorCode.INVALID_RECORD],
    ['a count that lies', altered(one, (view) => view.setInt32(57, 2)), ErrorCode.INVALID_RECORD],
    ['a count of 0', altered(one, (view) => view.setInt32(57, 0)), ErrorCode.INVALID_RECORD],
    ['a last offset delta that lies', altered(one, (view) => view.setInt32(23, 7)), ErrorCode.INVALID_RECORD],
    ['a negative last offset delta', altered(one, (view) => view.setInt32(23, -1)), ErrorCode.INVALID_RECORD],
    ['a control batch', altered(one, (view) => view.setInt16(21, 0x20)), ErrorCode.INVALID_RECORD],
    [
      'a transactional batch of nobody',
      altered(one, (view) => view.setInt16(21, 0x10)),
      ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    ],
    ['the time of the log', altered(one, (view) => view.setInt16(21, 0x08)), ErrorCode.INVALID_TIMESTAMP],
    ['codec 7', altered(one, (view) => view.setInt16(21, 7)), ErrorCode.INVALID_RECORD],
    ['zstd in version 6', altered(one, (view) => view.setInt16(21, 4)), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 6],
    ['a producer without sequence', altered(one, (view) => view.setBigInt64(43, 4n)), ErrorCode.INVALID_RECORD],
    ['a record longer than the batch', altered(one, (_, bytes) => bytes.fill(0x7e, 61, 62)), ErrorCode.INVALID_RECORD],
    ['an offset that does not follow', altered(one, (_, bytes) => bytes.fill(0x02, 64, 65)), ErrorCode.INVALID_RECORD],
    ['headers that are not there', altered(one, (_, bytes) => bytes.fill(0x0a, -1)), ErrorCode.INVALID_RECORD],
    ['an epoch that none is', sequenced(one, 0, 4n, -2), ErrorCode.INVALID_PRODUCER_EPOCH],
    ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).flatMap((codec): (typeof cases)[number][] => {
      const two = clientBatch(['one', 'two'], undefined, codec)
      const lying = (count: number): Uint8Array =>
        altered(two, (view) => {
          view.setInt32(23, count - 1)
          view.setInt32(57, count)
        })
      return [
        [`junk that says it is ${codec}`, altered(two, (_, bytes) => bytes.fill(0x55, 61)), ErrorCode.INVALID_RECORD],
        [`fewer records than are said, as ${codec}`, lying(3), ErrorCode.INVALID_RECORD],
        [`more records than are said, as ${codec}`, lying(1), ErrorCode.INVALID_RECORD],
      ]
    }),
    ['a time far ahead', altered(one, (view) => view.setBigInt64(35, 2n ** 45n)), ErrorCode.INVALID_TIMESTAMP],
    ['more than max.message.bytes', clientBatch(['x'.repeat(1_048_588)]), ErrorCode.MESSAGE_TOO_LARGE],
  ]
  test.each(cases)('%s', async (_, records, code, version = 9) => {
    await makeTopic(client, 'refusing')
    const answer = await produce(client, 'refusing', records, { version })
    expect(errorName(answer.errorCode)).toBe(errorName(code))
    expect(answer.baseOffset).toBe(-1n)
    expect((await produce(client, 'refusing', null)).errorCode).toBe(ErrorCode.INVALID_RECORD)
    expect(recordsOf(await fetch(client, [{ topic: 'refusing', from: 0n }]))).toEqual([])
  })
})

describe('produce', () => {
  test.each([3, 4, 5, 6, 7, 8, 9, 10, 11])('version %i appends and tells where', async (version) => {
    await makeTopic(client, `v${version}`)
    for (let i = 0n; i < 3n; i++) {
      expect(await produce(client, `v${version}`, clientBatch(['x']), { version })).toMatchObject({
        errorCode: 0,
        baseOffset: i,
      })
    }
  })

  test.each([0, 1, 2])('version %i, whose messages are of magic 0 or 1, ends the connection', async (version) => {
    const old = await scene.connect()
    await expect(old.send(produceApi, version, produceRequest('old', one))).rejects.toThrow('closed the connection')
    await expect.poll(() => scene.log).toContain(`no answer to version ${version} of API 0`)
  })

  test('names what cannot be', async () => {
    expect((await produce(client, 'nowhere', one)).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    await makeTopic(client, 'acks')
    expect((await produce(client, 'acks', one, { partition: 1 })).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect((await produce(client, 'acks', one, { acks: 2 })).errorCode).toBe(ErrorCode.INVALID_REQUIRED_ACKS)
  })

  test('with acks=0 there is no answer, and a wrong batch ends the connection', async () => {
    await makeTopic(client, 'unanswered')
    const quick = await scene.connect()
    for (let i = 0; i < 5; i++) quick.sendAlone(produceApi, 7, produceRequest('unanswered', clientBatch([`v${i}`]), 0))
    // The next answer is that of the next question.
    expect((await produce(quick, 'unanswered', clientBatch(['last']))).baseOffset).toBe(5n)
    quick.sendAlone(produceApi, 7, produceRequest('unanswered', new Uint8Array(3), 0))
    await quick.closed
  })

  test('requests that do not wait for each other are appended and answered in their order', async () => {
    await makeTopic(client, 'piped')
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => produce(client, 'piped', clientBatch([`v${i}`]))),
    )
    expect(answers.map(({ baseOffset }) => baseOffset)).toEqual(Array.from({ length: 200 }, (_, i) => BigInt(i)))
  })

  test('large batches of many clients at once arrive as they were sent', async () => {
    await makeTopic(client, 'large')
    const clients = [client, await scene.connect(), await scene.connect()]
    const values = Array.from({ length: 60 }, (_, i) => String.fromCharCode(33 + i).repeat(70_000 + 15_000 * (i % 60)))
    const produced = values.map(async (value, i) => {
      const one = clients[i % 3] as TestClient
      if (i % 5 === 0) one.sendAlone(produceApi, 7, produceRequest('large', clientBatch([value]), 0))
      else await produce(one, 'large', clientBatch([value]))
    })
    await Promise.all(produced)
    for (const one of clients) await produce(one, 'large', clientBatch(['last']))
    const missing = new Set(values)
    for (let from = 0n; from < values.length + 3;) {
      const got = recordsOf(await fetch(client, [{ topic: 'large', from }]))
      for (const record of got) missing.delete(record.slice(record.indexOf(' ') + 1))
      from += BigInt(got.length)
    }
    expect([...missing].map((value) => `${value.length} ${value.slice(0, 10)}`)).toEqual([])
  })

  test('keys are demanded where records are compacted, and the record is named', async () => {
    runBinary(['-d', scene.directory, 'topics', 'create', 'compacted', '--config', 'cleanup.policy=compact'])
    const answer = await produce(client, 'compacted', one)
    expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_RECORD, recordErrors: [{ batchIndex: 0 }] })
    expect((await produce(client, 'compacted', clientBatch(['v'], 'k'))).errorCode).toBe(0)
  })

  test('the time of the log is stamped and told where the topic wants it', async () => {
    const config = 'message.timestamp.type=LogAppendTime'
    runBinary(['-d', scene.directory, 'topics', 'create', 'stamped', '--config', config])
    const before = Date.now()
    const answer = await produce(
      client,
      'stamped',
      altered(one, (view) => view.setBigInt64(35, 5n)),
    )
    expect(answer.logAppendTimeMs).toBeGreaterThanOrEqual(before)
    const shown = runBinary(['-d', scene.directory, 'consume', 'stamped', '-f', '%T']).stdout.toString()
    expect(Number(shown)).toBe(answer.logAppendTimeMs)
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'])(
    'batches are stored with compression.type=%s',
    async (codec) => {
      runBinary(['-d', scene.directory, 'topics', 'create', `stored-${codec}`, '--config', `compression.type=${codec}`])
      const values = Array.from({ length: 50 }, (_, i) => `value ${i}`)
      const came = codec === 'uncompressed' ? clientBatch(values, undefined, 'lz4') : clientBatch(values)
      expect((await produce(client, `stored-${codec}`, came)).errorCode).toBe(0)
      const response = await fetch(client, [{ topic: `stored-${codec}`, from: 0n }])
      expect(recordsOf(response)).toEqual(values.map((value, i) => `${i} ${value}`))
      const attributes = partitionsOf(response)[0]?.records?.[22]
      expect(attributes).toBe(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'].indexOf(codec))
    },
  )

  test('logs that are a hundred times smaller compressed are taken, and read', async () => {
    await makeTopic(client, 'dense')
    const values = Array.from({ length: 40 }, () => 'line '.repeat(100_000))
    const batch = clientBatch(values, undefined, 'zstd')
    expect(batch.length).toBeLessThan(200_000)
    expect((await produce(client, 'dense', batch)).errorCode).toBe(0)
    expect(runBinary(['-d', scene.directory, 'consume', 'dense', '-n', '40']).stdout.length).toBe(40 * 500_001)
  })

  test('one replica is not enough for min.insync.replicas=2 with acks=all', async () => {
    runBinary(['-d', scene.directory, 'topics', 'create', 'two', '--config', 'min.insync.replicas=2'])
    expect((await produce(client, 'two', one)).errorCode).toBe(ErrorCode.NOT_ENOUGH_REPLICAS)
    expect((await produce(client, 'two', one, { acks: 1 })).errorCode).toBe(0)
  })
})

describe('an idempotent producer', () => {
  const nextId = async (): Promise<bigint> => {
    const request = {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      producerId: -1n as ProducerId,
      producerEpoch: -1,
    }
    return (await client.send(initProducerIdApi, 4, request)).producerId
  }

  test('gets an id of its own each time', async () => {
    const ids = await Promise.all([nextId(), nextId(), nextId()])
    expect(new Set(ids).size).toBe(3)
  })

  test('is answered with the first place when it tries again, of five batches back, and with 45 for a gap', async () => {
    await makeTopic(client, 'idempotent')
    const id = await nextId()
    const send = (sequence: number, epoch = 0): ReturnType<typeof produce> =>
      produce(client, 'idempotent', sequenced(clientBatch([`${sequence}`]), sequence, id, epoch))
    for (let i = 0; i < 6; i++) expect(await send(i)).toMatchObject({ errorCode: 0, baseOffset: BigInt(i) })
    for (let i = 1; i < 6; i++) expect(await send(i)).toMatchObject({ errorCode: 0, baseOffset: BigInt(i) })
    expect((await send(0)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await send(7)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await send(1, 1)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await send(0, 1)).errorCode).toBe(0)
    expect((await send(6)).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
  })

  test('that nobody knows may begin with any sequence number', async () => {
    await makeTopic(client, 'unknown-producer')
    expect((await produce(client, 'unknown-producer', sequenced(one, 17, 4711n))).errorCode).toBe(0)
  })

  test('is still known after kill -9 and a start anew', async () => {
    const first = await ServeScene.start()
    const before = await first.connect()
    await makeTopic(before, 't')
    for (let i = 0; i < 5; i++) await produce(before, 't', sequenced(clientBatch([`${i}`]), i, 99n))
    await first.stop('SIGKILL')
    const second = await ServeScene.start([], first.directory)
    const after = await second.connect()
    for (let i = 0; i < 5; i++) {
      const again = await produce(after, 't', sequenced(clientBatch([`${i}`]), i, 99n))
      expect(again).toMatchObject({ errorCode: 0, baseOffset: BigInt(i) })
    }
    expect((await produce(after, 't', sequenced(clientBatch(['5']), 5, 99n))).baseOffset).toBe(5n)
    expect(recordsOf(await fetch(after, [{ topic: 't', from: 0n }])).length).toBe(6)
    await second.remove()
  })

  test('with a transactional id is refused for good', async () => {
    const request = {
      transactionalId: 'tx',
      transactionTimeoutMs: 60_000,
      producerId: -1n as ProducerId,
      producerEpoch: -1,
    }
    expect((await client.send(initProducerIdApi, 1, request)).errorCode).toBe(
      ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    )
    const inTransaction = altered(sequenced(one, 0, 98n), (view) => view.setInt16(21, 0x10))
    await makeTopic(client, 'refusing')
    const { responses } = await client.send(produceApi, 9, {
      ...produceRequest('refusing', inTransaction),
      transactionalId: 'tx',
    })
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
  })

  test('that names its id without its epoch is refused', async () => {
    const request = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: 5n as ProducerId }
    expect((await client.send(initProducerIdApi, 4, { ...request, producerEpoch: -1 })).errorCode).toBe(
      ErrorCode.INVALID_REQUEST,
    )
    expect((await client.send(initProducerIdApi, 4, { ...request, producerEpoch: 3 })).errorCode).toBe(0)
  })
})

test('segments that are rolled faster than the disk syncs keep nobody from appending', () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `${n}\n`).join('')
  const words = ['-b', scene.address, '--config', 'segment.bytes=5000']
  const { code, stderr } = runBinary(['produce', 'rolling', ...words], lines)
  expect([code, stderr]).toEqual([0, ''])
  expect(runBinary(['consume', 'rolling', '-b', scene.address]).stdout.toString() === lines).toBe(true)
})
