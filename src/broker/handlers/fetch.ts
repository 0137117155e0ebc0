import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import { fetchApi, type FetchRequest, type FetchResponse } from '../../protocol/messages/fetch.ts'
import { AwaitedBytes } from '../awaited-bytes.ts'
import type { FetchedPartition, FetchScope } from '../fetch-sessions.ts'
import { fetchPartition, type PartitionAnswer, refusedPartition } from '../partition-fetch.ts'
import type { Partition } from '../partition.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf } from '../storage-errors.ts'

// Fetch: batches from some partitions, as they lie in the log.
//
// Behaviour
//   * Waits for min_bytes up to max_wait; woken by appends of clients and of other processes, commits, deletions. Any error is answered at once, and so
//     is less than min_bytes when one answer gives no more of a partition, at the end of a segment or since it would take too much memory.
//   * Batches are whole: from the one with the fetch offset on, up to the high watermark, or the last stable offset with read_committed, which
//     also gets the aborted transactions. The first batch of an answer is given whatever its size, all others within the limits.
//   * Partitions are served in the order of the request, or of the session, where those that gave records come last next time.
//   * Sessions (KIP-227) are bounded in number; who gets none is told 0 and asks in full each time.
//   * zstd is served in every version, as Apache Kafka has done since 4.0: kafka-python 2.0.2 reads it with version 4.
//   * A client above its consumer_byte_rate gets an answer without records that tells how long to wait, and is not read for so long; a session that
//     was to begin with it does not.
//   * Only codes that the Java consumer knows; offsets are -1 with an error.
// Versions
//   4 to 16. 9 checks leader epochs, 12 tells where histories part, 13 has topic ids.
// Not implemented
//   Preferred read replicas: -1. Followers are served as consumers are.

/** What a read of all partitions gave. */
interface Collected {
  readonly answers: readonly (readonly [FetchedPartition, PartitionAnswer])[]
  readonly bytes: number
  /** Somebody must hear of it now. */
  readonly isUrgent: boolean
  /** What may give more later. */
  readonly readable: readonly Partition[]
}

export const fetchHandler: Handler<FetchRequest, FetchResponse> = {
  api: fetchApi,
  handle: async (request, context) => {
    const { sessions, elapsedMs, delayed } = context.broker
    const scope = sessions.open(request, context.apiVersion)
    const bytesMax = answerBytesMax(request, context)
    const minBytes = Math.min(request.minBytes, bytesMax)
    const deadline = elapsedMs() + Math.max(0, request.maxWaitMs)
    for (;;) {
      const collected = collect(scope, { isCommittedOnly: request.isolationLevel === 1, bytesMax, minBytes }, context)
      const leftMs = deadline - elapsedMs()
      const isEnough = collected.isUrgent || collected.bytes >= minBytes || collected.readable.length === 0
      if (isEnough || leftMs <= 0 || !delayed.hasRoom) return respond(scope, collected, context)
      await nextChance(collected, { minBytes, deadline }, context)
      if (context.connection.closed.aborted) return undefined
    }
  },
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, sessionId: 0, responses: [], nodeEndpoints: [] }),
}

/** What the client can take, and what its quota lets through at once. */
function answerBytesMax({ maxBytes }: FetchRequest, { broker, connection, clientId }: RequestContext): number {
  const quotaBytes = broker.quotas.fetchBytesMax({ principal: connection.principal, clientId })
  return Math.min(maxBytes, broker.config.fetchBytesMax, quotaBytes)
}

/** What holds for a whole answer. */
interface AnswerTerms {
  readonly isCommittedOnly: boolean
  readonly bytesMax: number
  readonly minBytes: number
}

function collect(
  scope: FetchScope,
  { isCommittedOnly, bytesMax, minBytes }: AnswerTerms,
  context: RequestContext,
): Collected {
  const answers: [FetchedPartition, PartitionAnswer][] = []
  const readable: Partition[] = []
  let bytes = 0
  let isUrgent = false
  for (const wanted of scope.partitions) {
    const terms = {
      isCommittedOnly,
      bytesLeft: bytesMax - bytes,
      bytesWanted: minBytes - bytes,
      isFirst: bytes === 0,
    }
    try {
      const partition = partitionOf(wanted, context)
      const { answer, isFull } = fetchPartition(partition, wanted, terms)
      bytes += answer.records?.length ?? 0
      isUrgent ||= isFull
      readable.push(partition)
      answers.push([wanted, answer])
    } catch (error) {
      isUrgent = true
      const errorCode = fetchErrorCode(error, wanted, context)
      if (errorCode === ErrorCode.KAFKA_STORAGE_ERROR) context.broker.metrics.fetchRefused(nameOf(wanted, context))
      answers.push([wanted, refusedPartition(wanted.partition, errorCode)])
    }
  }
  return { answers, bytes, isUrgent, readable }
}

