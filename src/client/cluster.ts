import { TemporaryError } from '../base/errors.ts'
import { NO_UUID } from '../base/uuid.ts'
import type { ByteStream } from '../network/byte-stream.ts'
import type { DialAddress } from '../network/dial.ts'
import { ErrorCode, isRetriable } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { findCoordinatorApi, findCoordinatorRequest } from '../protocol/messages/find-coordinator.ts'
import { metadataApi, metadataRequest, type MetadataResponse } from '../protocol/messages/metadata.ts'
import { BrokerConnection, type ConnectionOptions } from './broker-connection.ts'
import { storageErrorOf, throwIfError, userErrorOf } from './broker-errors.ts'
import { pause } from './pause.ts'

export interface ClusterOptions extends ConnectionOptions {
  /** Where to begin; the brokers then say where each of them is. At least one. */
  readonly addresses: readonly DialAddress[]
  /** Connects, TLS included. */
  readonly dial: (address: DialAddress) => Promise<ByteStream>
  /** Says who we are on a fresh connection. */
  readonly authenticate?: (connection: BrokerConnection) => Promise<void>
  /** How long a request whose failure may pass is tried again, in ms. */
  readonly retryMs: number
  /** The broker is the only one that has the log: nobody takes over when its disk fails. */
  readonly isAlone?: boolean
}

/** What a connection is for: a long poll holds up everything behind it. */
export type ConnectionPurpose = 'requests' | 'fetch' | 'group'

interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** How long to wait before trying again, in ms: doubled each time (Kafka: retry.backoff.ms, retry.backoff.max.ms). */
const backoffMs = { first: 50, max: 1_000 }

