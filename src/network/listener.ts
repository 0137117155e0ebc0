import { createServer, type Server, type Socket } from 'node:net'
import { errorCode, LockedError, RefusedError, UsageError } from '../base/errors.ts'
import { addressName, type DialAddress, reasonOf } from './dial.ts'
import { SocketStream } from './socket-stream.ts'
import type { ByteStream } from './byte-stream.ts'

/** One address that connections come in on. */
export class Listener {
  readonly #server: Server
  readonly #address: DialAddress

  private constructor(server: Server, address: DialAddress) {
    this.#server = server
    this.#address = address
  }

  /**
   * Listens on `address`; port 0 is any free one. A unix socket's file must not be there, and is made for its owner alone. Throws `LockedError` when
   * the address is taken, `UsageError` when it is none of this machine's, `RefusedError` for all else.
   */
  static async open(address: DialAddress, onConnection: (stream: ByteStream) => void): Promise<Listener> {
    const server = createServer({ noDelay: true }, (socket) => onConnection(new SocketStream(socket, peerName(socket))))
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(cannotListen(address, error)))
      if (address.kind === 'tcp') server.listen({ host: address.host, port: address.port, backlog: 511 }, resolve)
      else listenAlone(server, address.path, resolve)
    })
    return new Listener(server, address)
  }

  /** Where it listens, with the port that the system chose. */
  get address(): DialAddress {
    const bound = this.#server.address()
    if (this.#address.kind === 'unix' || bound === null || typeof bound === 'string') return this.#address
    return { ...this.#address, port: bound.port }
  }

  /** Takes no more connections; those that stand go on. */
  close(): void {
    this.#server.close()
  }
}

/** Whoever may open the socket is super user, so nobody but the owner may, from the moment it is there. */
function listenAlone(server: Server, path: string, done: () => void): void {
  const before = process.umask(0o177)
  try {
    server.listen({ path }, done)
  } finally {
    process.umask(before)
  }
}

function peerName(socket: Socket): string {
  if (socket.remoteAddress === undefined) return 'local'
  return addressName({ kind: 'tcp', host: socket.remoteAddress, port: socket.remotePort ?? 0 })
}

function cannotListen(address: DialAddress, error: unknown): Error {
  const name = addressName(address)
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new LockedError(`${name} is in use by another process`, {
        cause: error,
        hint: 'choose another --listen, such as --listen 127.0.0.1:0',
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new UsageError(`${name} is no address of this machine`, {
        cause: error,
        hint: 'such as --listen 127.0.0.1:9092',
      })
    default:
      return new RefusedError(`cannot listen on ${name}: ${reasonOf(error)}`, { cause: error })
  }
}
