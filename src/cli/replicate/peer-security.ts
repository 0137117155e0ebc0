import { type ClientSecurity, clientSecurity, clientSecurityOverTls, noSecurity } from '../client-security.ts'
import type { CliContext } from '../context.ts'
import type { BrokersPeer } from '../values/peer.ts'

/** How to speak to a peer, and what to tell the user of it. */
export interface PeerSecurity extends ClientSecurity {
  readonly warning: string | undefined
}

/**
 * How to speak to a peer on the network: the scheme says whether with TLS, everything else is as for `-b`. A name and a password that were set up
 * for TLS are not shown to everybody on the way without it.
 */
export function peerSecurity({ isTls, kind }: BrokersPeer, context: CliContext): PeerSecurity {
  if (isTls) return { ...clientSecurityOverTls(context), warning: undefined }
  const { tls, login } = clientSecurity('flag', context)
  if (tls === undefined) return { tls, login, warning: undefined }
  const what = login === undefined ? '' : ', and so without the login'
  return { ...noSecurity, warning: `${kind}:// is without the TLS of your settings${what}: ${kind}s:// is with it` }
}
