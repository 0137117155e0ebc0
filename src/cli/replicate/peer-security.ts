import { type ClientSecurity, clientSecurity } from '../client-security.ts'
import type { CliContext } from '../context.ts'

/**
 * How to speak to a peer on the network: the scheme says whether with TLS, everything else is as for `-b`. A name and a password that were set up
 * for TLS are not shown to everybody on the way without it.
 */
export function peerSecurity({ isTls }: { readonly isTls: boolean }, context: CliContext): ClientSecurity {
  const { tls, login } = clientSecurity('flag', context)
  if (isTls) return { tls: tls ?? {}, login }
  return { tls: undefined, login: tls === undefined ? login : undefined }
}
