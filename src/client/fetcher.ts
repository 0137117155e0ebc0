import { NO_LEADER_EPOCH, offset, type Offset } from '../base/brands.ts'
import { NO_UUID } from '../base/uuid.ts'
import { ErrorCode, isRetriable } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { fetchApi, type FetchRequest, fetchRequest, type FetchResponse } from '../protocol/messages/fetch.ts'
import type { AbortedTransaction } from './aborted-transactions.ts'
import { userErrorOf } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { pause } from './pause.ts'

/** What a fetch gave of one partition. */
export interface FetchedBatches {
  /** Whole batches from the one that holds the offset asked for, and perhaps the beginning of another; empty at the end of the log. */
  readonly records: Uint8Array
  readonly logStartOffset: Offset
  readonly highWatermark: Offset
  readonly lastStableOffset: Offset
  readonly aborted: readonly AbortedTransaction[]
}

export type Fetched =
  | ({ readonly kind: 'batches' } & FetchedBatches)
  /** The offset is not in the log. */
  | { readonly kind: 'out-of-range' }

/** From where a partition is to be fetched. */
export interface FetchPosition {
  readonly topic: string
  readonly partition: number
  readonly fetchOffset: Offset
  /** Whether the answer may wait for records to be written. */
  readonly mayWait: boolean
}

export interface FetcherOptions {
  /** Only records of transactions that ended are given, with the aborted ones named. */
  readonly isCommittedOnly: boolean
}

interface Wanted extends FetchPosition {
  readonly resolve: (fetched: Fetched) => void
  readonly reject: (error: unknown) => void
}

/** Bytes of a partition, and of all partitions, in one answer; a single larger batch comes whole. */
const partitionBytesMax = 2 * 1024 * 1024
const answerBytesMax = 16 * 1024 * 1024

/** How long brokers may wait for records (Kafka: fetch.max.wait.ms)... */
const longWaitMs = 500
/** ...and while partitions of the same broker are not asked for, which may be any moment, in ms. */
const shortWaitMs = 20
/** Before a broker is asked again that could not answer, in ms. */
const backoffMs = 100

/**
 * Fetches from the leaders of many partitions, all that are wanted of one broker in one request: a broker answers one request of a connection after
 * the other, so that a partition where nothing comes must not be waited for alone.
 */
export class Fetcher {
  readonly #cluster: Cluster
  readonly #options: FetcherOptions
  readonly #wanted = new Map<string, Wanted>()
  readonly #busy = new Set<number>()
  /** How many partitions are open, wanted or not. */
  #partitions = 0
  #isClosed = false

