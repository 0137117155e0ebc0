import type { Offset, ProducerId } from '../base/brands.ts'
import { offset } from '../base/brands.ts'
import { NotFoundError, ServedError, TemporaryError } from '../base/errors.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { produceApi } from '../protocol/messages/produce.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { answerOf } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { pause } from './pause.ts'

/** When a broker answers: when the batch is in all in-sync replicas, in the leader's log, or never. */
export type Acks = 'all' | 1 | 0

/** Who sends; without it a batch that is sent again may be there twice. */
export interface ProducerIdentity {
  readonly producerId: ProducerId
  readonly producerEpoch: number
}

/** Takes batches over when the brokers are gone for good: the log they served lies in files that are open to us. */
export interface Successor {
  /** Whether it is its turn: nobody serves the log any more. */
  isDue(): boolean
  /** Appends a batch, unless it is there already. Throws `ServedError` when somebody serves the log again. */
  take(partition: number, batch: Uint8Array): Promise<SentRange>
}

export interface SenderOptions {
  readonly topic: string
  readonly partition: number
  readonly acks: Acks
  readonly identity: ProducerIdentity | undefined
  readonly successor: Successor | undefined
  /** How long a batch is tried again after its first failure, in ms. */
  readonly deliveryMs: number
}

/** Where a batch went; from -1 on when nobody told. */
export interface SentRange {
  readonly baseOffset: Offset
  readonly nextOffset: Offset
}

interface PendingBatch {
  readonly batch: RecordBatch
  readonly resolve: (range: SentRange) => void
  readonly reject: (error: unknown) => void
}

/** Batches on their way to a partition: as many as a broker remembers of a producer, or one where order rests on us alone. */
const inFlightMax = { idempotent: 5, plain: 1 }

const backoffMs = { first: 50, max: 1_000 }
const sequenceMax = 0x7fff_ffff

/** A topic that took batches and that brokers have not known for so long was deleted, in ms: news of it have gone round. */
const deletedMs = 10_000

/** How long the leader may wait for the other replicas, in ms. */
const replicasTimeoutMs = 30_000

/**
 * Sends the batches of one partition in their order, several at once. What fails is sent again with the same sequence number, so that a batch whose
 * answer was lost is there once. After an error that is final nothing more is sent: a later batch must not overtake.
 */
export class PartitionSender {
  readonly #cluster: Cluster
  readonly #options: SenderOptions
  readonly #inFlightMax: number
  /** The first `#sent` of them are on their way. */
  readonly #pending: PendingBatch[] = []
  #sent = 0
  #sequence = 0
  #isPumping = false
  /** Counts how often sending began anew: answers to what was sent before that say nothing. */
  #attempt = 0
  #isResting = false
  #failure: unknown
  #hasSent = false
  /** When the batch in front first failed. */
  #failingSinceMs: number | undefined

  constructor(cluster: Cluster, options: SenderOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#inFlightMax = options.identity === undefined ? inFlightMax.plain : inFlightMax.idempotent
  }

