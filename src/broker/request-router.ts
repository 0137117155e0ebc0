import { MalformedMessageError } from '../base/errors.ts'
import type { Answer } from '../network/server-connection.ts'
import { type Api, decodeRequest, encodeResponse, openRequest, type ReceivedRequest, speaks } from '../protocol/api.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import type { BrokerServices, ClientConnection, RequestContext } from './request-context.ts'
import { errorCodeOf } from './storage-errors.ts'

/** How one API is answered; each has a file in `handlers/`. */
export interface Handler<Request, Response> {
  readonly api: Api<Request, Response>
  /** The answer; `undefined` for a request that gets none. Throws `KafkaError` for what is refused as a whole. */
  handle(request: Request, context: RequestContext): Response | undefined | Promise<Response | undefined>
  /** The answer to a request that is refused as a whole. */
  refuse(request: Request, errorCode: number, context: RequestContext): Response
  /** Whether it may be begun before others of the kind ahead of it are answered. */
  readonly isPipelined?: boolean
  /** Whether nothing of a request is kept once it is answered, not even as a view: the memory of it is used again then. */
  readonly isForgotten?: boolean
  /** The version of the API to answer in, when it is not one that we speak; without it the connection is closed, as Kafka does. */
  readonly answersUnknownVersions?: true
}

/** A handler whatever its messages are: the router only passes them on. */
export type AnyHandler = Handler<unknown, unknown>

/** Finds the handler of each request, decodes, answers, encodes. Knows no API by name. */
export class RequestRouter {
  readonly #handlers = new Map<number, AnyHandler>()
  readonly #services: BrokerServices

  constructor(services: BrokerServices, handlers: readonly AnyHandler[]) {
    this.#services = services
    for (const handler of handlers) this.add(handler)
  }

  /** Keys that are answered. */
  get apiKeys(): ReadonlySet<number> {
    return new Set(this.#handlers.keys())
  }

  add(handler: AnyHandler): void {
    this.#handlers.set(handler.api.key, handler)
  }

  /** Whether the request may be begun before others of the kind are answered. Only the key is looked at. */
  isPipelined(frame: Uint8Array): boolean {
    return this.#handlerOf(frame)?.isPipelined === true
  }

  /** Whether nothing of the request is kept once it is answered. Only the key is looked at. */
  isForgotten(frame: Uint8Array): boolean {
    return this.#handlerOf(frame)?.isForgotten === true
  }

  #handlerOf(frame: Uint8Array): AnyHandler | undefined {
    return this.#handlers.get(((frame[0] ?? 0) << 8) | (frame[1] ?? 0))
  }

  /** The frame of the answer. Throws `MalformedMessageError` when the connection must be closed. */
  answer(frame: Uint8Array, connection: ClientConnection): Answer | Promise<Answer> {
    const received = openRequest(frame)
    const { apiKey, apiVersion, clientId } = received.header
    const handler = this.#handlers.get(apiKey)
    const isSpoken = handler !== undefined && speaks(handler.api, apiVersion)
    if (handler === undefined || (!isSpoken && handler.answersUnknownVersions !== true)) {
      throw new MalformedMessageError(`no answer to version ${apiVersion} of API ${apiKey}`, 0)
    }
    const context = { apiVersion, clientId, requestBytes: frame.length, connection, broker: this.#services }
    if (!isSpoken) return this.#refuseVersion(handler, received, context)
    const request = decodeRequest(handler.api, apiVersion, received.body)
    const begunMs = performance.now()
    const finish = (response: unknown, errorCode: number): Answer => {
      this.#services.metrics.request(handler.api.name, performance.now() - begunMs, errorCode)
      return response === undefined ? [] : encodeResponse(handler.api, received.header, response)
    }
    const fail = (error: unknown): Answer => finish(...this.#refuse(handler, request, { error, context }))
    try {
      const response = handler.handle(request, context)
      return response instanceof Promise ? response.then((value) => finish(value, 0), fail) : finish(response, 0)
    } catch (error) {
      return fail(error)
    }
  }

  #refuse(
    handler: AnyHandler,
    request: unknown,
    { error, context }: { readonly error: unknown; readonly context: RequestContext },
  ): [unknown, number] {
    if (error instanceof MalformedMessageError) throw error
    const code = errorCodeOf(error)
    if (code === ErrorCode.UNKNOWN_SERVER_ERROR) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#services.log.error('request failed', { api: handler.api.name, peer: context.connection.peer, reason })
    }
    return [handler.refuse(request, code, context), code]
  }

  /** Only the very first request is answered so: a client that speaks newer versions than we do goes on with ours. */
  #refuseVersion(handler: AnyHandler, { header }: ReceivedRequest, context: RequestContext): Answer {
    const response = handler.refuse(undefined, ErrorCode.UNSUPPORTED_VERSION, context)
    return encodeResponse(handler.api, { ...header, apiVersion: 0 }, response)
  }
}