  constructor(cluster: Cluster, options: FetcherOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Counts a partition in, and out with the function that it returns. */
  open(): () => void {
    this.#partitions++
    return () => void this.#partitions--
  }

  /** What stands in a partition from an offset on; one question for a partition at a time. Throws what the user is to hear. */
  fetch(position: FetchPosition): Promise<Fetched> {
    return new Promise((resolve, reject) => {
      this.#wanted.set(keyOf(position), { ...position, resolve, reject })
      // What else is asked for in this turn of the loop goes into the same request.
      queueMicrotask(() => void this.#pump())
    })
  }

  /** Nothing is asked any more; what is under way is never answered. */
  close(): void {
    this.#isClosed = true
    this.#wanted.clear()
  }

  async #pump(): Promise<void> {
    for (const [nodeId, found] of await this.#byLeader()) {
      // While leaders were looked up another call may have taken some.
      const wanted = found.filter((one) => this.#wanted.get(keyOf(one)) === one)
      if (wanted.length === 0 || this.#busy.has(nodeId) || this.#isClosed) continue
      this.#busy.add(nodeId)
      for (const one of wanted) this.#wanted.delete(keyOf(one))
      void this.#ask(nodeId, wanted)
    }
  }

  async #byLeader(): Promise<Map<number, Wanted[]>> {
    const byLeader = new Map<number, Wanted[]>()
    for (const [key, wanted] of this.#wanted) {
      try {
        const leader = await this.#cluster.retrying(() => this.#cluster.leaderOf(wanted))
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), wanted])
      } catch (error) {
        this.#wanted.delete(key)
        wanted.reject(error)
      }
    }
    return byLeader
  }

  async #ask(nodeId: number, wanted: readonly Wanted[]): Promise<void> {
    try {
      this.#deliver(wanted, await this.#request(nodeId, wanted))
    } catch (error) {
      await this.#again(wanted, error)
    } finally {
      this.#busy.delete(nodeId)
    }
    if (this.#wanted.size > 0) await this.#pump()
  }

  async #request(nodeId: number, wanted: readonly Wanted[]): Promise<FetchResponse> {
    const connection = await this.#cluster.node(nodeId, 'fetch')
    const mayWait = wanted.every((one) => one.mayWait)
    const maxWaitMs = !mayWait ? 0 : wanted.length < this.#partitions ? shortWaitMs : longWaitMs
    const request = {
      ...fetchRequest.initial(),
      maxWaitMs,
      minBytes: 1,
      maxBytes: answerBytesMax,
      isolationLevel: this.#options.isCommittedOnly ? 1 : 0,
      topics: wanted.map(topicRow),
    }
    // From 13 on topics are named by id, which a topic of the same name made again does not have.
    const answer = await connection.request(fetchApi, request, { waitMs: maxWaitMs, versionMax: 12 })
    if (answer.errorCode !== ErrorCode.NONE) throw new KafkaError(answer.errorCode)
    return answer
  }

  #deliver(wanted: readonly Wanted[], { responses, throttleTimeMs }: FetchResponse): void {
    const left = new Map(wanted.map((one) => [keyOf(one), one]))
    for (const { topic, partitions } of responses) {
      for (const row of partitions) {
        const key = keyOf({ topic, partition: row.partitionIndex })
        const one = left.get(key)
        left.delete(key)
        if (one !== undefined) this.#settle(one, row)
      }
    }
    for (const one of left.values()) {
      // Who is held back gets an answer without any partition, and asks again later.
      if (throttleTimeMs > 0) {
        if (!this.#wanted.has(keyOf(one))) this.#wanted.set(keyOf(one), one)
        continue
      }
      one.reject(new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `no answer for ${one.topic}-${one.partition}`))
    }
  }

  #settle(one: Wanted, row: FetchedRow): void {
    if (row.errorCode === ErrorCode.NONE) one.resolve({ kind: 'batches', ...batchesOf(row) })
    else if (row.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) one.resolve({ kind: 'out-of-range' })
    else if (isRetriable(row.errorCode) && row.errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
      this.#cluster.forget()
      setTimeout(() => this.fetch(one).then(one.resolve, one.reject), backoffMs)
    } else {
      const what = `cannot read ${one.topic}-${one.partition}`
      one.reject(userErrorOf(new KafkaError(row.errorCode, `${what}: error ${row.errorCode} of the broker`)))
    }
  }

  /** The broker has gone or is somebody else: asked once more, patiently, then the partitions fail. */
  async #again(wanted: readonly Wanted[], error: unknown): Promise<void> {
    this.#cluster.forget()
    try {
      await pause(backoffMs)
      await this.#cluster.retrying(() => this.#cluster.metadata([...new Set(wanted.map(({ topic }) => topic))]))
      for (const one of wanted) if (!this.#wanted.has(keyOf(one))) this.#wanted.set(keyOf(one), one)
    } catch {
      for (const one of wanted) one.reject(userErrorOf(error))
    }
  }
}

type FetchedRow = FetchResponse['responses'][number]['partitions'][number]

function batchesOf(row: FetchedRow): FetchedBatches {
  const { highWatermark, lastStableOffset, logStartOffset } = row
  return {
    records: row.records ?? new Uint8Array(0),
    highWatermark,
    lastStableOffset: lastStableOffset === -1n ? highWatermark : lastStableOffset,
    logStartOffset: logStartOffset === -1n ? offset(0n) : logStartOffset,
    aborted: row.abortedTransactions ?? [],
  }
}

function topicRow({ topic, partition, fetchOffset }: Wanted): FetchRequest['topics'][number] {
  const row = {
    partition,
    currentLeaderEpoch: NO_LEADER_EPOCH,
    fetchOffset,
    lastFetchedEpoch: NO_LEADER_EPOCH,
    logStartOffset: offset(-1n),
    partitionMaxBytes: partitionBytesMax,
    replicaDirectoryId: NO_UUID,
  }
  return { topic, topicId: NO_UUID, partitions: [row] }
}

/** A topic's name has no slash. */
function keyOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`
}
