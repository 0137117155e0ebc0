import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A network between clients and a broker that can be cut and held up. */
export class CutProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isHeld = false

  private constructor(server: Server) {
    this.#server = server
  }

  /** Forwards to `host:port` what comes in on a port of its own. */
  static async start(target: string): Promise<CutProxy> {
    const [host = '', port = ''] = target.split(':')
    const server = createServer()
    const proxy = new CutProxy(server)
    server.on('connection', (near) => proxy.#join(near, connect(Number(port), host)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends all connections, with whatever is under way on them. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Passes nothing on for so long, in both directions. */
  async hold(ms: number): Promise<void> {
    this.#isHeld = true
    for (const socket of this.#sockets) socket.pause()
    await new Promise((resolve) => setTimeout(resolve, ms))
    this.#isHeld = false
    for (const socket of this.#sockets) socket.resume()
  }

  stop(): void {
    this.cut()
    this.#server.close()
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('data', (bytes: Buffer) => to.write(bytes))
      from.on('error', () => undefined)
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      if (this.#isHeld) from.pause()
    }
  }
}
