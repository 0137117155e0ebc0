import { keepAliveInitialDelay } from './dial.ts'
import { createSecureContext, createServer, type Server, type TLSSocket } from 'node:tls'
import { UsageError } from '../base/errors.ts'
import { reasonOf } from './dial.ts'
import { distinguishedNameOf } from './distinguished-name.ts'
import { contextOptions, type ServerTls } from './server-tls.ts'

/** How long a client may take over the handshake, in ms. */
const handshakeTimeout = 10_000

export interface TlsServerEvents {
  /** TLS stands; `certificateName` is whom the client's certificate names, when it has shown one that we trust. */
  readonly onConnection: (socket: TLSSocket, certificateName: string | undefined) => void
  /** The handshake failed, and the socket is closed. */
  readonly onRefused: (socket: TLSSocket, reason: string) => void
}

/** A server that speaks TLS. Throws `UsageError` when the certificates cannot be used. */
export function createTlsServer(tls: ServerTls, events: TlsServerEvents): Server {
  checkTls(tls)
  const options = {
    ...contextOptions(tls),
    requestCert: tls.clientCertificates !== 'none',
    rejectUnauthorized: tls.clientCertificates === 'required',
    handshakeTimeout,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay,
  }
  const refuse = (socket: TLSSocket, reason: string): void => {
    events.onRefused(socket, reason)
    socket.destroy()
  }
  const server = createServer(options, (socket) => {
    const certificate = tls.clientCertificates === 'none' ? undefined : socket.getPeerX509Certificate()
    if (certificate === undefined || socket.authorized) {
      events.onConnection(socket, certificate && distinguishedNameOf(certificate))
      return
    }
    refuse(socket, `the certificate of the client is not trusted (${String(socket.authorizationError)})`)
  })
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => refuse(socket, reasonOf(error)))
  return server
}

/** Throws `UsageError` when certificate and key cannot be used, or are not of one another. */
export function checkTls(tls: ServerTls): void {
  try {
    createSecureContext(contextOptions(tls))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`the certificate cannot be used with its key: ${reason}`, {
      cause: error,
      hint: 'both are PEM: openssl x509 -in CERTIFICATE -noout -text; openssl pkey -in KEY -noout',
    })
  }
}
