import { type BrokerAddress, parseBrokerList } from './broker-list.ts'

/**
 * Reads `HOST[:PORT][,...]` of addresses to listen on: as those of brokers, with port 0 for any free one, no host for all interfaces, and
 * `PLAINTEXT://` before it for who copies from Kafka's configuration. Throws `UsageError` naming `flag`.
 */
export function parseListenAddresses(text: string, flag: string): BrokerAddress[] {
  return text.split(',').flatMap((part) => {
    const plain = part
      .trim()
      .replace(/^PLAINTEXT:\/\//i, '')
      .replace(/^:/, '0.0.0.0:')
    const named = plain.replace(/:0$/, ':1')
    const addresses = parseBrokerList(named, flag)
    return named === plain ? addresses : addresses.map(({ host }) => ({ host, port: 0 }))
  })
}
