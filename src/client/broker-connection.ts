import { assert } from '../base/assert.ts'
import { MalformedMessageError, TemporaryError } from '../base/errors.ts'
import type { ByteStream } from '../network/byte-stream.ts'
import { FrameReader } from '../network/frame-reader.ts'
import { reasonOf } from '../network/dial.ts'
import { HandedOverStream } from '../network/handed-over-stream.ts'
import { type Api, decodeResponse, encodeRequest } from '../protocol/api.ts'
import { type ApiVersionsResponse, apiVersionsApi } from '../protocol/messages/api-versions.ts'
import { saslAuthenticateApi } from '../protocol/messages/sasl-authenticate.ts'
import { saslHandshakeApi } from '../protocol/messages/sasl-handshake.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { UnsupportedByBrokerError } from './broker-errors.ts'
import { RequestLine } from './request-line.ts'

/** Bytes of the largest response: a fetch of all partitions, with room. */
const responseBytesMax = 256 * 1024 * 1024

/** What our requests say of us. */
const clientId = 'tslog'

export interface ConnectionOptions {
  /** How long a response may take on top of what its request asks the broker to wait, in ms. */
  readonly requestTimeoutMs: number
  /** Our own version, for the broker's log. */
  readonly softwareVersion: string
}

interface Waiting {
  readonly correlationId: number
  readonly resolve: (frame: Uint8Array) => void
  readonly reject: (error: unknown) => void
  readonly limitMs: number
  readonly expire: () => void
  timer: NodeJS.Timeout
}

/** What a request needs beyond its value. */
export interface RequestOptions {
  /** How long the broker may wait before it answers, in ms. */
  readonly waitMs?: number
  /** The highest version to use, where a later one means something else. */
  readonly versionMax?: number
}

/**
 * One connection to one broker. Requests are sent at once, any number before the first answer; a broker answers in their order. Whatever goes
 * wrong with one, the connection is of no use any more: all that wait fail with `TemporaryError` (or `MalformedMessageError`), and so
 * does everything after.
 */
export class BrokerConnection {
  readonly #stream: ByteStream
  readonly #options: ConnectionOptions
  readonly #waiting: Waiting[] = []
  readonly #frames: FrameReader
  readonly #line = new RequestLine()
  #versions: ApiVersionsResponse['apiKeys'] = []
  #correlationId = 0
  #failure: Error | undefined
  #handedOver: HandedOverStream | undefined

  private constructor(stream: ByteStream, options: ConnectionOptions) {
    this.#stream = stream
    this.#options = options
    this.#frames = new FrameReader(responseBytesMax, (frame) => this.#answer(frame))
    stream.start({
      onBytes: (bytes) => (this.#handedOver === undefined ? this.#take(bytes) : this.#handedOver.take(bytes)),
      onClose: (cause) => {
        this.#fail(this.#gone(cause))
        this.#handedOver?.ended(cause)
      },
    })
  }

  /** Takes over a fresh connection and asks the broker what it speaks. Throws `TemporaryError`, `MalformedMessageError`. */
  static async open(stream: ByteStream, options: ConnectionOptions): Promise<BrokerConnection> {
    const connection = new BrokerConnection(stream, options)
    try {
      await connection.#negotiate()
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }

  /** How messages name the broker. */
  get peer(): string {
    return this.#stream.peer
  }

  /** Nothing can be asked any more. */
  get isClosed(): boolean {
    return this.#failure !== undefined
  }

  /** Whether the broker speaks a version of the API that we speak too, at least `since`. */
  speaks(api: Api<unknown, unknown>, since = 0): boolean {
    const version = this.#versionOf(api, Infinity)
    return version !== undefined && version >= since
  }

  /**
   * Sends a request in the highest version that both sides speak, and gives its response, whose error codes are the caller's to read. Throws
   * `UnsupportedByBrokerError` when there is no such version.
   */
  async request<Request, Response>(
    api: Api<Request, Response>,
    value: Request,
    { waitMs = 0, versionMax = Infinity }: RequestOptions = {},
  ): Promise<Response> {
    const turn = this.#turnOf(api)
    if (turn !== undefined) {
      await turn
      this.#line.leave(turn)
    }
    const version = this.#requireVersion(api, versionMax)
    const frame = await this.#exchange(api, version, { value, waitMs })
    const response = this.#decode(api, version, frame)
    this.#holdBack(response)
    return response
  }

  /** Sends a request that is never answered: Produce with `acks` 0. Resolves when it has left this process; throws what a request throws. */
  async send<Request>(api: Api<Request, unknown>, value: Request): Promise<void> {
    const turn = this.#turnOf(api)
    if (turn !== undefined) {
      await turn
      this.#line.leave(turn)
    }
    const apiVersion = this.#requireVersion(api, Infinity)
    if (this.#failure !== undefined) throw this.#failure
    this.#stream.send(encodeRequest(api, { apiVersion, correlationId: this.#nextCorrelationId(), clientId }, value))
    await this.#stream.drained()
  }

  /**
   * Has `prove` say again who we are before `lifetimeMs` are over, with the next request then (KIP-368): requests wait until it is done. The
   * connection is of no use when it fails.
   */
  renewWithin(lifetimeMs: number, prove: () => Promise<void>): void {
    this.#line.renewWithin(lifetimeMs, async () => {
      try {
        await prove()
      } catch (error) {
        this.close()
        throw error
      }
    })
  }

  /** Gives the connection to somebody else, who goes on in other words than requests of ours. All that was asked must be answered. */
  handOver(): ByteStream {
    assert(this.#waiting.length === 0, 'nothing waits for an answer')
    this.#handedOver = new HandedOverStream(this.#stream, () => this.#stream.close())
    if (this.#failure !== undefined) this.#handedOver.ended(this.#failure)
    return this.#handedOver
  }

  close(): void {
    this.#fail(new TemporaryError(`the connection to ${this.peer} was closed`))
    this.#stream.close()
  }

  /** What proves who we are goes at once: everything else waits for it. */
  #turnOf(api: Api<unknown, unknown>): Promise<void> | undefined {
    return api === saslHandshakeApi || api === saslAuthenticateApi ? undefined : this.#line.turn()
  }

  /** A broker that finds us too fast does not read what we send for so long, and answers later what it has (KIP-219). */
  #holdBack(response: unknown): void {
    const ms = throttleTimeOf(response)
    if (ms <= 0) return
    this.#line.hold(ms)
    for (const waiting of this.#waiting) {
      clearTimeout(waiting.timer)
      waiting.timer = setTimeout(waiting.expire, waiting.limitMs + ms)
    }
  }

  /** A broker that does not know the version of the question answers in version 0 with what it knows. */
  async #negotiate(): Promise<void> {
    const value = { clientSoftwareName: 'tslog', clientSoftwareVersion: this.#options.softwareVersion }
    const asked = [apiVersionsApi.versions.last, 3, 0]
    for (const version of asked) {
      const frame = await this.#exchange(apiVersionsApi, version, { value, waitMs: 0 })
      const { errorCode, apiKeys } = this.#decode(apiVersionsApi, version, frame)
      if (errorCode === ErrorCode.UNSUPPORTED_VERSION && version > 0) continue
      if (errorCode !== ErrorCode.NONE) break
      this.#versions = apiKeys
      return
    }
    throw new UnsupportedByBrokerError(`${this.peer} does not say which versions of Kafka's protocol it speaks`)
  }

  #requireVersion(api: Api<unknown, unknown>, versionMax: number): number {
    const version = this.#versionOf(api, versionMax)
    if (version !== undefined) return version
    throw new UnsupportedByBrokerError(`the broker ${this.peer} does not support ${api.name}`)
  }