  /** Sends a whole v2 batch, which is the sender's from now on. */
  send(bytes: Uint8Array): Promise<SentRange> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const batch = new RecordBatch(bytes)
    this.#number(batch)
    return new Promise((resolve, reject) => {
      this.#pending.push({ batch, resolve, reject })
      void this.#pump()
    })
  }

  #number(batch: RecordBatch): void {
    const { identity } = this.#options
    if (identity === undefined) return
    batch.assignProducer(identity.producerId, identity.producerEpoch, this.#sequence)
    this.#sequence = batch.lastSequence === sequenceMax ? 0 : batch.lastSequence + 1
  }

  /** Sends what may be on its way now. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      while (this.#mayMoreBeSent) {
        const connection = await this.#cluster.leader(this.#options)
        const next = this.#pending[this.#sent]
        if (next === undefined || this.#isResting) break
        this.#sent++
        void this.#exchange(connection, next)
      }
    } catch (error) {
      await this.#retry(error)
    } finally {
      this.#isPumping = false
    }
    // What came while it rested has asked in vain.
    if (this.#mayMoreBeSent) void this.#pump()
  }

  get #mayMoreBeSent(): boolean {
    return !this.#isResting && this.#sent < Math.min(this.#pending.length, this.#inFlightMax)
  }

  async #exchange(connection: Awaited<ReturnType<Cluster['leader']>>, pending: PendingBatch): Promise<void> {
    const attempt = this.#attempt
    try {
      const range = await this.#produce(connection, pending.batch)
      if (attempt !== this.#attempt || this.#pending[0] !== pending) return
      this.#pending.shift()
      this.#sent--
      this.#failingSinceMs = undefined
      this.#hasSent = true
      pending.resolve(range)
      void this.#pump()
    } catch (error) {
      // Those behind a failed one fail for its sake, and are sent again with it.
      if (attempt !== this.#attempt || this.#pending[0] !== pending) return
      await this.#retry(error)
      void this.#pump()
    }
  }

  async #produce(connection: Awaited<ReturnType<Cluster['leader']>>, batch: RecordBatch): Promise<SentRange> {
    const { topic, partition, acks } = this.#options
    const partitionData = [{ index: partition, records: batch.bytes }]
    const topicData = [{ name: topic, partitionData }]
    const request = { transactionalId: null, acks: acks === 'all' ? -1 : acks, timeoutMs: replicasTimeoutMs, topicData }
    if (acks === 0) {
      await connection.send(produceApi, request)
      return unknownRange
    }
    const { responses } = await connection.request(produceApi, request, { waitMs: replicasTimeoutMs })
    const rows = responses[0]?.partitionResponses
    if (rows?.[0]?.errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) return unknownRange
    const { baseOffset } = answerOf(rows, `append to ${topic}-${partition}`)
    return { baseOffset, nextOffset: offset(baseOffset + BigInt(batch.lastOffsetDelta) + 1n) }
  }

  async #retry(error: unknown): Promise<void> {
    const now = performance.now()
    this.#failingSinceMs ??= now
    const failingMs = now - this.#failingSinceMs
    if (await this.#handOver(error)) return
    if (this.#isDeleted(error, failingMs)) {
      this.#fail(new NotFoundError(`topic ${this.#options.topic} was deleted`))
      return
    }
    if (!this.#cluster.mayPass(error) || failingMs > this.#options.deliveryMs) {
      this.#fail(this.#cluster.userErrorOf(error))
      return
    }
    this.#attempt++
    this.#isResting = true
    this.#cluster.forget()
    await pause(Math.min(backoffMs.max, backoffMs.first + failingMs))
    this.#isResting = false
    this.#sent = 0
  }

  /** A new topic is not known to every broker of a cluster at once, but one of a single broker that is not known is not there. */
  #isDeleted(error: unknown, failingMs: number): boolean {
    if (!(error instanceof KafkaError) || error.code !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) return false
    return this.#cluster.isAlone || (this.#hasSent && failingMs >= deletedMs)
  }

  /** Gives what is on its way to whoever has the log now; false when there is nobody, or somebody serves it again. */
  async #handOver(error: unknown): Promise<boolean> {
    const { successor, partition } = this.#options
    if (successor === undefined || !(error instanceof TemporaryError) || !successor.isDue()) return false
    this.#attempt++
    this.#isResting = true
    try {
      for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
        next.resolve(await successor.take(partition, next.batch.bytes))
        this.#pending.shift()
      }
      this.#fail(error)
    } catch (failure) {
      this.#isResting = false
      if (failure instanceof ServedError) return false
      this.#fail(failure)
    }
    return true
  }

  #fail(error: unknown): void {
    this.#failure = error
    this.#sent = 0
    for (const { reject } of this.#pending.splice(0)) reject(error)
  }
}

const unknownRange: SentRange = { baseOffset: offset(-1n), nextOffset: offset(0n) }
