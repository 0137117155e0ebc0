import type { TimestampMs } from '../base/brands.ts'
import type { LentBuffers } from './lent-buffers.ts'
import { ConnectionSweep } from './connection-sweep.ts'
import type { DialAddress } from './dial.ts'
import { Listener, type Newcomer } from './listener.ts'
import type { Receive } from './socket-stream.ts'
import { RefusedConnections } from './refused-connections.ts'
import { RequestBudget } from './request-budget.ts'
import { type RequestHandler, ServerConnection } from './server-connection.ts'
import type { ServerLimits } from './server-limits.ts'
import type { ServerTls } from './server-tls.ts'

export interface KafkaServerOptions {
  readonly limits: ServerLimits
  /** Where large requests and answers lie; used again once they are answered and sent. */
  readonly buffers: LentBuffers
  /** See `ListenerOptions`. */
  readonly receive: Receive
  /** A clock that never jumps, in ms. */
  readonly now: () => TimestampMs
  /** Told of a connection that was refused since there are too many, at most once a second. */
  readonly onRefused: (peer: string) => void
  /** How long a connection from `host` that comes too soon is kept waiting before it is closed, in ms; 0 for one that may come in. */
  readonly refusalMs: (host: string) => number
  /** A client whose TLS handshake failed. */
  readonly onTlsFailure: (peer: string, reason: string) => void
  readonly onCount: (open: number) => void
}

/** Gives the requests of a new connection to whoever answers them. */
export type ConnectionOpener = (newcomer: Newcomer) => RequestHandler

/** All listeners of a broker, with the connections that came in on them, within the limits of all together. */
export class KafkaServer {
  readonly #options: KafkaServerOptions
  readonly #budget: RequestBudget
  readonly #sweep: ConnectionSweep
  readonly #listeners: Listener[] = []
  /** Connections that are open, by the address of the client's machine. */
  readonly #perHost = new Map<string, number>()
  readonly #refused = new RefusedConnections()
  #refusedMs = -Infinity

  constructor(options: KafkaServerOptions) {
    this.#options = options
    this.#budget = new RequestBudget(options.limits.queuedRequestBytesMax)
    this.#sweep = new ConnectionSweep(options.now)
  }

  /** Listens on one more address, with TLS when it is given; resolves to it, with the port that was chosen. Throws what `Listener.open` throws. */
  async listen(address: DialAddress, open: ConnectionOpener, tls?: ServerTls): Promise<DialAddress> {
    const { connectionsMax } = this.#options.limits
    const listener = await Listener.open(address, {
      tls,
      receive: this.#options.receive,
      // Those whose TLS does not stand yet are counted nowhere else.
      connectionsMax: 2 * connectionsMax,
      onConnection: (newcomer) => this.#accept(newcomer, open),
      onRefused: this.#options.onTlsFailure,
    })
    this.#listeners.push(listener)
    return listener.address
  }

  /** Connections that are open. */
  get connectionCount(): number {
    return this.#sweep.connections.size
  }

  /** Speaks TLS with another certificate from now on, to who comes. Throws `UsageError` when it cannot be used, with nothing changed. */
  async renewTls(tls: ServerTls): Promise<void> {
    const { checkTls } = await import('./tls-server.ts')
    checkTls(tls)
    for (const listener of this.#listeners) listener.renewTls(tls)
  }

  /** Takes no more connections. */
  closeListeners(): void {
    for (const listener of this.#listeners) listener.close()
  }

  /** Waits until what was begun is answered, at most for `waitMs`, then closes all connections. */
  async drain(waitMs: number): Promise<void> {
    const deadline = this.#options.now() + waitMs
    const isBusy = (): boolean => {
      const busy = [...this.#sweep.connections]
      return busy.some(({ pendingRequests, stream }) => pendingRequests > 0 || stream.queuedBytes > 0)
    }
    while (isBusy() && this.#options.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
    this.#sweep.stop()
    for (const connection of this.#sweep.connections) connection.close()
    this.#refused.close()
  }

  #accept(newcomer: Newcomer, open: ConnectionOpener): void {
    const { stream, host } = newcomer
    const { limits, buffers, now, onCount } = this.#options
    const { connections } = this.#sweep
    if (connections.size >= limits.connectionsMax || this.#isCrowded(host)) {
      stream.close()
      if (now() - this.#refusedMs >= 1000) this.#options.onRefused(stream.peer)
      this.#refusedMs = now()
      return
    }
    const refusalMs = this.#options.refusalMs(host)
    if (refusalMs > 0) {
      this.#refused.keep(stream, refusalMs)
      return
    }
    const connection = new ServerConnection(stream, { limits, buffers, budget: this.#budget, now })
    connections.add(connection)
    this.#count(host, 1)
    onCount(connections.size)
    const handler = open(newcomer)
    connection.start({
      get isStranger() {
        return handler.isStranger === true
      },
      get mutedUntilMs() {
        return handler.mutedUntilMs ?? -Infinity
      },
      isPipelined: (request) => handler.isPipelined(request),
      isForgotten: (request) => handler.isForgotten(request),
      handle: (request) => handler.handle(request),
      takeOver: (request) => handler.takeOver?.(request),
      onClose: (cause) => {
        connections.delete(connection)
        this.#count(host, -1)
        onCount(connections.size)
        handler.onClose(cause)
      },
    })
  }

  /** Whether one machine has all the connections that one may have; the socket in the directory is not of the network. */
  #isCrowded(host: string): boolean {
    return host !== '' && (this.#perHost.get(host) ?? 0) >= this.#options.limits.connectionsPerHostMax
  }

  #count(host: string, change: 1 | -1): void {
    const count = (this.#perHost.get(host) ?? 0) + change
    if (count === 0) this.#perHost.delete(host)
    else this.#perHost.set(host, count)
  }
}
