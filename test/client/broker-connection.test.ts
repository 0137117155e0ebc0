import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { TemporaryError } from '../../src/base/errors.ts'
import { BrokerConnection } from '../../src/client/broker-connection.ts'
import { dial } from '../../src/network/dial.ts'
import { FrameReader } from '../../src/network/frame-reader.ts'
import { encodeResponse, type Frame, openRequest } from '../../src/protocol/api.ts'
import { apiVersionsApi, type ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { heartbeatApi } from '../../src/protocol/messages/heartbeat.ts'
import { produceApi } from '../../src/protocol/messages/produce.ts'
import { produceRequest } from '../broker/requests.ts'

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }
const versions: ApiVersionsResponse = {
  errorCode: 0,
  apiKeys: [apiVersionsApi, heartbeatApi, produceApi].map((api) => ({
    apiKey: api.key,
    minVersion: api.versions.first,
    maxVersion: api.versions.last,
  })),
  throttleTimeMs: 0,
  supportedFeatures: [],
  finalizedFeaturesEpoch: -1n,
  finalizedFeatures: [],
  zkMigrationReady: false,
}

/** A broker that holds its client back for `throttleTimeMs` after each Heartbeat. */
class StrictBroker {
  /** The keys of what came. */
  readonly asked: number[] = []
  readonly #throttleTimeMs: number
  readonly #server = createServer((socket) => this.#accept(socket))
  readonly #sockets: Socket[] = []

  constructor(throttleTimeMs: number) {
    this.#throttleTimeMs = throttleTimeMs
  }

  async connect(): Promise<BrokerConnection> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    const stream = await dial({ kind: 'tcp', host: '127.0.0.1', port }, { timeoutMs: 5000 })
    return BrokerConnection.open(stream, { requestTimeoutMs: 5000, softwareVersion: 'test' })
  }

  /** Ends all at once. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #accept(socket: Socket): void {
    this.#sockets.push(socket)
    const frames = new FrameReader(2 ** 20, (frame) => {
      for (const piece of this.#answerTo(frame)) socket.write(piece)
    })
    socket.on('data', (bytes: Buffer) => frames.push(bytes))
  }

  #answerTo(frame: Uint8Array): Frame {
    const { header } = openRequest(frame)
    this.asked.push(header.apiKey)
    if (header.apiKey === apiVersionsApi.key) return encodeResponse(apiVersionsApi, header, versions)
    if (header.apiKey === produceApi.key) return []
    return encodeResponse(heartbeatApi, header, { throttleTimeMs: this.#throttleTimeMs, errorCode: 0 })
  }
}

let broker: StrictBroker
afterEach(() => broker.close())

test('who is held back hears at once that the connection has ended', async () => {
  broker = new StrictBroker(600_000)
  const connection = await broker.connect()
  await connection.request(heartbeatApi, heartbeat)
  const held = Promise.allSettled([
    connection.request(heartbeatApi, heartbeat),
    connection.send(produceApi, produceRequest('t', new Uint8Array(), 0)),
  ])
  broker.close()
  for (const ended of await held) {
    expect(ended.status === 'rejected' && ended.reason).toBeInstanceOf(TemporaryError)
  }
  expect(broker.asked).toEqual([apiVersionsApi.key, heartbeatApi.key])
})

test('what gets no answer counts as sent once it has gone, and not while it is held back', async () => {
  broker = new StrictBroker(50)
  const connection = await broker.connect()
  const startMs = performance.now()
  await connection.request(heartbeatApi, heartbeat)
  await connection.send(produceApi, produceRequest('t', new Uint8Array(), 0))
  expect(performance.now() - startMs).toBeGreaterThan(49)
  await connection.request(heartbeatApi, heartbeat)
  connection.close()
  expect(broker.asked).toEqual([apiVersionsApi.key, heartbeatApi.key, produceApi.key, heartbeatApi.key])
})
