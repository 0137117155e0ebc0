import { type LeaderEpoch, NO_LEADER_EPOCH, type Offset, type TimestampMs } from '../base/brands.ts'
import { answerOf } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { listOffsetsApi, listOffsetsRequest, type ListOffsetsResponse } from '../protocol/messages/list-offsets.ts'

/** Times that stand for places in a log (Kafka's `ListOffsetsRequest`). */
export const SpecialTime = { logEnd: -1, logStart: -2, largestTimestamp: -3 } as const

export interface OffsetQuestion {
  readonly topic: string
  readonly partition: number
  /** Milliseconds, or one of `SpecialTime`. */
  readonly timestamp: TimestampMs
  /** Whether `logEnd` is the last stable offset. */
  readonly isCommittedOnly?: boolean
}

export interface FoundOffset {
  readonly offset: Offset
  /** Of the record there; -1 for the ends of a log. */
  readonly timestamp: TimestampMs
  /** Of the record there, or of the end of the log; -1 when it is not told. */
  readonly leaderEpoch: LeaderEpoch
}

/** The first record at or after a time, or a special place; undefined when no record is so young. Throws what the user is to hear. */
export async function lookUpOffset(cluster: Cluster, question: OffsetQuestion): Promise<FoundOffset | undefined> {
  const { topic, partition, timestamp, isCommittedOnly = false } = question
  const asked = { partitionIndex: partition, currentLeaderEpoch: NO_LEADER_EPOCH, timestamp, maxNumOffsets: 1 }
  const request = {
    ...listOffsetsRequest.initial(),
    replicaId: -1,
    isolationLevel: isCommittedOnly ? 1 : 0,
    topics: [{ name: topic, partitions: [asked] }],
  }
  return cluster.retrying(async () => {
    const leader = await cluster.leader(question)
    return found(await leader.request(listOffsetsApi, request), `look up an offset of ${topic}-${partition}`)
  })
}

/** Version 0 answers with a list, later ones with -1 for nothing. */
function found({ topics }: ListOffsetsResponse, what: string): FoundOffset | undefined {
  const row = answerOf(topics[0]?.partitions, what)
  const offset = row.oldStyleOffsets[0] ?? row.offset
  return offset === -1n ? undefined : { offset, timestamp: row.timestamp, leaderEpoch: row.leaderEpoch }
}
