import { connect as connectPlain, isIP, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { errorCode, NotAllowedError, TemporaryError } from '../base/errors.ts'
import type { ByteStream } from './byte-stream.ts'
import { SocketStream } from './socket-stream.ts'

/** Where to connect to. */
export type DialAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** After so long without a byte a connection is asked whether it still stands, in ms. */
export const keepAliveInitialDelay = 30_000

export interface DialOptions {
  /** How long a connection may take to stand, TLS included, in ms. */
  readonly timeoutMs: number
  /** Speaks TLS when given; `servername` is filled in with the host. */
  readonly tls?: ConnectionOptions
}

/**
 * Connects to a broker. Throws `TemporaryError` naming the address when nobody listens there, the name is not known, TLS is refused or
 * `timeoutMs` pass; `NotAllowedError` when the broker's certificate is not to be trusted.
 */
export async function dial(address: DialAddress, options: DialOptions): Promise<ByteStream> {
  const name = addressName(address)
  const socket = await openSocket(address, options)
  try {
    await connected(socket, options)
  } catch (error) {
    socket.destroy()
    if (isDistrust(error)) {
      throw new NotAllowedError(`the certificate of ${name} is not to be trusted: ${reasonOf(error)}`, {
        cause: error,
        hint: 'ssl.ca.location names whose certificates are; the name of the host must be in it',
      })
    }
    throw new TemporaryError(`cannot connect to ${name}: ${reasonOf(error)}`, {
      cause: error,
      hint: address.kind === 'tcp' ? `is a broker running there? kcat -L -b ${name}` : 'is tslog serve running?',
    })
  }
  return new SocketStream(socket, name)
}

/** `host:port`, `[::1]:port` or the path of a socket. */
export function addressName(address: DialAddress): string {
  if (address.kind === 'unix') return address.path
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

async function openSocket(address: DialAddress, { tls }: DialOptions): Promise<Socket> {
  if (address.kind === 'unix') return connectPlain({ path: address.path })
  const { host, port } = address
  if (tls === undefined) return connectPlain({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay })
  const { connect } = await import('node:tls')
  // An address is no server name (RFC 6066): the certificate is then held against the address itself.
  const servername = isIP(host) === 0 ? host : ''
  const socket = connect({ servername, ...tls, host, port })
  socket.setNoDelay(true)
  socket.setKeepAlive(true, keepAliveInitialDelay)
  return socket
}

/** Whether it is the certificate of the other side that is wrong: trying again is of no use. */
function isDistrust(error: unknown): boolean {
  return /CERT|ISSUER|SIGNATURE/.test(errorCode(error)) && !errorCode(error).includes('ALERT')
}

function connected(socket: Socket, { timeoutMs, tls }: DialOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      socket.removeListener('error', failed)
      socket.removeListener('close', closed)
      act()
    }
    const failed = (error: unknown): void => settle(() => reject(error))
    const closed = (): void => settle(() => reject(new Error('the connection was closed')))
    socket.once('error', failed)
    socket.once('close', closed)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => settle(resolve))
  })
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer',
  ENOENT: 'there is no such socket',
  EACCES: 'permission denied',
}

/** A network failure in words. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error)
  const reason = reasons[code]
  if (reason !== undefined) return `${reason} (${code})`
  return error instanceof Error && error.message !== '' ? error.message : code || 'it failed'
}
