import { BrokerStore } from '../store/broker-store.ts'
import { Cluster } from '../client/cluster.ts'
import { addressName, dial, type DialAddress } from '../network/dial.ts'
import type { LogStore } from '../store/log-store.ts'
import type { BrokersLocation } from './location.ts'
import type { StoreOptions } from './open-store.ts'
import { version } from './version.ts'

/** How long a broker may take to answer, on top of what it was asked to wait, in ms (Kafka: request.timeout.ms). */
const requestTimeoutMs = 30_000
/** How long a connection may take to stand, in ms. */
const connectTimeoutMs = 10_000
/** How long what may pass is tried again, in ms. */
const retryMs = 20_000

/** The log of the brokers that a command line names. Nobody is asked yet. */
export function openBrokerStore({ addresses }: BrokersLocation, acks: StoreOptions['acks']): LogStore {
  const dialled = addresses.map(({ host, port }): DialAddress => ({ kind: 'tcp', host, port }))
  const cluster = new Cluster({
    addresses: dialled,
    dial: (address) => dial(address, { timeoutMs: connectTimeoutMs }),
    softwareVersion: version(),
    requestTimeoutMs,
    retryMs,
  })
  return new BrokerStore({ name: dialled.map(addressName).join(','), cluster, acks: acksOf(acks) })
}

function acksOf(acks: StoreOptions['acks']): 'all' | 0 | 1 {
  if (acks === '0') return 0
  return acks === '1' ? 1 : 'all'
}