/** The brokers behind some addresses: who leads what, and connections to each, made when they are first needed. */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #connections = new Map<string, Promise<BrokerConnection>>()
  readonly #leaders = new Map<string, number>()
  readonly #coordinators = new Map<string, number>()
  readonly #nodes = new Map<number, DialAddress>()
  #controllerId = -1
  /** Whether any broker ever answered: an address where nobody does is more likely wrong than a moment too early. */
  #wasReached = false

  constructor(options: ClusterOptions) {
    this.#options = options
  }

  /** A connection to whichever broker answers first, in the order of the addresses. Throws `TemporaryError` when none does. */
  async any(): Promise<BrokerConnection> {
    const failures: unknown[] = []
    for (const [index, address] of this.#options.addresses.entries()) {
      try {
        return await this.#connected(`bootstrap ${index}`, address)
      } catch (error) {
        failures.push(error)
      }
    }
    throw failures[0]
  }

  /** A connection to the controller, which creates and deletes topics. */
  async controller(): Promise<BrokerConnection> {
    if (this.#controllerId === -1) await this.metadata([])
    // Brokers without a controller of their own name none, and take what is meant for it.
    return this.#controllerId === -1 ? this.any() : this.node(this.#controllerId, 'requests')
  }

  /** A connection to the broker with this id. */
  async node(nodeId: number, purpose: ConnectionPurpose): Promise<BrokerConnection> {
    const address = this.#addressOf(nodeId)
    if (address === undefined) throw new KafkaError(ErrorCode.BROKER_NOT_AVAILABLE, `broker ${nodeId} is not there`)
    return this.#connected(`${nodeId} ${purpose}`, address)
  }

  /** The id of the broker that leads a partition. Throws `KafkaError` when there is no such partition, or no leader now. */
  async leaderOf(partition: TopicPartition): Promise<number> {
    const known = this.#leaders.get(keyOf(partition))
    if (known !== undefined) return known
    const { topics } = await this.metadata([partition.topic])
    const what = `find the leader of ${partition.topic}-${partition.partition}`
    throwIfError(topics[0]?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, what)
    const found = this.#leaders.get(keyOf(partition))
    if (found === undefined) {
      const row = topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition.partition)
      throwIfError(row?.errorCode || ErrorCode.LEADER_NOT_AVAILABLE, what)
    }
    return found ?? -1
  }

  /** A connection to the leader of a partition. */
  async leader(partition: TopicPartition, purpose: ConnectionPurpose = 'requests'): Promise<BrokerConnection> {
    return this.node(await this.leaderOf(partition), purpose)
  }

  /** A connection to the coordinator of a group. */
  async coordinator(groupId: string, purpose: ConnectionPurpose = 'requests'): Promise<BrokerConnection> {
    const known = this.#coordinators.get(groupId)
    return this.node(known ?? (await this.#findCoordinator(groupId)), purpose)
  }

  /** Topics by name, or all of them; remembers leaders and brokers. Nothing is created by asking. */
  async metadata(topics: readonly string[] | 'all'): Promise<MetadataResponse> {
    const connection = await this.any()
    const named = topics === 'all' ? null : topics.map((name) => ({ topicId: NO_UUID, name }))
    const request = { ...metadataRequest.initial(), topics: named, allowAutoTopicCreation: false }
    const answer = await connection.request(metadataApi, request)
    this.#learn(answer)
    return answer
  }

  /** Forgets who leads and coordinates what: some answer said that it has changed. */
  forget(): void {
    this.#leaders.clear()
    this.#coordinators.clear()
    this.#controllerId = -1
  }

  /**
   * Does something again while its failure may pass, with all that is known of the cluster asked anew; then throws what the user is to hear.
   * `retryMs` 0 does it once.
   */
  async retrying<T>(act: () => Promise<T>, retryMs = this.#options.retryMs): Promise<T> {
    const endMs = performance.now() + retryMs
    for (let waitMs = backoffMs.first; ; waitMs = Math.min(2 * waitMs, backoffMs.max)) {
      try {
        return await act()
      } catch (error) {
        const isOver = !this.#wasReached || performance.now() + waitMs > endMs
        if (isOver || !this.mayPass(error)) throw this.userErrorOf(error)
        this.forget()
        await pause(waitMs)
      }
    }
  }

  /** Whether the same request may be answered otherwise later, perhaps by another broker. */
  mayPass(error: unknown): boolean {
    if (error instanceof KafkaError) return isRetriable(error.code) && !this.#isFailedStorage(error)
    return error instanceof TemporaryError
  }

  /** What the user is told once an error is final. */
  userErrorOf(error: unknown): unknown {
    const isKafka = error instanceof KafkaError
    return isKafka && this.#isFailedStorage(error) ? storageErrorOf(error) : userErrorOf(error)
  }

  /** Whether no other broker could say otherwise. */
  get isAlone(): boolean {
    return this.#options.isAlone === true
  }

  #isFailedStorage({ code }: KafkaError): boolean {
    return this.isAlone && code === ErrorCode.KAFKA_STORAGE_ERROR
  }

  close(): void {
    for (const opening of this.#connections.values()) {
      opening.then(
        (connection) => connection.close(),
        () => undefined,
      )
    }
    this.#connections.clear()
  }

  async #findCoordinator(groupId: string): Promise<number> {
    const connection = await this.any()
    const request = { ...findCoordinatorRequest.initial(), key: groupId, coordinatorKeys: [groupId] }
    const answer = await connection.request(findCoordinatorApi, request)
    const found = answer.coordinators[0] ?? answer
    throwIfError(found.errorCode, `find the coordinator of group ${JSON.stringify(groupId)}`, found.errorMessage)
    this.#nodes.set(found.nodeId, { kind: 'tcp', host: found.host, port: found.port })
    this.#coordinators.set(groupId, found.nodeId)
    return found.nodeId
  }

  #learn({ brokers, controllerId, topics }: MetadataResponse): void {
    for (const { nodeId, host, port } of brokers) this.#nodes.set(nodeId, { kind: 'tcp', host, port })
    this.#controllerId = controllerId
    for (const { name, partitions } of topics) {
      for (const { partitionIndex: partition, leaderId } of partitions) {
        const key = keyOf({ topic: name ?? '', partition })
        if (leaderId === -1) this.#leaders.delete(key)
        else this.#leaders.set(key, leaderId)
      }
    }
  }

  /** Behind a unix socket there is one broker, and no need for its other addresses. */
  #addressOf(nodeId: number): DialAddress | undefined {
    const [first] = this.#options.addresses
    return first?.kind === 'unix' ? first : this.#nodes.get(nodeId)
  }

  #connected(key: string, address: DialAddress): Promise<BrokerConnection> {
    const known = this.#connections.get(key)
    if (known === undefined) return this.#open(key, address)
    return known.then((connection) => (connection.isClosed ? this.#open(key, address) : connection))
  }

  #open(key: string, address: DialAddress): Promise<BrokerConnection> {
    const opening = this.#dial(address)
    this.#connections.set(key, opening)
    opening.catch(() => {
      if (this.#connections.get(key) === opening) this.#connections.delete(key)
    })
    return opening
  }

  async #dial(address: DialAddress): Promise<BrokerConnection> {
    const connection = await BrokerConnection.open(await this.#options.dial(address), this.#options)
    try {
      this.#wasReached = true
      await this.#options.authenticate?.(connection)
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }
}

/** A topic's name has no slash. */
function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
