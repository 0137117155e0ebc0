import { setTimeout as sleep } from 'node:timers/promises'
import { type LeaderEpoch, NO_LEADER_EPOCH, type Offset, offset } from '../../base/brands.ts'
import { NotFoundError } from '../../base/errors.ts'
import { NO_UUID } from '../../base/uuid.ts'
import { throwIfError } from '../../client/broker-errors.ts'
import type { Cluster } from '../../client/cluster.ts'
import { lookUpOffset, SpecialTime } from '../../client/offset-lookup.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { fetchApi, type FetchRequest, fetchRequest, type FetchResponse } from '../../protocol/messages/fetch.ts'
import {
  offsetForLeaderEpochApi,
  offsetForLeaderEpochRequest,
} from '../../protocol/messages/offset-for-leader-epoch.ts'
import { scanBatch } from '../../record/log-batch.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import type { GroupOffsets, KnownPartition, Leader, LeaderPartition, LeaderTopic } from '../../replication/leader.ts'
import { type BatchFacts, batchFacts } from '../../storage/batch-facts.ts'
import type { LeaderEpochEnd } from '../../storage/leader-epoch-history.ts'
import type { BrokerStore } from '../../store/broker-store.ts'
import type { TopicPartition } from '../../store/log-store.ts'
import { readGroupOffsets } from './group-offsets.ts'

/** Bytes that one fetch gives at most, but for a single batch that is larger. */
const fetchBytes = 4 * 1024 * 1024
/** So often the ends of partitions are asked for while a follower waits for news, in ms. */
const lookEveryMs = 25

/** Brokers as the leader of a copy, by the requests that every Kafka answers: batches come as they are stored. */
export class BrokerLeader implements Leader {
  readonly name: string
  readonly #cluster: Cluster
  readonly #store: BrokerStore

  constructor(store: BrokerStore, cluster: Cluster) {
    this.name = store.name
    this.#cluster = cluster
    this.#store = store
  }

  topics(): Promise<LeaderTopic[]> {
    return this.#store.topics()
  }

  async partitions(partitions: readonly KnownPartition[], waitMs: number): Promise<(LeaderPartition | undefined)[]> {
    for (let waited = 0; ; waited += lookEveryMs) {
      const described = await Promise.all(partitions.map((one) => this.#describe(one)))
      const isNews = described.some((one, at) => one?.logEndOffset !== partitions[at]?.knownEndOffset)
      if (isNews || waited >= waitMs) return described
      await sleep(lookEveryMs)
    }
  }

  async epochEnd({ topic, partition }: TopicPartition, epoch: LeaderEpoch): Promise<LeaderEpochEnd> {
    const asked = { partition, currentLeaderEpoch: NO_LEADER_EPOCH, leaderEpoch: epoch }
    const request = { ...offsetForLeaderEpochRequest.initial(), topics: [{ topic, partitions: [asked] }] }
    return this.#cluster.retrying(async () => {
      const leader = await this.#cluster.leader({ topic, partition })
      const row = (await leader.request(offsetForLeaderEpochApi, request)).topics[0]?.partitions[0]
      throwIfError(
        row?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        `ask for the epochs of ${topic}-${partition}`,
      )
      return { epoch: row?.leaderEpoch ?? NO_LEADER_EPOCH, endOffset: row?.endOffset ?? offset(-1) }
    })
  }

  /** Brokers give a whole batch at least, however little is asked for. */
  async batchAt(partition: TopicPartition, target: Offset): Promise<BatchFacts | undefined> {
    const scanned = scanWhole(await this.#fetch(partition, target, 1))
    const first = scanned.find(({ nextOffset }) => nextOffset > target)
    return first && batchFacts(first)
  }

  async fetch(partition: TopicPartition, from: Offset): Promise<Uint8Array> {
    const bytes = await this.#fetch(partition, from, fetchBytes)
    const end = wholeEnd(bytes)
    return bytes.subarray(0, end)
  }

  groups(topics: readonly string[]): Promise<readonly GroupOffsets[]> {
    return readGroupOffsets(this.#store, topics)
  }

  close(): void {
    this.#store.close()
  }

  async #describe({ topic, partition }: TopicPartition): Promise<LeaderPartition | undefined> {
    try {
      const [start, end] = await Promise.all([
        lookUpOffset(this.#cluster, { topic, partition, timestamp: SpecialTime.logStart }),
        lookUpOffset(this.#cluster, { topic, partition, timestamp: SpecialTime.logEnd }),
      ])
      const logStartOffset = start?.offset ?? offset(0)
      return {
        logStartOffset,
        logEndOffset: end?.offset ?? logStartOffset,
        epochs: [],
        endEpoch: end?.leaderEpoch ?? NO_LEADER_EPOCH,
        segments: [],
        lastBatch: undefined,
      }
    } catch (error) {
      if (error instanceof NotFoundError) return undefined
      throw error
    }
  }

  async #fetch({ topic, partition }: TopicPartition, from: Offset, bytesMax: number): Promise<Uint8Array> {
    const asked = {
      partition,
      currentLeaderEpoch: NO_LEADER_EPOCH,
      fetchOffset: from,
      lastFetchedEpoch: NO_LEADER_EPOCH,
      logStartOffset: offset(-1),
      partitionMaxBytes: bytesMax,
      replicaDirectoryId: NO_UUID,
    }
    const request = {
      ...fetchRequest.initial(),
      minBytes: 0,
      topics: [{ topic, topicId: NO_UUID, partitions: [asked] }],
    }
    return this.#cluster.retrying(async () => {
      const { errorCode, responses } = await this.#answerTo(request, { topic, partition })
      const row = responses[0]?.partitions[0]
      const code = errorCode || (row?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      // Retention was faster, or the log was cut: the next look at its ends tells.
      if (code === ErrorCode.OFFSET_OUT_OF_RANGE) return new Uint8Array()
      throwIfError(code, `read ${topic}-${partition}`)
      return row?.records ?? new Uint8Array()
    })
  }

  /** Who is held back gets an answer without any partition, and asks again later. */
  async #answerTo(request: FetchRequest, partition: TopicPartition): Promise<FetchResponse> {
    for (;;) {
      const leader = await this.#cluster.leader(partition, 'fetch')
      const answer = await leader.request(fetchApi, request, { versionMax: 12 })
      if (answer.throttleTimeMs === 0 || answer.responses.length > 0 || answer.errorCode !== ErrorCode.NONE)
        return answer
    }
  }
}

function scanWhole(bytes: Uint8Array): RecordBatch[] {
  const batches: RecordBatch[] = []
  for (let at = 0; ;) {
    const scanned = scanBatch(bytes, at, bytes.length)
    if (scanned.kind !== 'batch' || !(scanned.batch instanceof RecordBatch)) return batches
    batches.push(scanned.batch)
    at += scanned.batch.sizeInBytes
  }
}

/** Where whole batches end: a broker cuts the last one off anywhere. What is no batch at all is for the follower to see. */
function wholeEnd(bytes: Uint8Array): number {
  for (let at = 0; ;) {
    const scanned = scanBatch(bytes, at, bytes.length)
    if (scanned.kind === 'incomplete') return at
    if (scanned.kind === 'malformed') return bytes.length
    at += scanned.batch.sizeInBytes
  }
}
