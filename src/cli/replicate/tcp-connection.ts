import { MalformedMessageError, RefusedError, TemporaryError } from '../../base/errors.ts'
import { addressName, type DialAddress } from '../../network/dial.ts'
import type { ClientSecurity } from '../client-security.ts'
import { openBrokerConnection } from '../open-broker-store.ts'
import type { BrokersPeer } from '../values/peer.ts'
import { ConnectionLostError, PeerLink } from './peer-link.ts'

/** A running `tslog serve`, whose connection is turned around: either side may ask. */
export class TcpConnection {
  readonly link: PeerLink
  readonly #name: string

  private constructor(link: PeerLink, name: string) {
    this.link = link
    this.#name = name
  }

  /** Connects and logs in. Throws `TemporaryError` when nobody answers, `NotAllowedError` for a certificate or a login that is refused. */
  static async open({ servers }: BrokersPeer, security: ClientSecurity): Promise<TcpConnection> {
    const { host = '', port = 0 } = servers[0] ?? {}
    const address: DialAddress = { kind: 'tcp', host, port }
    const connection = await openBrokerConnection(address, security).catch((error: unknown) => {
      throw error instanceof TemporaryError ? notThere(error, address) : error
    })
    return new TcpConnection(new PeerLink(connection.handOver(), true), addressName(address))
  }

  /** What a failure of the link really was: a broker that does not know our first request closes the connection without a word. */
  explain(error: unknown): unknown {
    if (error instanceof MalformedMessageError) {
      return new RefusedError(`${this.#name} said something that is not replication: ${error.message}`, {
        hint: 'tcp:// is for a tslog serve; other brokers are kafka://',
      })
    }
    if (!(error instanceof ConnectionLostError) || this.link.wasAnswered) return error
    return new ConnectionLostError(`${this.#name} ended the connection when it was asked to replicate`, {
      cause: error,
      hint: 'is it a tslog serve of this version? other brokers are kafka://',
    })
  }

  close(): void {
    this.link.close()
  }
}

function notThere({ message, cause }: TemporaryError, address: DialAddress): TemporaryError {
  return new TemporaryError(message, {
    cause,
    hint: `is tslog serve running there? tslog topics list -b ${addressName(address)}`,
  })
}
