import { NO_LEADER_EPOCH, offset, type Offset } from '../../base/brands.ts'
import { DiskError, MalformedMessageError } from '../../base/errors.ts'
import { ErrorCode, errorName } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import { produceApi, type ProduceRequest, type ProduceResponse } from '../../protocol/messages/produce.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import type { Offered } from '../../storage/batch-offer.ts'
import type { TopicPartition } from '../../storage/file-names.ts'
import { directoryOwner } from '../authorizer.ts'
import { checkBatch, InvalidRecordsError } from '../batch-validation.ts'
import type { Partition } from '../partition.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'
import type { ServedTopic } from '../topic-registry.ts'

// Produce: appends a batch to each of some partitions.
//
// Behaviour
//   * acks 1 and all are answered once the flush policy is kept: many requests share a sync. acks 0 gets no answer, and a wrong request its end.
//   * Each partition is judged by itself; see `batch-validation.ts`. Compressed batches are opened for it, as Kafka does.
//   * message.max.bytes is for clients: commands that have the directory write over its socket what they could write without us.
//   * A topic with a compression.type of its own stores batches so, whatever they came with.
//   * Idempotent producers: a retry of one of the last five batches is answered with where it lies; a gap is OUT_OF_ORDER_SEQUENCE_NUMBER.
//   * Appends are in the order of the requests of a connection, which need not wait for each other.
//   * A client above its producer_byte_rate is told how long to wait, and its connection is not read for so long.
// Versions
//   3 to 11. 0 to 2 carry message sets of magic 0 and 1: the connection is closed, as Kafka 4 does.
// Not implemented
//   Transactional batches are INVALID_TXN_STATE: no transaction can be open. Without a transactional id, as by Kafka,
//   TRANSACTIONAL_ID_AUTHORIZATION_FAILED.

type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]
type PartitionData = ProduceRequest['topicData'][number]['partitionData'][number]

export const produceHandler: Handler<ProduceRequest, ProduceResponse> = {
  api: produceApi,
  isPipelined: true,
  isForgotten: true,
  handle: (request, context) => {
    const throttleTimeMs = throttle(context)
    const answer = new Promise<ProduceResponse>((resolve) =>
      new PendingAnswer(request, context, { throttleTimeMs, resolve }).begin(),
    )
    return request.acks === 0 ? answer.then(endIfRefused) : answer
  },
  refuse: ({ topicData }, errorCode) => ({
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => refused(index, new KafkaError(errorCode))),
    })),
    throttleTimeMs: 0,
    nodeEndpoints: [],
  }),
}

/** What becomes of a request once all its batches are settled. */
interface Outcome {
  readonly throttleTimeMs: number
  readonly resolve: (response: ProduceResponse) => void
}

/** The answer to a request whose batches are on their way, one object for all of them: there are many such requests. */
class PendingAnswer {
  readonly #request: ProduceRequest
  readonly #context: RequestContext
  readonly #outcome: Outcome
  readonly #responses: { readonly name: string; readonly partitionResponses: PartitionAnswer[] }[]
  /** One more than batches that are under way, until all were begun. */
  #left = 1

  constructor(request: ProduceRequest, context: RequestContext, outcome: Outcome) {
    this.#request = request
    this.#context = context
    this.#outcome = outcome
    this.#responses = request.topicData.map(({ name }) => ({ name, partitionResponses: [] }))
  }

