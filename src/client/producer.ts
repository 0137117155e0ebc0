import { NO_PRODUCER_ID } from '../base/brands.ts'
import { initProducerIdApi } from '../protocol/messages/init-producer-id.ts'
import { throwIfError } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import {
  type Acks,
  PartitionSender,
  type ProducerIdentity,
  type SentRange,
  type Successor,
} from './partition-sender.ts'

export interface ProducerOptions {
  readonly topic: string
  readonly acks: Acks
  readonly successor?: Successor
}

/** How long a batch is tried again (Kafka: delivery.timeout.ms), in ms. */
const deliveryMs = 120_000

/** Sends batches to the partitions of a topic. With `acks` all each is there exactly once, whatever has to be sent again (KIP-98). */
export class Producer {
  readonly #cluster: Cluster
  readonly #options: ProducerOptions
  readonly #identity: ProducerIdentity | undefined
  readonly #senders = new Map<number, PartitionSender>()

  private constructor(cluster: Cluster, options: ProducerOptions, identity: ProducerIdentity | undefined) {
    this.#cluster = cluster
    this.#options = options
    this.#identity = identity
  }

  /** Asks for an identity. Throws what the user is to hear. */
  static async open(cluster: Cluster, options: ProducerOptions): Promise<Producer> {
    const identity = options.acks === 'all' ? await identify(cluster) : undefined
    return new Producer(cluster, options, identity)
  }

  /** Sends a whole v2 batch, which is copied; where it went, once the brokers have said so. */
  send(partition: number, batch: Uint8Array): Promise<SentRange> {
    const sender = this.#senders.get(partition) ?? this.#open(partition)
    return sender.send(batch.slice())
  }

  #open(partition: number): PartitionSender {
    const sender = new PartitionSender(this.#cluster, {
      ...this.#options,
      partition,
      identity: this.#identity,
      successor: this.#options.successor,
      deliveryMs,
    })
    this.#senders.set(partition, sender)
    return sender
  }
}

/** Undefined from brokers that know no producers. */
async function identify(cluster: Cluster): Promise<ProducerIdentity | undefined> {
  const request = {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
    producerId: NO_PRODUCER_ID,
    producerEpoch: -1,
  }
  return cluster.retrying(async () => {
    const connection = await cluster.any()
    if (!connection.speaks(initProducerIdApi)) return undefined
    const { errorCode, producerId, producerEpoch } = await connection.request(initProducerIdApi, request)
    throwIfError(errorCode, 'get a producer id')
    return { producerId, producerEpoch }
  })
}
