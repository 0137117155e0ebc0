import { NO_LEADER_EPOCH, NO_TIMESTAMP, offset } from '../../base/brands.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  listOffsetsApi,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
} from '../../protocol/messages/list-offsets.ts'
import type { TimedOffset } from '../../storage/offset-for-time.ts'
import type { Partition } from '../partition.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf } from '../storage-errors.ts'

// ListOffsets: the offset of a time, or one of the special ones.
//
// Behaviour
//   * A time: the first record at or after it, by looking into the batch; none is offset -1 without an error.
//   * -1 the high watermark, or the last stable offset with read_committed; -2 the log start offset; -3 the record with the latest time;
//     -4 as -2 and -5 nothing, without tiered storage. A special that the version does not have is UNSUPPORTED_VERSION.
//   * A partition that is named twice is INVALID_REQUEST each time.
// Versions
//   0 to 9. 0 answers with a list: the log end for -1, the log start for -2, at most so many as asked for.
// Not implemented
//   Nothing.

type PartitionAnswer = ListOffsetsResponse['topics'][number]['partitions'][number]
type PartitionQuestion = ListOffsetsRequest['topics'][number]['partitions'][number]

const special = { latest: -1, earliest: -2, maxTimestamp: -3, earliestLocal: -4, latestTiered: -5 } as const
/** The version that each special came with. */
const since: ReadonlyMap<number, number> = new Map([
  [special.latest, 0],
  [special.earliest, 0],
  [special.maxTimestamp, 7],
  [special.earliestLocal, 8],
  [special.latestTiered, 9],
])

export const listOffsetsHandler: Handler<ListOffsetsRequest, ListOffsetsResponse> = {
  api: listOffsetsApi,
  handle: (request, context) => {
    const repeated = repeatedIn(request)
    return {
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((question) => {
          if (repeated.has(`${name}/${question.partitionIndex}`)) return refused(question, ErrorCode.INVALID_REQUEST)
          return answerTo(question, { name, isCommittedOnly: request.isolationLevel === 1 }, context)
        }),
      })),
    }
  },
  refuse: ({ topics }, errorCode) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((one) => refused(one, errorCode)),
    })),
  }),
}

function answerTo(
  question: PartitionQuestion,
  of: { readonly name: string; readonly isCommittedOnly: boolean },
  context: RequestContext,
): PartitionAnswer {
  try {
    if (!isAllowed(context, { operation: 'DESCRIBE', resource: 'TOPIC', name: of.name })) {
      throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    }
    const partition = context.broker.topics.partition(of.name, question.partitionIndex)
    partition.checkLeaderEpoch(question.currentLeaderEpoch)
    const { apiVersion } = context
    const found = find(partition, { timestamp: question.timestamp, isCommittedOnly: of.isCommittedOnly, apiVersion })
    return context.apiVersion === 0 ? oldStyle(question, found) : answer(question, partition, found)
  } catch (error) {
    return refused(question, errorCodeOf(error))
  }
}

/** What is looked for, and who asks. */
interface Search {
  readonly timestamp: number
  readonly isCommittedOnly: boolean
  readonly apiVersion: number
}

function find(partition: Partition, { timestamp, isCommittedOnly, apiVersion }: Search): TimedOffset | undefined {
  const offsets = partition.offsets()
  const end = isCommittedOnly ? offsets.lastStableOffset : offsets.highWatermark
  const visible = (found: TimedOffset | undefined): TimedOffset | undefined =>
    found !== undefined && found.offset < end ? found : undefined
  if (timestamp >= 0) return visible(partition.offsetForTime(timestamp))
  if (apiVersion < (since.get(timestamp) ?? Infinity)) throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
  switch (timestamp) {
    case special.latest:
      return { offset: end, timestamp: NO_TIMESTAMP }
    case special.maxTimestamp:
      return visible(partition.offsetOfLargestTime())
    case special.latestTiered:
      return undefined
    default:
      return { offset: offsets.logStartOffset, timestamp: NO_TIMESTAMP }
  }
}

function answer(
  { partitionIndex }: PartitionQuestion,
  partition: Partition,
  found: TimedOffset | undefined,
): PartitionAnswer {
  if (found === undefined) return blank(partitionIndex)
  return {
    ...blank(partitionIndex),
    offset: found.offset,
    timestamp: found.timestamp,
    leaderEpoch: partition.epochAt(found.offset),
  }
}

function oldStyle(
  { partitionIndex, maxNumOffsets }: PartitionQuestion,
  found: TimedOffset | undefined,
): PartitionAnswer {
  return { ...blank(partitionIndex), oldStyleOffsets: found === undefined || maxNumOffsets < 1 ? [] : [found.offset] }
}

function refused({ partitionIndex }: PartitionQuestion, errorCode: number): PartitionAnswer {
  return { ...blank(partitionIndex), errorCode }
}

function blank(partitionIndex: number): PartitionAnswer {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    oldStyleOffsets: [],
    timestamp: NO_TIMESTAMP,
    offset: offset(-1),
    leaderEpoch: NO_LEADER_EPOCH,
  }
}

function repeatedIn({ topics }: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`
      if (seen.has(key)) repeated.add(key)
      seen.add(key)
    }
  }
  return repeated
}
