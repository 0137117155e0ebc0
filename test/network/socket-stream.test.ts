import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nativeCalls } from '../../src/disk/native-calls.ts'
import { FrameReader } from '../../src/network/frame-reader.ts'
import { type Receive, SocketStream } from '../../src/network/socket-stream.ts'

let server: Server

beforeAll(async () => {
  server = createServer({ noDelay: true })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => server.close())

/** Both ends of a connection. */
async function pair(): Promise<{ client: Socket; accepted: Socket }> {
  const accepted = once(server, 'connection')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [socket] = (await accepted) as [Socket]
  return { client, accepted: socket }
}

/** Reads frames from the server's end, past the runtime where they are large. */
class Reading {
  readonly frames: Uint8Array[] = []
  readonly stream: SocketStream
  readonly ended: Promise<unknown>
  /** How many bytes came past the runtime. */
  receivedBytes = 0
  onBytes = (): void => undefined

  constructor(socket: Socket) {
    const frames = new FrameReader(2 ** 30, (frame) => this.frames.push(frame))
    const receive: Receive = (descriptor, space) => {
      const bytes = nativeCalls()?.receive(descriptor, space) ?? 0
      this.receivedBytes += bytes
      return bytes
    }
    this.stream = new SocketStream(socket, 'client', { isBare: true, receive })
    this.ended = new Promise((resolve) => {
      this.stream.start({
        onBytes: (bytes) => {
          frames.push(bytes)
          this.onBytes()
        },
        space: () => frames.space(),
        onClose: resolve,
      })
    })
  }
}

function frame(body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + body.length)
  bytes.writeInt32BE(body.length)
  bytes.set(body, 4)
  return bytes
}

describe('a stream that reads large frames past the runtime', () => {
  test('passes on every byte in its order, whatever the sizes, and however often it is paused', async () => {
    const sizes = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 20_000, max: 400_000 }), fc.constant(2_000_000)),
      { minLength: 1, maxLength: 8 },
    )
    let receivedBytes = 0
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (lengths, isPaused) => {
        const { client, accepted } = await pair()
        const reading = new Reading(accepted)
        if (isPaused) {
          reading.onBytes = () => {
            reading.stream.pause()
            setTimeout(() => reading.stream.resume(), 0)
          }
        }
        const sent = lengths.map((bytes) => randomBytes(bytes))
        client.end(Buffer.concat(sent.map(frame)))
        client.resume()
        // An end that is only half of one comes behind the last byte.
        expect(await reading.ended).toBe(undefined)
        expect(reading.frames.map((one, i) => Buffer.compare(one, sent[i] ?? Buffer.alloc(0)))).toEqual(
          lengths.map(() => 0),
        )
        receivedBytes += reading.receivedBytes
      }),
      { numRuns: 15 },
    )
    expect(receivedBytes).toBeGreaterThan(1_000_000)
  })

  test('passes on first what the runtime has read before', async () => {
    const { client, accepted } = await pair()
    const sent = frame(randomBytes(1_000_000))
    accepted.unshift(sent.subarray(100_000, 200_000))
    accepted.unshift(sent.subarray(0, 100_000))
    client.end(sent.subarray(200_000))
    client.resume()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const reading = new Reading(accepted)
    await reading.ended
    expect(reading.frames.map((one) => Buffer.compare(one, sent.subarray(4)))).toEqual([0])
  })

  test('lets a pause hold back what it had not read', async () => {
    const { client, accepted } = await pair()
    const reading = new Reading(accepted)
    reading.onBytes = () => reading.stream.pause()
    client.write(Buffer.concat([frame(Buffer.alloc(1_000_000)), frame(Buffer.alloc(1_000_000))]))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(reading.receivedBytes).toBe(0)
    expect(reading.frames).toEqual([])
    client.destroy()
    reading.onBytes = () => undefined
    reading.stream.resume()
    await reading.ended
  })

  test('hears of the end when the other side is gone in the midst of a frame', async () => {
    const { client, accepted } = await pair()
    const reading = new Reading(accepted)
    client.write(frame(Buffer.alloc(3_000_000)).subarray(0, 2_000_000))
    await expect.poll(() => reading.receivedBytes).toBeGreaterThan(0)
    client.resetAndDestroy()
    await reading.ended
    expect(reading.frames).toEqual([])
  })

  test('reads nothing more once it is closed by who listens', async () => {
    const { client, accepted } = await pair()
    const reading = new Reading(accepted)
    reading.onBytes = () => reading.stream.close()
    client.on('error', () => undefined)
    client.write(frame(Buffer.alloc(3_000_000)))
    await reading.ended
    expect(reading.receivedBytes).toBe(0)
    client.destroy()
  })
})
