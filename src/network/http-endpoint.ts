import { createServer, type Server } from 'node:http'
import type { DialAddress } from './dial.ts'
import { cannotListen } from './listener.ts'

/** What is told at one path. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Answers by path, such as `/metrics`. */
export type HttpPages = Readonly<Record<string, () => HttpAnswer | Promise<HttpAnswer>>>

/** How long a client may take over its request, in ms; it has a few hundred bytes to say. */
const requestMs = 5_000
/** Whoever looks comes alone, or as one of a few. */
const connectionsMax = 64

const notThere: HttpAnswer = { status: 404, contentType: 'text/plain', body: 'nothing is here\n' }
const notAllowed: HttpAnswer = { status: 405, contentType: 'text/plain', body: 'GET only\n' }

/** A small HTTP server for people and machines that watch: some pages, no state, GET and HEAD alone. */
export class HttpEndpoint {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Throws what the user is to hear when it cannot listen there. */
  static async open(address: DialAddress, pages: HttpPages): Promise<HttpEndpoint> {
    const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs }, (request, response) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      void answerOf(isRead ? pages : undefined, request.url ?? '/').then(({ status, contentType, body }) => {
        response.writeHead(status, { 'content-type': contentType })
        response.end(request.method === 'HEAD' ? undefined : body)
      })
    })
    server.maxConnections = connectionsMax
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(cannotListen(address, error, '--metrics-listen')))
      if (address.kind === 'tcp') server.listen({ host: address.host, port: address.port }, resolve)
      else server.listen({ path: address.path }, resolve)
    })
    return new HttpEndpoint(server)
  }

  /** Where it listens, with the port that the system chose. */
  get port(): number {
    const bound = this.#server.address()
    return bound === null || typeof bound === 'string' ? 0 : bound.port
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

/** A page that fails is a failure of the server, whose cause is for its own log. */
async function answerOf(pages: HttpPages | undefined, url: string): Promise<HttpAnswer> {
  if (pages === undefined) return notAllowed
  const path = url.split('?', 1)[0] ?? url
  if (!Object.hasOwn(pages, path)) return notThere
  try {
    return (await pages[path]?.()) ?? notThere
  } catch {
    return { status: 500, contentType: 'text/plain', body: 'it failed\n' }
  }
}