/** Of the topic, whichever way the client named it; its id when it is gone meanwhile. */
function nameOf({ topic, topicId }: FetchedPartition, { broker }: RequestContext): string {
  return topic === '' ? (broker.topics.findById(topicId)?.image.name ?? topicId) : topic
}

/** Waits until it is worth while to read again. What was read is not sent; nothing of it was refused, so each answer is that of a readable partition. */
async function nextChance(
  { answers, bytes, readable }: Collected,
  { minBytes, deadline }: { readonly minBytes: number; readonly deadline: number },
  { broker: { elapsedMs, delayed }, connection }: RequestContext,
): Promise<void> {
  // The end of a transaction shows more than what is appended.
  const hasMore = answers.some(([, { highWatermark, lastStableOffset }]) => lastStableOffset < highWatermark)
  const awaited = new AwaitedBytes(readable, hasMore ? 0 : minBytes - bytes)
  for (const [at, partition] of readable.entries()) partition.drop(answers[at]?.[1].records ?? nothing)
  do {
    await delayed.wait(readable, deadline - elapsedMs(), connection.closed)
  } while (!awaited.mayBeThere && elapsedMs() < deadline && delayed.hasRoom && !connection.closed.aborted)
}

const nothing = new Uint8Array(0)

function partitionOf({ topic, topicId, partition }: FetchedPartition, context: RequestContext): Partition {
  const { topics } = context.broker
  const isById = context.apiVersion >= 13
  const found = isById ? topics.findById(topicId) : topics.find(topic)
  if (found === undefined)
    throw new KafkaError(isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  if (!isAllowed(context, { operation: 'READ', resource: 'TOPIC', name: found.image.name })) {
    throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  }
  return topics.partition(found.image.name, partition)
}

/** Any other code makes the Java consumer give up for good (redpanda#11941). */
const knownToConsumers: ReadonlySet<number> = new Set([
  ErrorCode.OFFSET_OUT_OF_RANGE,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
])

function fetchErrorCode(
  error: unknown,
  { topic, topicId, partition }: FetchedPartition,
  { broker, connection }: RequestContext,
): number {
  const code = errorCodeOf(error)
  if (knownToConsumers.has(code) && code !== ErrorCode.KAFKA_STORAGE_ERROR) return code
  broker.log.error('fetch failed', {
    topic: topic === '' ? topicId : topic,
    partition,
    peer: connection.peer,
    reason: error instanceof Error ? error.message : String(error),
  })
  return ErrorCode.KAFKA_STORAGE_ERROR
}

function respond(scope: FetchScope, { answers, bytes }: Collected, context: RequestContext): FetchResponse {
  const { broker, connection, clientId } = context
  const throttleTimeMs = broker.quotas.fetched({ principal: connection.principal, clientId }, bytes)
  if (throttleTimeMs > 0) return throttled(scope, throttleTimeMs, context)
  const told = scope.isIncremental ? answers.filter(([wanted, answer]) => isNews(wanted, answer)) : answers
  const responses = new Map<string, { topic: string; topicId: string; partitions: PartitionAnswer[] }>()
  const withRecords: FetchedPartition[] = []
  for (const [wanted, answer] of told) {
    const { topic, topicId } = wanted
    const key = topic === '' ? topicId : topic
    const of = responses.get(key) ?? { topic, topicId, partitions: [] }
    of.partitions.push(answer)
    responses.set(key, of)
    wanted.toldHighWatermark = answer.highWatermark
    wanted.toldLogStartOffset = answer.logStartOffset
    const size = answer.records?.length ?? 0
    if (size === 0) continue
    withRecords.push(wanted)
    broker.metrics.fetched(nameOf(wanted, context), size)
  }
  scope.served(withRecords)
  return {
    throttleTimeMs,
    errorCode: ErrorCode.NONE,
    sessionId: scope.sessionId,
    responses: [...responses.values()],
    nodeEndpoints: [],
  }
}

/** Nothing was told: what there is comes with a later answer. */
function throttled(scope: FetchScope, throttleTimeMs: number, { broker, connection }: RequestContext): FetchResponse {
  connection.mute(throttleTimeMs)
  if (!scope.isIncremental) broker.sessions.end(scope.sessionId)
  const sessionId = scope.isIncremental ? scope.sessionId : 0
  return { throttleTimeMs, errorCode: ErrorCode.NONE, sessionId, responses: [], nodeEndpoints: [] }
}

function isNews(wanted: FetchedPartition, answer: PartitionAnswer): boolean {
  if (answer.errorCode !== ErrorCode.NONE || (answer.records?.length ?? 0) > 0) return true
  if (answer.divergingEpoch.endOffset >= 0n) return true
  return answer.highWatermark !== wanted.toldHighWatermark || answer.logStartOffset !== wanted.toldLogStartOffset
}
