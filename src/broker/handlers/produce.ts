import { NO_LEADER_EPOCH, offset, type Offset } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import { produceApi, type ProduceRequest, type ProduceResponse } from '../../protocol/messages/produce.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import type { Offered } from '../../storage/batch-offer.ts'
import { checkBatch, InvalidRecordsError } from '../batch-validation.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'
import type { ServedTopic } from '../topic-registry.ts'

// Produce: appends a batch to each of some partitions.
//
// Behaviour
//   * acks 1 and all are answered once the flush policy is kept: many requests share a sync. acks 0 gets no answer, and a wrong request its end.
//   * Each partition is judged by itself; see `batch-validation.ts`. Records inside compressed batches are opened only for compacted topics.
//   * Idempotent producers: a retry of one of the last five batches is answered with where it lies; a gap is OUT_OF_ORDER_SEQUENCE_NUMBER.
//   * Appends are in the order of the requests of a connection, which need not wait for each other.
// Versions
//   3 to 11. 0 to 2 carry message sets of magic 0 and 1: the connection is closed, as Kafka 4 does.
// Not implemented
//   Transactional batches are INVALID_TXN_STATE: no transaction can be open. compression.type other than producer does not recompress.

type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]
type PartitionData = ProduceRequest['topicData'][number]['partitionData'][number]

export const produceHandler: Handler<ProduceRequest, ProduceResponse> = {
  api: produceApi,
  isPipelined: true,
  handle: (request, context) => {
    if (request.acks === 0) return appendUnanswered(request, context)
    const topics = request.topicData.map(({ name, partitionData }) => {
      const answers = partitionData.map((data) => answerTo(data, { name, acks: request.acks }, context))
      return Promise.all(answers).then((partitionResponses) => ({ name, partitionResponses }))
    })
    return Promise.all(topics).then((responses) => ({
      responses,
      throttleTimeMs: throttle(request, context),
      nodeEndpoints: [],
    }))
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

/** The client learns of a refusal by the end of the connection, as from Kafka. */
function appendUnanswered({ topicData }: ProduceRequest, context: RequestContext): undefined {
  for (const { name, partitionData } of topicData) {
    for (const data of partitionData) {
      try {
        const { appended } = append(data, { name, acks: 0 }, context)
        appended.catch((error: unknown) => logFailure(name, error, context))
      } catch (error) {
        throw new MalformedMessageError(
          `produce with acks=0 to ${name}: ${errorMessageOf(error) ?? String(error)}`,
          0,
          { cause: error },
        )
      }
    }
  }
}

/** Begins the append before it returns: the order of requests is the order in the log. */
function answerTo(
  data: PartitionData,
  of: { readonly name: string; readonly acks: number },
  context: RequestContext,
): Promise<PartitionAnswer> {
  const failed = (error: unknown): PartitionAnswer => {
    logFailure(of.name, error, context)
    return refused(data.index, error)
  }
  try {
    const { appended, logAppendTimeMs, logStartOffset } = append(data, of, context)
    return appended.then(
      (offered) => answer(data.index, offered, { logAppendTimeMs, logStartOffset: logStartOffset() }),
      failed,
    )
  } catch (error) {
    return Promise.resolve(failed(error))
  }
}

interface Append {
  readonly appended: Promise<Offered>
  readonly logAppendTimeMs: number
  readonly logStartOffset: () => Offset
}

function append(
  { index, records }: PartitionData,
  { name, acks }: { readonly name: string; readonly acks: number },
  context: RequestContext,
): Append {
  const { broker, apiVersion } = context
  if (acks < -1 || acks > 1) throw new KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
  if (!isAllowed(context, { operation: 'WRITE', resource: 'TOPIC', name })) {
    throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  }
  const partition = broker.topics.partition(name, index)
  const topic = broker.topics.find(name) as ServedTopic
  if (topic.image.isInternal) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `${name} is the broker's own`)
  checkReplicas(topic, acks, index)
  const now = broker.clock.now()
  const batch = checkBatch(records, {
    config: topic.config,
    apiVersion,
    now,
    crc32c: (bytes) => broker.memory.crc32c(bytes),
  })
  if (batch.isTransactional) throw new KafkaError(ErrorCode.INVALID_TXN_STATE, 'no transaction is open')
  count(name, batch, context)
  const isStamped = topic.config.messageTimestampType === 'LogAppendTime'
  return {
    appended: partition.append(batch.bytes),
    logAppendTimeMs: isStamped ? now : -1,
    logStartOffset: () => partition.offsets().logStartOffset,
  }
}

function checkReplicas({ image, config }: ServedTopic, acks: number, index: number): void {
  if (acks !== -1 || config.minInsyncReplicas <= 1) return
  throw new KafkaError(
    ErrorCode.NOT_ENOUGH_REPLICAS,
    `${image.name}-${index} has 1 in-sync replica, min.insync.replicas is ${config.minInsyncReplicas}`,
  )
}

function count(topic: string, batch: RecordBatch, { broker }: RequestContext): void {
  broker.metrics.produced(topic, batch.recordCount, batch.sizeInBytes)
}

function throttle({ topicData }: ProduceRequest, { broker, connection, clientId }: RequestContext): number {
  let bytes = 0
  for (const { partitionData } of topicData) for (const { records } of partitionData) bytes += records?.length ?? 0
  return broker.quotas.count('produce', { principal: connection.principal, clientId }, bytes)
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

function refused(index: number, error: unknown): PartitionAnswer {
  const recordErrors = error instanceof InvalidRecordsError ? error.records : []
  return {
    ...blank(index),
    errorCode: errorCodeOf(error),
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

/** What is the disk's fault, or ours, is for the operator to know; the rest is the client's. */
function logFailure(topic: string, error: unknown, { broker, connection }: RequestContext): void {
  const code = errorCodeOf(error)
  if (code !== ErrorCode.KAFKA_STORAGE_ERROR && code !== ErrorCode.UNKNOWN_SERVER_ERROR) return
  const reason = error instanceof Error ? error.message : String(error)
  broker.log.error('append failed', { topic, peer: connection.peer, reason })
}
