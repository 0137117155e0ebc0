import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** What a link does to what goes over it. */
export interface LinkFaults {
  /** Each piece arrives so much later, in ms. */
  readonly delayMs?: number
  /** So much goes through in either direction, in bytes a second. */
  readonly bytesPerSecond?: number
  /** After so many bytes of one connection, both ways together, it is cut; asked for with each connection. */
  readonly cutAfterBytes?: () => number | undefined
}

/** A real TCP proxy on 127.0.0.1 in front of a port, as slow and as flaky as a link may be. */
export class SlowLink {
  readonly port: number
  /** Connections that were cut. */
  cuts = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
    const address = server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : 0
  }

  static async open(targetPort: number, faults: LinkFaults): Promise<SlowLink> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const link = new SlowLink(server)
    server.on('connection', (near) => link.#join(near, targetPort, faults))
    return link
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  #join(near: Socket, targetPort: number, faults: LinkFaults): void {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    const end = (): void => {
      near.destroy()
      far.destroy()
    }
    let left = faults.cutAfterBytes?.() ?? Infinity
    const passed = (bytes: Buffer): Buffer => {
      const whole = bytes.subarray(0, left)
      if (left > 0 && left <= bytes.length) {
        this.cuts++
        setTimeout(end, faults.delayMs ?? 0)
      }
      left = Math.max(0, left - bytes.length)
      return whole
    }
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.on('error', end)
      from.on('close', () => {
        this.#sockets.delete(from)
        end()
      })
      void carry(from, to, faults, passed)
    }
  }
}

/** Carries what comes from one socket to the other: one piece after the other, each after its time. */
async function carry(from: Socket, to: Socket, faults: LinkFaults, through: (bytes: Buffer) => Buffer): Promise<void> {
  const { delayMs = 0, bytesPerSecond = Infinity } = faults
  let freeMs = 0
  try {
    for await (const piece of from) {
      const bytes = through(piece as Buffer)
      const now = performance.now()
      // The line is busy for as long as the bytes take; what was sent then is under way for the delay.
      freeMs = Math.max(now, freeMs) + (bytes.length / bytesPerSecond) * 1000
      setTimeout(() => to.writable && to.write(bytes), freeMs + delayMs - now)
      if (freeMs > now) await new Promise((resolve) => setTimeout(resolve, freeMs - now))
    }
  } catch {
    // It was cut.
  }
}
