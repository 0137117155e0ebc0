import type { OpenFile } from '../disk/file-system.ts'
import { nativeCalls } from '../disk/native-calls.ts'
import { LentBuffers } from '../network/lent-buffers.ts'
import { addressName, type DialAddress } from '../network/dial.ts'
import { KafkaServer } from '../network/kafka-server.ts'
import type { Newcomer } from '../network/listener.ts'
import type { RequestHandler } from '../network/server-connection.ts'
import type { ServerTls } from '../network/server-tls.ts'
import { closeCleanly } from '../storage/clean-close.ts'
import { hasCleanShutdownMarker } from '../storage/clean-shutdown-marker.ts'
import { SERVE_SOCKET } from '../storage/file-names.ts'
import { LogDirectory } from '../storage/log-directory.ts'
import { takeServeLock } from '../storage/serve-lock.ts'
import { anonymous, directoryOwner, type Principal } from './authorizer.ts'
import type { BrokerConfig } from './broker-config.ts'
import { makeServices, type ServicesOptions } from './broker-services.ts'
import { allHandlers } from './handlers/all-handlers.ts'
import { apiVersionsHandler } from './handlers/api-versions.ts'
import { KernelMemory } from './kernel-memory.ts'
import type { PeerService } from './peer-service.ts'
import { ConnectionQuotas } from './quotas/connection-quotas.ts'
import type { BrokerServices } from './request-context.ts'
import { RequestRouter } from './request-router.ts'
import { Authentication, type SaslMechanism } from './security/authentication.ts'
import {
  type BrokerSecurity,
  isTls,
  type ListenerProtocol,
  mechanismsOf,
  noSecurity,
} from './security/broker-security.ts'
import { clientSession } from './security/client-session.ts'
import { ServedDirectory } from './served-directory.ts'

export interface BrokerOptions extends ServicesOptions {
  readonly peers?: PeerService
}

/** An address to listen on, and what clients that came in there are told to connect to. */
export interface ListenerConfig {
  readonly address: DialAddress
  /** PLAINTEXT when it is not said. */
  readonly protocol?: ListenerProtocol
  /** The address itself when it is not said; where that is all of the machine's, the one that a client came in on. */
  readonly advertised?: { readonly host: string; readonly port: number }
}

/** How long requests that were begun may take once the broker stops, in ms. */
const drainMs = 10_000

/** How long closing the partitions may take after that, in ms: whoever stops a service kills it at some time. */
const cleanCloseMs = 20_000

/** How long a client whose authentication has failed has to read that, in ms. */
const failureCloseMs = 100

/** Hosts that nobody can connect to from elsewhere, and that Kafka does not let a broker advertise. */
const allInterfaces: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** What holds for the connections of one listener. */
interface ConnectionTerms {
  readonly advertised: { readonly host: string; readonly port: number }
  readonly mechanisms: readonly SaslMechanism[]
  /** Who they are unless SASL says otherwise. */
  readonly principal: Principal
}

/** A broker on one log directory: from the lock of the directory to its release. */
export class Broker {
  readonly services: BrokerServices
  readonly #options: BrokerOptions
  readonly #directory: LogDirectory
  readonly #lock: OpenFile
  readonly #router: RequestRouter
  readonly #server: KafkaServer
  readonly #live: { config: BrokerConfig; security: BrokerSecurity }
  readonly #secret: Uint8Array
  #isServing = false

  private constructor(options: BrokerOptions, lock: OpenFile, directory: LogDirectory) {
    this.#options = options
    this.#lock = lock
    this.#directory = directory
    const memory = new KernelMemory()
    const buffers = new LentBuffers((bytes) => memory.make(bytes))
    this.#live = { config: options.config, security: options.security ?? noSecurity }
    this.#secret = options.random.fill(new Uint8Array(32))
    this.services = makeServices(options, { directory, memory, buffers, live: this.#live })
    this.#router = new RequestRouter(this.services, allHandlers)
    this.#router.add(apiVersionsHandler(() => this.#router.apiKeys))
    const { config, elapsedMs } = options
    const table = this.services.quotaTable
    const connections = new ConnectionQuotas({ table, windows: config.quotaWindows, now: elapsedMs })
    this.#server = new KafkaServer({
      limits: options.config.limits,
      buffers,
      receive: (socket, space) => nativeCalls()?.receive(socket, space) ?? 0,
      now: options.elapsedMs,
      onRefused: (peer) =>
        options.log.warn('too many connections', {
          peer,
          max: options.config.limits.connectionsMax,
          maxPerIp: options.config.limits.connectionsPerHostMax,
          hint: 'max.connections and max.connections.per.ip set how many there may be',
        }),
      refusalMs: (host) => connections.refusalMs(host),
      onTlsFailure: (peer, reason) => options.log.warn('TLS failed', { peer, reason }),
      onCount: (open) => this.services.metrics.connections(open),
    })
  }

  /**
   * Takes the directory, making a new one where there is none. Throws `LockedError` when another server has it, and what
   * `LogDirectory.openToWrite` throws.
   */
  static open(options: BrokerOptions): Broker {
    const directory = LogDirectory.openToWrite({
      ...options.directory,
      isServer: true,
      producerIdExpirationMs: options.config.producerIdExpirationMs,
    })
    const { fileSystem } = options.directory
    // Kafka is kept out from now on, and no change was made yet.
    const wasClosedCleanly = hasCleanShutdownMarker(fileSystem, directory.path)
    try {
      const lock = takeServeLock(fileSystem, directory.path)
      return new Broker({ ...options, directory: { ...options.directory, wasClosedCleanly } }, lock, directory)
    } catch (error) {
      directory.close()
      throw error
    }
  }

