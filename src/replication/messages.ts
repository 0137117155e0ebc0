import { type LeaderEpoch, NO_LEADER_EPOCH, type Offset, offset } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import {
  array,
  boolean,
  float64,
  int16,
  int32,
  int64,
  nullable,
  string,
  struct,
  timestamp,
  uint32,
  uuid,
  type ValueOf,
} from '../wire/schema.ts'
import type { LeaderPartition, LeaderTopic } from './leader.ts'

/** What two tslogs say to each other about a log, over a pipe or in a bundle. Fields that are added later carry a version. */

export const batchFactsMessage = struct({
  baseOffset: int64.as<Offset>(),
  nextOffset: int64.as<Offset>(),
  leaderEpoch: int32.as<LeaderEpoch>(),
  crc: uint32,
  attributes: int16,
  maxTimestamp: timestamp,
})

export const leaderTopicMessage = struct({
  name: string,
  /** Null when nobody says it. */
  id: nullable(struct({ value: uuid })),
  partitionCount: int32,
  configs: array({ name: string, value: string }),
  isInternal: boolean,
})

export const leaderPartitionMessage = struct({
  logStartOffset: int64.as<Offset>(),
  logEndOffset: int64.as<Offset>(),
  epochs: array({ epoch: int32.as<LeaderEpoch>(), startOffset: int64.as<Offset>() }),
  /** Bytes of a file are exact in a float64. */
  segments: array({ baseOffset: int64.as<Offset>(), sizeInBytes: float64 }),
  lastBatch: nullable(batchFactsMessage),
  /** -1 when it is not told. */
  endEpoch: int32.or(-1).as<LeaderEpoch>().tagged(0),
})

/** A partition that may not be there. */
export const partitionAnswerMessage = struct({
  described: nullable(leaderPartitionMessage),
  /** -1 when it is a whole log. */
  partialFrom: int64.as<Offset>(),
})

export const groupOffsetsMessage = struct({
  groupId: string,
  offsets: array({ topic: string, partition: int32, offset: int64.as<Offset>() }),
})

export type PartitionAnswer = ValueOf<typeof partitionAnswerMessage>
type TopicMessage = ValueOf<typeof leaderTopicMessage>
type PartitionMessage = ValueOf<typeof leaderPartitionMessage>

export function topicToMessage({ name, id, partitionCount, configs, isInternal }: LeaderTopic): TopicMessage {
  return {
    name,
    id: id === undefined ? null : { value: id },
    partitionCount,
    configs: Array.from(configs, ([key, value]) => ({ name: key, value })),
    isInternal,
  }
}

export function topicFromMessage({ name, id, partitionCount, configs, isInternal }: TopicMessage): LeaderTopic {
  const texts = new Map(configs.map((one) => [one.name, one.value]))
  return { name, id: id?.value, partitionCount, configs: texts, isInternal }
}

export function partitionToAnswer(partition: LeaderPartition | undefined): PartitionAnswer {
  const partialFrom = partition?.partialFrom ?? offset(-1)
  return { described: partition === undefined ? null : partitionToMessage(partition), partialFrom }
}

/** Throws `MalformedMessageError`. */
export function partitionFromAnswer({ described, partialFrom }: PartitionAnswer): LeaderPartition | undefined {
  if (described === null) return undefined
  return { ...partitionFromMessage(described), ...(partialFrom >= 0n && { partialFrom }) }
}

export function partitionToMessage(partition: LeaderPartition): PartitionMessage {
  return { ...partition, lastBatch: partition.lastBatch ?? null, endEpoch: partition.endEpoch ?? NO_LEADER_EPOCH }
}

/** Offsets that no log has must not come near one. Throws `MalformedMessageError`. */
export function partitionFromMessage(message: PartitionMessage): LeaderPartition {
  const { logStartOffset, logEndOffset, epochs, segments } = message
  const isOrdered = logStartOffset >= 0n && logEndOffset >= logStartOffset
  const haveEpochsOrder =
    isGrowing(epochs.map(({ startOffset }) => startOffset)) && isGrowing(epochs.map(({ epoch }) => BigInt(epoch)))
  if (isOrdered && haveEpochsOrder && isGrowing(segments.map(({ baseOffset }) => baseOffset))) {
    const { endEpoch, ...rest } = message
    return { ...rest, lastBatch: message.lastBatch ?? undefined, ...(endEpoch >= 0 && { endEpoch }) }
  }
  throw new MalformedMessageError(
    `the source says that a log goes from offset ${logStartOffset} to ${logEndOffset}, with segments or epochs that do not follow each other`,
    0,
  )
}

function isGrowing(values: readonly bigint[]): boolean {
  return values.every((value, at) => value >= 0n && (at === 0 || value > (values[at - 1] as bigint)))
}
