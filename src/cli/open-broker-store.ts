import { constants, openSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SERVE_SOCKET } from '../storage/file-names.ts'
import { BrokerStore } from '../store/broker-store.ts'
import { Cluster } from '../client/cluster.ts'
import type { Acks } from '../client/partition-sender.ts'
import { addressName, dial, type DialAddress } from '../network/dial.ts'
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
export function openBrokerStore({ addresses }: BrokersLocation, acks: StoreOptions['acks']): BrokerStore {
  const dialled = addresses.map(({ host, port }): DialAddress => ({ kind: 'tcp', host, port }))
  return storeAt(dialled, dialled.map(addressName).join(','), acksOf(acks))
}

/** The log of the server that holds a directory, through its socket. */
export function openServerStore(path: string): BrokerStore {
  return storeAt([{ kind: 'unix', path: reachable(`${path}/${SERVE_SOCKET}`) }], path, 'all')
}

/** The name of a socket may have 107 bytes: a longer one is reached through the directory that it is in. */
const socketPathMax = 107

function reachable(path: string): string {
  if (Buffer.byteLength(path) <= socketPathMax) return path
  return `/proc/self/fd/${openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)}/${basename(path)}`
}

function storeAt(addresses: readonly DialAddress[], name: string, acks: Acks): BrokerStore {
  return new BrokerStore({ name, cluster: openCluster(addresses), acks })
}

/** The brokers behind some addresses; `isTls` speaks TLS with them. Nobody is asked yet. */
export function openCluster(addresses: readonly DialAddress[], isTls = false): Cluster {
  return new Cluster({
    addresses,
    dial: (address) => dial(address, { timeoutMs: connectTimeoutMs, ...(isTls && { tls: {} }) }),
    softwareVersion: version(),
    requestTimeoutMs,
    retryMs,
  })
}

function acksOf(acks: StoreOptions['acks']): Acks {
  if (acks === '0') return 0
  return acks === '1' ? 1 : 'all'
}