  /** Appends before it returns: the order of requests is the order in the log. */
  begin(): void {
    const { topicData, acks, transactionalId } = this.#request
    for (const [topicAt, { name, partitionData }] of topicData.entries()) {
      const answers = this.#responses[topicAt]?.partitionResponses ?? []
      for (const [at, data] of partitionData.entries()) {
        this.#left++
        const settle = (answer: PartitionAnswer): void => {
          answers[at] = answer
          if (answer.errorCode !== ErrorCode.NONE) countRefusal(name, this.#context)
          this.#settle()
        }
        append(data, { name, acks, transactionalId }, { context: this.#context, settle })
      }
    }
    this.#settle()
  }

  #settle(): void {
    this.#left--
    if (this.#left > 0) return
    const { throttleTimeMs, resolve } = this.#outcome
    resolve({ responses: this.#responses, throttleTimeMs, nodeEndpoints: [] })
  }
}

/** Who wants no answer learns of a refusal by the end of the connection, as from Kafka. */
function endIfRefused({ responses }: ProduceResponse): undefined {
  for (const { name, partitionResponses } of responses) {
    for (const { errorCode } of partitionResponses) {
      if (errorCode === ErrorCode.NONE) continue
      throw new MalformedMessageError(`produce with acks=0 to ${name} is refused: ${errorName(errorCode)}`, 0)
    }
  }
}

/** What all batches of a request for one topic share. */
interface Destination {
  readonly name: string
  readonly acks: number
  readonly transactionalId: string | null
}

/** Appends one batch; `settle` is given its answer, at once when it is refused. */
function append(
  { index, records }: PartitionData,
  of: Destination,
  { context, settle }: { readonly context: RequestContext; readonly settle: (answer: PartitionAnswer) => void },
): void {
  const failed = (error: unknown): void => {
    logFailure({ topic: of.name, partition: index }, error, context)
    settle(refused(index, error))
  }
  try {
    const { partition, batch, logAppendTimeMs, recordsSent, bytesSent } = checked(index, { ...of, records }, context)
    partition.offer(batch.bytes, {
      appended: (offered, logStartOffset) => {
        if (offered.kind === 'appended') context.broker.metrics.produced(of.name, recordsSent, bytesSent)
        settle(answer(index, offered, { logAppendTimeMs, logStartOffset }))
      },
      failed,
    })
  } catch (error) {
    failed(error)
  }
}

interface CheckedBatch {
  readonly partition: Partition
  readonly batch: RecordBatch
  /** -1 when the topic keeps the producer's time. */
  readonly logAppendTimeMs: number
  /** As it came. */
  readonly recordsSent: number
  readonly bytesSent: number
}

function checked(
  index: number,
  { name, acks, transactionalId, records }: Destination & { readonly records: Uint8Array | null },
  context: RequestContext,
): CheckedBatch {
  const { broker, apiVersion, connection } = context
  if (acks < -1 || acks > 1) throw new KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
  if (!isAllowed(context, { operation: 'WRITE', resource: 'TOPIC', name })) {
    throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  }
  const partition = broker.topics.partition(name, index)
  const topic = broker.topics.find(name) as ServedTopic
  if (topic.image.isInternal) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `${name} is the broker's own`)
  checkReplicas(topic, acks, index)
  const config = connection.principal === directoryOwner ? topic.directoryConfig : topic.config
  const now = broker.clock.now()
  const batch = checkBatch(records, {
    config,
    apiVersion,
    now,
    crc32c: (bytes) => broker.memory.crc32c(bytes),
  })
  if (batch.isTransactional) throw transactionalRefusal(transactionalId)
  const { recordCount: recordsSent, sizeInBytes: bytesSent } = batch
  const stored = broker.compression.apply(batch, config)
  return {
    partition,
    batch: stored,
    recordsSent,
    bytesSent,
    logAppendTimeMs: config.messageTimestampType === 'LogAppendTime' ? now : -1,
  }
}

function transactionalRefusal(transactionalId: string | null): KafkaError {
  if (transactionalId !== null) return new KafkaError(ErrorCode.INVALID_TXN_STATE, 'no transaction is open')
  const message = 'a transactional batch in a request without a transactional id'
  return new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message)
}

function checkReplicas({ image, config }: ServedTopic, acks: number, index: number): void {
  if (acks !== -1 || config.minInsyncReplicas <= 1) return
  throw new KafkaError(
    ErrorCode.NOT_ENOUGH_REPLICAS,
    `${image.name}-${index} has 1 in-sync replica, min.insync.replicas is ${config.minInsyncReplicas}`,
  )
}

/** Counted before anything is done with it: what the client sends ahead waits then, too. */
function throttle({ broker, connection, clientId, requestBytes }: RequestContext): number {
  const throttleTimeMs = broker.quotas.produced({ principal: connection.principal, clientId }, requestBytes)
  connection.mute(throttleTimeMs)
  return throttleTimeMs
}

function answer(
  index: number,
  offered: Offered,
  { logAppendTimeMs, logStartOffset }: { readonly logAppendTimeMs: number; readonly logStartOffset: Offset },
): PartitionAnswer {
  switch (offered.kind) {
    case 'appended':
      return { ...blank(index), baseOffset: offered.baseOffset, logAppendTimeMs, logStartOffset }
    case 'duplicate': {
      const time = logAppendTimeMs < 0 ? -1 : offered.timestamp
      return { ...blank(index), baseOffset: offered.baseOffset, logAppendTimeMs: time, logStartOffset }
    }
    case 'fenced':
      return refused(
        index,
        new KafkaError(
          ErrorCode.INVALID_PRODUCER_EPOCH,
          `epoch ${offered.producerEpoch}, the newest is ${offered.currentEpoch}`,
        ),
      )
    case 'out-of-order':
      return refused(
        index,
        new KafkaError(
          ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
          `sequence number ${offered.baseSequence}, ${offered.expectedSequence} comes next`,
        ),
      )
    case 'not-transactional':
      return refused(index, new KafkaError(ErrorCode.INVALID_TXN_STATE, 'the producer has a transaction open'))
  }
}

/** Never with an unknown error: the batch may be in the log, and the Java client would write it a second time under another epoch (KAFKA-14034). */
function refused(index: number, error: unknown): PartitionAnswer {
  const code = errorCodeOf(error)
  const recordErrors = error instanceof InvalidRecordsError ? error.records : []
  return {
    ...blank(index),
    errorCode: code === ErrorCode.UNKNOWN_SERVER_ERROR ? ErrorCode.KAFKA_STORAGE_ERROR : code,
    recordErrors: recordErrors.map((bad) => ({ batchIndex: bad.index, batchIndexErrorMessage: bad.reason })),
    errorMessage: errorMessageOf(error),
  }
}

function blank(index: number): PartitionAnswer {
  return {
    index,
    errorCode: ErrorCode.NONE,
    baseOffset: offset(-1),
    logAppendTimeMs: -1,
    logStartOffset: offset(-1),
    recordErrors: [],
    errorMessage: null,
    currentLeader: noLeader,
  }
}

/** Whoever reads it asks again for who leads; here nothing ever moved. */
const noLeader = { leaderId: -1, leaderEpoch: NO_LEADER_EPOCH }

/** Of topics that are there: whatever name a client makes up is not to be kept. */
function countRefusal(name: string, { broker }: RequestContext): void {
  if (broker.topics.find(name) !== undefined) broker.metrics.produceRefused(name)
}

/** What is ours is for the operator to know, and what the disk's, which is told when it begins; the rest is the client's. */
function logFailure(of: TopicPartition, error: unknown, { broker, connection }: RequestContext): void {
  if (error instanceof DiskError) return
  const code = errorCodeOf(error)
  if (code !== ErrorCode.KAFKA_STORAGE_ERROR && code !== ErrorCode.UNKNOWN_SERVER_ERROR) return
  const reason = error instanceof Error ? error.message : String(error)
  broker.log.error('append failed', { ...of, peer: connection.peer, reason })
}
