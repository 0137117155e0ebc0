import { offset, type Offset } from '../../base/brands.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  deleteRecordsApi,
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
} from '../../protocol/messages/delete-records.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf } from '../storage-errors.ts'

// DeleteRecords: moves the log start offset forward.
//
// Behaviour
//   * -1 stands for the high watermark; above it is OFFSET_OUT_OF_RANGE. An offset below the log start changes nothing.
//   * Segments that lie below are removed at once. A topic that is only compacted is POLICY_VIOLATION.
//   * The answer names where the log starts now.
// Versions
//   0 to 2.
// Not implemented
//   The timeout.

type PartitionAnswer = DeleteRecordsResponse['topics'][number]['partitions'][number]

export const deleteRecordsHandler: Handler<DeleteRecordsRequest, DeleteRecordsResponse> = {
  api: deleteRecordsApi,
  handle: ({ topics }, context) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset: before }) => {
        try {
          return answer(partitionIndex, deleteBefore({ topic: name, partition: partitionIndex }, before, context))
        } catch (error) {
          return refused(partitionIndex, errorCodeOf(error))
        }
      }),
    })),
  }),
  refuse: ({ topics }, errorCode) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => refused(partitionIndex, errorCode)),
    })),
  }),
}

function deleteBefore(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  before: Offset,
  context: RequestContext,
): Offset {
  const { topics } = context.broker
  if (!isAllowed(context, { operation: 'DELETE', resource: 'TOPIC', name: topic })) {
    throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  }
  const found = topics.partition(topic, partition)
  if (topics.find(topic)?.config.cleanupPolicy.includes('delete') === false) {
    throw new KafkaError(ErrorCode.POLICY_VIOLATION, `${topic} is compacted: its records are not deleted by offset`)
  }
  const { highWatermark } = found.offsets()
  const target = before === -1n ? highWatermark : before
  if (target < 0n || target > highWatermark) {
    throw new KafkaError(
      ErrorCode.OFFSET_OUT_OF_RANGE,
      `delete before ${before}, the high watermark is ${highWatermark}`,
    )
  }
  return found.deleteRecords(target)
}

function answer(partitionIndex: number, lowWatermark: Offset): PartitionAnswer {
  return { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE }
}

function refused(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, lowWatermark: offset(-1), errorCode }
}
