import type { ServerTls } from '../../network/server-tls.ts'
import type { AccessTerms } from './access-rules.ts'
import type { SaslMechanism } from './authentication.ts'

/** What a listener speaks, and whether its clients have to say who they are; Kafka's security protocols. */
export const listenerProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export type ListenerProtocol = (typeof listenerProtocols)[number]

/** How a broker knows its clients. */
export interface BrokerSecurity {
  /** For the listeners that speak TLS. */
  readonly tls: ServerTls | undefined
  /** sasl.enabled.mechanisms. */
  readonly mechanisms: readonly SaslMechanism[]
  /** Whether PLAIN is taken where everybody on the way can read the password. */
  readonly isPlainWithoutTls: boolean
  /** connections.max.reauth.ms, in ms. */
  readonly sessionMs: number
  /** Whether access rules hold, and for whom not; absent where everybody may do everything. */
  readonly access?: AccessTerms | undefined
}

export const noSecurity: BrokerSecurity = { tls: undefined, mechanisms: [], isPlainWithoutTls: false, sessionMs: 0 }

export function isTls(protocol: ListenerProtocol): boolean {
  return protocol === 'SSL' || protocol === 'SASL_SSL'
}

/** What clients of such a listener can prove themselves by; nothing where they need not. */
export function mechanismsOf(protocol: ListenerProtocol, security: BrokerSecurity): readonly SaslMechanism[] {
  if (protocol === 'SASL_SSL') return security.mechanisms
  if (protocol !== 'SASL_PLAINTEXT') return []
  return security.mechanisms.filter((one) => one !== 'PLAIN' || security.isPlainWithoutTls)
}
