import { UsageError } from '../../base/errors.ts'
import { listenerProtocols, type ListenerProtocol } from '../../broker/security/broker-security.ts'
import { quoted } from '../format/visible-text.ts'
import { badValue } from './bad-value.ts'
import { type BrokerAddress, parseBrokerList } from './broker-list.ts'

export interface ListenAddress extends BrokerAddress {
  /** What stands before the address; the protocol, where that has no name of its own. */
  readonly name: string
  readonly protocol: ListenerProtocol
}

/** What else the names of listeners mean, in Kafka's way. */
export interface ListenerNames {
  /** listener.security.protocol.map. */
  readonly protocols: ReadonlyMap<string, string>
  /** controller.listener.names: those of a part of Kafka that is not here. */
  readonly controllers: ReadonlySet<string>
}

const noNames: ListenerNames = { protocols: new Map(), controllers: new Set() }

/**
 * Reads `HOST[:PORT][,...]` of addresses to listen on: as those of brokers, with port 0 for any free one, no host for all interfaces, and
 * one of Kafka's protocols before it, such as `SASL_SSL://`, or a name that `names` gives one; without one it is `PLAINTEXT`. Listeners of
 * controllers are left out. Throws `UsageError` naming `flag`.
 */
export function parseListenAddresses(text: string, flag: string, names = noNames): ListenAddress[] {
  return text.split(',').flatMap((part) => {
    const [, word = 'PLAINTEXT', rest = ''] = /^(?:([\w.-]+):\/\/)?(.*)$/s.exec(part.trim()) ?? []
    const name = word.toUpperCase()
    if (names.controllers.has(name)) return []
    const spoken = names.protocols.get(name) ?? name
    const protocol = listenerProtocols.find((one) => one === spoken)
    if (protocol === undefined) {
      throw new UsageError(`${flag}: ${quoted(word)} is not a protocol of a listener`, {
        hint: `one of ${listenerProtocols.join(', ')}, such as SASL_SSL://0.0.0.0:9093`,
      })
    }
    if (/^\d+$/.test(rest)) throw badValue(flag, text, 'an address but a port', `127.0.0.1:${rest}`)
    const plain = rest.replace(/^:/, '0.0.0.0:')
    const named = plain.replace(/:0$/, ':1')
    const addresses = parseBrokerList(named, flag)
    return addresses.map(({ host, port }) => ({ host, port: named === plain ? port : 0, name, protocol }))
  })
}
