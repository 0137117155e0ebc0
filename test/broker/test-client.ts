import type { ByteStream } from '../../src/network/byte-stream.ts'
import { FrameReader } from '../../src/network/frame-reader.ts'
import { type Api, decodeResponse, encodeRequest } from '../../src/protocol/api.ts'

/** One connection to a broker, with as many requests under way as one likes. Every answer must be that of the oldest request. */
export class TestClient {
  readonly stream: ByteStream
  /** Resolves when the broker has closed the connection. */
  readonly closed: Promise<void>
  readonly #waiting: { readonly correlationId: number; readonly resolve: (frame: Uint8Array) => void }[] = []
  readonly #errors: unknown[] = []
  #nextId = 1

  constructor(stream: ByteStream) {
    this.stream = stream
    const frames = new FrameReader(2 ** 30, (frame) => this.#receive(frame))
    this.closed = new Promise((resolve) => {
      stream.start({ onBytes: (bytes) => frames.push(bytes), onClose: () => resolve() })
    })
  }

  /** Sends a request and resolves to its response. */
  async send<Request, Response>(
    api: Api<Request, Response>,
    apiVersion: number,
    request: Request,
    clientId = 'test',
  ): Promise<Response> {
    const correlationId = this.#nextId++
    this.stream.send(encodeRequest(api, { apiVersion, correlationId, clientId }, request))
    const frame = await this.answer(correlationId)
    return decodeResponse(api, apiVersion, frame).value
  }

  /** Sends a request that gets no response. */
  sendAlone<Request>(api: Api<Request, unknown>, apiVersion: number, request: Request, clientId = 'test'): void {
    this.stream.send(encodeRequest(api, { apiVersion, correlationId: this.#nextId++, clientId }, request))
  }

  /** The frame that comes next for `correlationId`. Rejects when the connection ends first. */
  answer(correlationId: number): Promise<Uint8Array> {
    const frame = new Promise<Uint8Array>((resolve) => void this.#waiting.push({ correlationId, resolve }))
    const ended = this.closed.then(() => {
      throw this.#errors[0] ?? new Error('the broker closed the connection')
    })
    return Promise.race([frame, ended])
  }

  close(): void {
    this.stream.close()
  }

  #receive(frame: Uint8Array): void {
    const correlationId = new DataView(frame.buffer, frame.byteOffset).getInt32(0)
    const oldest = this.#waiting.shift()
    if (oldest?.correlationId === correlationId) {
      oldest.resolve(frame)
      return
    }
    this.#errors.push(new Error(`answer ${correlationId} where ${oldest?.correlationId} was due`))
    this.stream.close()
  }
}
