import { createServer, isIP, type Server, type Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { errorCode, LockedError, NotAllowedError, RefusedError, UsageError } from '../base/errors.ts'
import type { ByteStream } from './byte-stream.ts'
import { addressName, type DialAddress, keepAliveInitialDelay, reasonOf } from './dial.ts'
import { contextOptions, type ServerTls } from './server-tls.ts'
import { type Receive, SocketStream, type SocketStreamOptions } from './socket-stream.ts'

/** Who has just come in on a listener. */
export interface Newcomer {
  readonly stream: ByteStream
  /** The address of its machine; empty for this one's, over a unix socket. */
  readonly host: string
  /** The address of ours that it came in on; empty over a unix socket. */
  readonly localHost: string
  /** Whom its certificate names (RFC 2253), when it has shown one that we trust. */
  readonly certificateName: string | undefined
}

export interface ListenerOptions {
  /** Speaks TLS with what comes in. */
  readonly tls?: ServerTls | undefined
  /** Sockets that are open at once: more are closed as they come. */
  readonly connectionsMax: number
  /** How sockets are read without TLS, when not by the runtime alone. */
  readonly receive?: Receive | undefined
  readonly onConnection: (newcomer: Newcomer) => void
  /** Somebody came whose TLS handshake failed. */
  readonly onRefused: (peer: string, reason: string) => void
}

/** Who is gone without a word must not be waited for. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay }

/** One address that connections come in on. */
export class Listener {
  readonly #server: Server
  readonly #tlsServer: TlsServer | undefined
  readonly #address: DialAddress

  private constructor(server: Server, tlsServer: TlsServer | undefined, address: DialAddress) {
    this.#server = server
    this.#tlsServer = tlsServer
    this.#address = address
  }

  /**
   * Listens on `address`; port 0 is any free one. A unix socket's file must not be there, and is made for its owner alone. Throws `LockedError` when
   * the address is taken, `UsageError` when it is none of this machine's or the certificates cannot be used, `RefusedError` for all else.
   */
  static async open(address: DialAddress, options: ListenerOptions): Promise<Listener> {
    const tlsServer = await tlsServerFor(options)
    await lookUp(address)
    const bare = { isBare: true, receive: options.receive }
    const server = tlsServer ?? createServer(socketOptions, (socket) => options.onConnection(newcomer(socket, bare)))
    server.maxConnections = options.connectionsMax
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(cannotListen(address, error, '--listen')))
      if (address.kind === 'tcp') server.listen({ host: address.host, port: address.port, backlog: 511 }, resolve)
      else listenAlone(server, address.path, resolve)
    })
    return new Listener(server, tlsServer, address)
  }

  /** Where it listens, with the port that the system chose. */
  get address(): DialAddress {
    const bound = this.#server.address()
    if (this.#address.kind === 'unix' || bound === null || typeof bound === 'string') return this.#address
    return { ...this.#address, port: bound.port }
  }

  /** Shows another certificate to who comes from now on; of no effect where there is no TLS. Whom it asks for theirs stays as it is. */
  renewTls(tls: ServerTls): void {
    this.#tlsServer?.setSecureContext(contextOptions(tls))
  }

  /** Takes no more connections; those that stand go on. */
  close(): void {
    this.#server.close()
  }
}

/** A name that nobody knows is told apart here: not every runtime does when it listens. */
async function lookUp(address: DialAddress): Promise<void> {
  if (address.kind === 'unix' || isIP(address.host) !== 0) return
  const { lookup } = await import('node:dns/promises')
  await lookup(address.host).catch((error: unknown) => {
    throw cannotListen(address, error, '--listen')
  })
}

/** The code for TLS is loaded when it is needed: most brokers start without. */
async function tlsServerFor({ tls, onConnection, onRefused }: ListenerOptions): Promise<TlsServer | undefined> {
  if (tls === undefined) return undefined
  const { createTlsServer } = await import('./tls-server.ts')
  return createTlsServer(tls, {
    onConnection: (socket, certificateName) => onConnection({ ...newcomer(socket), certificateName }),
    onRefused: (socket, reason) => onRefused(peerName(socket), reason),
  })
}

function newcomer(socket: Socket, options?: SocketStreamOptions): Newcomer {
  const stream = new SocketStream(socket, peerName(socket), options)
  return {
    stream,
    host: hostOf(socket.remoteAddress),
    localHost: hostOf(socket.localAddress),
    certificateName: undefined,
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

/** Clients of IPv4 that come in on an address of IPv6 are who they are. */
function hostOf(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
}

function peerName(socket: Socket): string {
  if (socket.remoteAddress === undefined) return 'local'
  return addressName({ kind: 'tcp', host: socket.remoteAddress, port: socket.remotePort ?? 0 })
}

/** What the user is to hear when an address cannot be listened on; `flag` is what named it. */
export function cannotListen(address: DialAddress, error: unknown, flag: string): Error {
  const name = addressName(address)
  const code = errorCode(error)
  // The runtime says so of a host that is not known too.
  switch (code === 'ENOENT' && address.kind === 'tcp' ? 'ENOTFOUND' : code) {
    case 'EADDRINUSE':
      return new LockedError(`${name} is in use by another process`, {
        cause: error,
        hint: `choose another ${flag}, such as ${flag} 127.0.0.1:0`,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new UsageError(`${name} is no address of this machine`, {
        cause: error,
        hint: `such as ${flag} 127.0.0.1:9092`,
      })
    case 'EACCES':
      return new NotAllowedError(`cannot listen on ${name}: ${reasonOf(error)}`, {
        cause: error,
        hint: `ports below 1024 are for root: choose another ${flag}, such as ${flag} 127.0.0.1:9092`,
      })
    default:
      return new RefusedError(`cannot listen on ${name}: ${reasonOf(error)}`, { cause: error })
  }
}
