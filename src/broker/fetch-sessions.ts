import type { LeaderEpoch, Offset } from '../base/brands.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'

/** One partition that a client fetches, and what it was last told of it. */
export interface FetchedPartition {
  /** Its name up to version 12, its id from 13 on; the other is empty. */
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  fetchOffset: Offset
  currentLeaderEpoch: LeaderEpoch
  lastFetchedEpoch: LeaderEpoch
  bytesMax: number
  /** As the last answer said; `undefined` before there was one. */
  toldHighWatermark: Offset | undefined
  toldLogStartOffset: Offset | undefined
}

/** What a Fetch request is about, sessions understood. */
export interface FetchScope {
  /** To be told to the client; 0 for no session. */
  readonly sessionId: number
  /** In the order to be served. */
  readonly partitions: readonly FetchedPartition[]
  /** Whether partitions without news are left out of the answer. */
  readonly isIncremental: boolean
  /** To be called with the partitions that gave records: others are served first next time. */
  served(partitions: readonly FetchedPartition[]): void
}

interface Session {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly partitions: Map<string, FetchedPartition>
  epoch: number
  usedMs: number
}

const epochMax = 2 ** 31 - 1

/** A session that was used within this time is not given up for another, in ms (min.incremental.fetch.session.eviction.ms). */
const evictionMs = 120_000

/** From this version on topics are named by their ids. */
const topicIdsSince = 13

/**
 * Incremental fetches (KIP-227): the broker remembers what a client fetches, so that neither side repeats it. A bounded number of sessions; whoever
 * comes when all are in use is served without one.
 */
export class FetchSessions {
  readonly #sessionsMax: number
  readonly #elapsedMs: () => number
  /** The one used longest ago is first. */
  readonly #sessions = new Map<number, Session>()
  #lastId = 0

  /** `elapsedMs`: a clock that never jumps. */
  constructor(sessionsMax: number, elapsedMs: () => number) {
    this.#sessionsMax = sessionsMax
    this.#elapsedMs = elapsedMs
  }

  get count(): number {
    return this.#sessions.size
  }

  /** Throws `KafkaError` when the request does not fit its session. */
  open(request: FetchRequest, apiVersion: number): FetchScope {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch > 0) return this.#goOn(request, apiVersion)
    if (sessionId !== 0) this.#sessions.delete(sessionId)
    const partitions = partitionsOf(request)
    const session = sessionEpoch === 0 && apiVersion >= 7 ? this.#begin(partitions, apiVersion) : undefined
    return {
      sessionId: session?.id ?? 0,
      partitions: [...partitions.values()],
      isIncremental: false,
      served: (served) => session && moveToEnd(session, served),
    }
  }

  /** Gives up a session that its client has not been told of. */
  end(sessionId: number): void {
    this.#sessions.delete(sessionId)
  }

  #begin(partitions: Map<string, FetchedPartition>, apiVersion: number): Session | undefined {
    if (partitions.size === 0 || !this.#makeRoom()) return undefined
    do this.#lastId = this.#lastId >= epochMax ? 1 : this.#lastId + 1
    while (this.#sessions.has(this.#lastId))
    const usesTopicIds = apiVersion >= topicIdsSince
    const session = {
      id: this.#lastId,
      usesTopicIds,
      partitions: new Map(partitions),
      epoch: 1,
      usedMs: this.#elapsedMs(),
    }
    this.#sessions.set(session.id, session)
    return session
  }

  #makeRoom(): boolean {
    if (this.#sessions.size < this.#sessionsMax) return true
    const [oldest] = this.#sessions.values()
    if (oldest === undefined || this.#elapsedMs() - oldest.usedMs < evictionMs) return false
    return this.#sessions.delete(oldest.id)
  }

  #goOn(request: FetchRequest, apiVersion: number): FetchScope {
    const session = this.#sessions.get(request.sessionId)
    if (session === undefined) throw new KafkaError(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== request.sessionEpoch) throw new KafkaError(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    if (session.usesTopicIds !== apiVersion >= topicIdsSince)
      throw new KafkaError(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
    session.epoch = session.epoch === epochMax ? 1 : session.epoch + 1
    session.usedMs = this.#elapsedMs()
    this.#sessions.delete(session.id)
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const partition of partitions) session.partitions.delete(keyOf(topic, topicId, partition))
    }
    for (const [key, partition] of partitionsOf(request)) update(session.partitions, key, partition)
    if (session.partitions.size > 0) this.#sessions.set(session.id, session)
    return {
      sessionId: session.partitions.size > 0 ? session.id : 0,
      partitions: [...session.partitions.values()],
      isIncremental: true,
      served: (served) => moveToEnd(session, served),
    }
  }
}

function partitionsOf({ topics }: FetchRequest): Map<string, FetchedPartition> {
  const found = new Map<string, FetchedPartition>()
  for (const { topic, topicId, partitions } of topics) {
    for (const { partition, fetchOffset, currentLeaderEpoch, lastFetchedEpoch, partitionMaxBytes } of partitions) {
      found.set(keyOf(topic, topicId, partition), {
        topic,
        topicId,
        partition,
        fetchOffset,
        currentLeaderEpoch,
        lastFetchedEpoch,
        bytesMax: partitionMaxBytes,
        toldHighWatermark: undefined,
        toldLogStartOffset: undefined,
      })
    }
  }
  return found
}

/** What the client was told of a partition stays known. */
function update(partitions: Map<string, FetchedPartition>, key: string, next: FetchedPartition): void {
  const known = partitions.get(key)
  if (known === undefined) {
    partitions.set(key, next)
    return
  }
  const { fetchOffset, currentLeaderEpoch, lastFetchedEpoch, bytesMax } = next
  Object.assign(known, { fetchOffset, currentLeaderEpoch, lastFetchedEpoch, bytesMax })
}

function moveToEnd({ partitions }: Session, served: readonly FetchedPartition[]): void {
  for (const one of served) {
    const key = keyOf(one.topic, one.topicId, one.partition)
    if (partitions.delete(key)) partitions.set(key, one)
  }
}

function keyOf(topic: string, topicId: string, partition: number): string {
  return `${topic}/${topicId}/${partition}`
}