  /** Listens on all addresses, and on the socket for commands of this machine; resolves to the addresses, with the ports that were chosen. */
  async listen(listeners: readonly ListenerConfig[]): Promise<DialAddress[]> {
    const bound: DialAddress[] = []
    for (const listener of listeners) bound.push(await this.#listenOn(listener))
    const [first] = bound
    this.services.groups.start()
    await this.#listenLocally(first?.kind === 'tcp' ? first : { host: 'localhost', port: 0 })
    this.#isServing = true
    return bound
  }

  /** The directory, for who makes a copy of another log in it while it is served. */
  followersDirectory(): ServedDirectory {
    const { topics, groups } = this.services
    return new ServedDirectory({ directory: this.#directory, topics, groups })
  }

  /** Whether clients are answered. */
  get isServing(): boolean {
    return this.#isServing
  }

  /**
   * Goes by another configuration from now on, but for what is fixed at the start: limits of connections, flush policy, groups, certificates, and
   * whether access rules hold. How clients prove who they are holds for those that come then.
   */
  reconfigure(config: BrokerConfig, security: BrokerSecurity): void {
    this.#live.config = config
    this.#live.security = security
    this.services.topics.applyDefaults(config)
    if (security.access !== undefined) this.services.accessRules?.reconfigure(security.access)
  }

  /** Shows another certificate from now on. Throws `UsageError` when it cannot be used, with nothing changed. */
  renewTls(tls: ServerTls): Promise<void> {
    return this.#server.renewTls(tls)
  }

  async #listenOn({ address, advertised, protocol = 'PLAINTEXT' }: ListenerConfig): Promise<DialAddress> {
    const { tls } = this.#live.security
    const atStart = mechanismsOf(protocol, this.#live.security)
    let own = advertised ?? { host: 'localhost', port: 0 }
    const connected = (newcomer: Newcomer): RequestHandler => {
      const { certificateName, localHost } = newcomer
      const principal = certificateName === undefined ? anonymous : { type: 'User', name: certificateName }
      const told = allInterfaces.has(own.host) ? { ...own, host: localHost } : own
      const mechanisms = mechanismsOf(protocol, this.#live.security)
      // Nobody comes in without a proof since there is no way left to give one.
      const taken = mechanisms.length > 0 ? mechanisms : atStart
      return this.#connected(newcomer, { advertised: told, mechanisms: taken, principal })
    }
    const bound = await this.#server.listen(address, connected, tlsOf(protocol, tls))
    if (bound.kind === 'tcp' && advertised === undefined) own = { host: bound.host, port: bound.port }
    this.#options.log.info('listening', {
      address: addressName(bound),
      protocol,
      advertised: allInterfaces.has(own.host) ? 'the address that a client came in on' : `${own.host}:${own.port}`,
    })
    return bound
  }

  /** A socket that is there is of a server that was killed: we hold its lock. */
  async #listenLocally(advertised: { readonly host: string; readonly port: number }): Promise<void> {
    const path = `${this.#directory.path}/${SERVE_SOCKET}`
    const { fileSystem } = this.#options.directory
    fileSystem.remove(path)
    const address: DialAddress = { kind: 'unix', path }
    const terms = { advertised, mechanisms: [], principal: directoryOwner }
    await this.#server.listen(address, (newcomer) => this.#connected(newcomer, terms))
  }

  /** Answers what was begun, makes everything durable and gives the directory back. */
  async stop(): Promise<void> {
    this.#isServing = false
    this.#server.closeListeners()
    await this.services.cluster.controlledShutdown()
    this.services.delayed.close()
    this.services.groups.close()
    await this.#server.drain(drainMs)
    this.services.topics.close()
    this.#options.directory.fileSystem.remove(`${this.#directory.path}/${SERVE_SOCKET}`)
    this.#directory.close()
    const isMarkedClean = await this.#closeCleanly()
    this.#lock.close()
    this.#options.log.info('stopped', { isMarkedClean })
  }

  /** So that Kafka, or we, open the directory without recovery. What keeps us from it costs time at the next start, and nothing else. */
  async #closeCleanly(): Promise<boolean> {
    const deadline = this.#options.elapsedMs() + cleanCloseMs
    try {
      const isInTime = (): boolean => this.#options.elapsedMs() < deadline
      // Of a partition whose disk failed the mark could not be taken back: it is ours.
      return (await closeCleanly({ ...this.#options.directory, isServer: true, isInTime })).isClean
    } catch (error) {
      this.#options.log.warn('not marked as cleanly shut down', {
        reason: error instanceof Error ? error.message : String(error),
      })
      return false
    }
  }

  #connected(newcomer: Newcomer, { advertised, mechanisms, principal }: ConnectionTerms): RequestHandler {
    const { log, elapsedMs, peers } = this.#options
    const { stream } = newcomer
    const { authorizer } = this.services
    const authentication = new Authentication({
      mechanisms,
      principal,
      credentials: this.services.credentials,
      secret: this.#secret,
      sessionMs: this.#live.security.sessionMs,
      now: elapsedMs,
      onFailure: (mechanism, reason) => {
        log.warn('authentication failed', { peer: stream.peer, mechanism, reason })
        // The answer that says so goes first.
        setTimeout(() => stream.close(), failureCloseMs)
      },
    })
    const now = elapsedMs
    return clientSession(newcomer, { router: this.#router, log, advertised, authentication, authorizer, peers, now })
  }
}

/** Clients of SASL listeners show no certificates: who they are they say otherwise (as in Kafka, KIP-684). */
function tlsOf(protocol: ListenerProtocol, tls: ServerTls | undefined): ServerTls | undefined {
  if (tls === undefined || !isTls(protocol)) return undefined
  return protocol === 'SASL_SSL' ? { ...tls, clientCertificates: 'none' } : tls
}
