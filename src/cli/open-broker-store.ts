import { constants, openSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SERVE_SOCKET } from '../storage/file-names.ts'
import { BrokerStore } from '../store/broker-store.ts'
import { BrokerConnection } from '../client/broker-connection.ts'
import { userErrorOf } from '../client/broker-errors.ts'
import { Cluster, type ClusterOptions } from '../client/cluster.ts'
import type { Acks } from '../client/partition-sender.ts'
import { logIn } from '../client/sasl-login.ts'
import { addressName, dial, type DialAddress } from '../network/dial.ts'
import { type ClientSecurity, clientSecurity, noSecurity } from './client-security.ts'
import type { CliContext } from './context.ts'
import type { BrokersLocation } from './location.ts'
import type { StoreOptions } from './open-store.ts'
import { version } from './version.ts'

/** How long a broker may take to answer, on top of what it was asked to wait, in ms (Kafka: request.timeout.ms). */
const requestTimeoutMs = 30_000
/** How long a connection may take to stand, in ms. */
const connectTimeoutMs = 10_000
/** How long what may pass is tried again, in ms. */
const retryMs = 20_000
/** The same with the server of a directory: when it has ended, the files are there. */
const serverRetryMs = 2_000

/** The log of the brokers that a command line names. Nobody is asked yet. */
export function openBrokerStore(
  { addresses, source }: BrokersLocation,
  acks: StoreOptions['acks'],
  context: CliContext,
): BrokerStore {
  const dialled = addresses.map(({ host, port }): DialAddress => ({ kind: 'tcp', host, port }))
  const cluster = openCluster(dialled, clientSecurity(source, context))
  return new BrokerStore({ name: dialled.map(addressName).join(','), cluster, acks: acksOf(acks) })
}

/** The log of the server that holds a directory, through its socket. */
export function openServerStore(path: string): BrokerStore {
  return new BrokerStore({ name: path, cluster: openServerCluster(path), acks: 'all' })
}

/** A connection of its own to the server that holds a directory. */
export function openServerConnection(path: string): Promise<BrokerConnection> {
  return openBrokerConnection(socketOf(path), noSecurity)
}

/** The server that holds a directory, through its socket. */
export function openServerCluster(path: string): Cluster {
  const address = socketOf(path)
  return new Cluster({ ...clusterOptions([address], noSecurity), retryMs: serverRetryMs, isAlone: true })
}

function socketOf(path: string): DialAddress {
  return { kind: 'unix', path: reachable(`${path}/${SERVE_SOCKET}`) }
}

/** The name of a socket may have 107 bytes: a longer one is reached through the directory that it is in. */
const socketPathMax = 107

function reachable(path: string): string {
  if (Buffer.byteLength(path) <= socketPathMax) return path
  return `/proc/self/fd/${openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)}/${basename(path)}`
}

/** A connection of its own to one broker, logged in. Throws `TemporaryError` when nobody answers, `NotAllowedError` when we may not come in. */
export async function openBrokerConnection(address: DialAddress, security: ClientSecurity): Promise<BrokerConnection> {
  const options = clusterOptions([address], security)
  const connection = await BrokerConnection.open(await options.dial(address), options)
  try {
    await options.authenticate?.(connection)
    return connection
  } catch (error) {
    connection.close()
    throw userErrorOf(error)
  }
}

/** The brokers behind some addresses. Nobody is asked yet. */
export function openCluster(addresses: readonly DialAddress[], security: ClientSecurity): Cluster {
  return new Cluster(clusterOptions(addresses, security))
}

function clusterOptions(addresses: readonly DialAddress[], { tls, login }: ClientSecurity): ClusterOptions {
  return {
    addresses,
    dial: (address) => dial(address, { timeoutMs: connectTimeoutMs, ...(tls === undefined ? {} : { tls }) }),
    ...(login === undefined ? {} : { authenticate: (connection) => logIn(connection, login) }),
    softwareVersion: version(),
    requestTimeoutMs,
    retryMs,
  }
}

function acksOf(acks: StoreOptions['acks']): Acks {
  if (acks === '0') return 0
  return acks === '1' ? 1 : 'all'
}