  #versionOf(api: Api<unknown, unknown>, versionMax: number): number | undefined {
    const theirs = this.#versions.find(({ apiKey }) => apiKey === api.key)
    if (theirs === undefined) return undefined
    const version = Math.min(theirs.maxVersion, api.versions.last, versionMax)
    return version >= Math.max(theirs.minVersion, api.versions.first) ? version : undefined
  }

  #exchange<Request>(
    api: Api<Request, unknown>,
    apiVersion: number,
    { value, waitMs }: { value: Request; waitMs: number },
  ): Promise<Uint8Array> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const correlationId = this.#nextCorrelationId()
    const frame = encodeRequest(api, { apiVersion, correlationId, clientId }, value)
    const limitMs = waitMs + this.#options.requestTimeoutMs
    return new Promise((resolve, reject) => {
      const expire = (): void => {
        this.#fail(new TemporaryError(`${this.peer} did not answer ${api.name} within ${limitMs} ms`))
        this.#stream.close()
      }
      const timer = setTimeout(expire, limitMs)
      this.#waiting.push({ correlationId, resolve, reject, limitMs, expire, timer })
      this.#stream.send(frame)
    })
  }

  #nextCorrelationId(): number {
    this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff
    return this.#correlationId
  }

  #take(bytes: Uint8Array): void {
    try {
      this.#frames.push(bytes)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#fail(error)
      this.#stream.close()
    }
  }

  #answer(frame: Uint8Array): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) throw new MalformedMessageError(`${this.peer} answers what was not asked`, 0)
    clearTimeout(waiting.timer)
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
    const answered = frame.length < 4 ? undefined : view.getInt32(0)
    if (answered === waiting.correlationId) {
      waiting.resolve(frame)
      return
    }
    const error = new MalformedMessageError(
      `${this.peer} answers request ${answered}, but ${waiting.correlationId} was next`,
      0,
    )
    waiting.reject(error)
    throw error
  }

  /** A response that does not follow its form leaves nothing to rely on in what comes after it. */
  #decode<Response>(api: Api<unknown, Response>, version: number, frame: Uint8Array): Response {
    try {
      return decodeResponse(api, version, frame).value
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      const said = new MalformedMessageError(`${this.peer}: response to ${api.name}: ${error.message}`, error.position)
      this.#fail(said)
      this.#stream.close()
      throw said
    }
  }

  #gone(cause: unknown): Error {
    const reason = cause === undefined ? 'it was closed by the other side' : reasonOf(cause)
    return new TemporaryError(`the connection to ${this.peer} ended: ${reason}`, { cause })
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#line.end()
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      reject(error)
    }
  }
}

/** What most answers tell, in ms. */
function throttleTimeOf(response: unknown): number {
  const isTold = typeof response === 'object' && response !== null && 'throttleTimeMs' in response
  return isTold && typeof response.throttleTimeMs === 'number' ? response.throttleTimeMs : 0
}
