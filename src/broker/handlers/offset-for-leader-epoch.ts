import { NO_LEADER_EPOCH, offset } from '../../base/brands.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  offsetForLeaderEpochApi,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from '../../protocol/messages/offset-for-leader-epoch.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf } from '../storage-errors.ts'

// OffsetForLeaderEpoch: where the log of a leader epoch ends, so that a client learns whether what it read is still there (KIP-320).
//
// Behaviour
//   * The epoch of now ends at the high watermark for consumers, at the log end offset for followers; an older one where the next begins.
//   * An epoch that is not known is answered with the nearest below it, one of the future with -1 and -1, one from before the log with its start.
// Versions
//   0 to 4. 2 checks the client's view of the leader epoch, 3 tells followers from consumers.
// Not implemented
//   Nothing.

type PartitionAnswer = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number]
type PartitionQuestion = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]

export const offsetForLeaderEpochHandler: Handler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> = {
  api: offsetForLeaderEpochApi,
  handle: ({ topics, replicaId }, context) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((question) => answerTo(question, { topic, isFollower: replicaId >= 0 }, context)),
    })),
  }),
  refuse: ({ topics }, errorCode) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => refused(partition, errorCode)),
    })),
  }),
}

function answerTo(
  { partition, currentLeaderEpoch, leaderEpoch }: PartitionQuestion,
  { topic, isFollower }: { readonly topic: string; readonly isFollower: boolean },
  context: RequestContext,
): PartitionAnswer {
  try {
    if (!isAllowed(context, { operation: 'DESCRIBE', resource: 'TOPIC', name: topic })) {
      throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    }
    const found = context.broker.topics.partition(topic, partition)
    found.checkLeaderEpoch(currentLeaderEpoch)
    const { highWatermark, logEndOffset } = found.offsets()
    const end = found.epochEnd(leaderEpoch, isFollower ? logEndOffset : highWatermark)
    return { errorCode: ErrorCode.NONE, partition, leaderEpoch: end.epoch, endOffset: end.endOffset }
  } catch (error) {
    return refused(partition, errorCodeOf(error))
  }
}

function refused(partition: number, errorCode: number): PartitionAnswer {
  return { errorCode, partition, leaderEpoch: NO_LEADER_EPOCH, endOffset: offset(-1) }
}
