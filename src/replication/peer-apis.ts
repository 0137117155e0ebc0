import { type LeaderEpoch, type Offset, offset } from '../base/brands.ts'
import type { Api } from '../protocol/api.ts'
import {
  array,
  boolean,
  bytes,
  float64,
  int32,
  int64,
  nullable,
  records,
  string,
  struct,
  type Type,
  type ValueOf,
} from '../wire/schema.ts'
import { offerMessage } from './leader-offer.ts'
import { batchFactsMessage, groupOffsetsMessage, leaderTopicMessage, partitionAnswerMessage } from './messages.ts'

/**
 * What two tslogs ask each other when one follows the other: Kafka's frames, with requests of our own, which no broker names to clients. The
 * side that follows asks, whoever opened the connection.
 */

/** The version of all of them: it goes up when one changes, and both sides say theirs first. */
export const peerProtocolVersion = 2

/** Private keys, far from those that Kafka gives. */
const firstKey = 30_000

/** Why a request was not answered: what kind of error it is, and what to tell the user. */
const failureMessage = struct({ kind: string, message: string, hint: nullable(string) })
export type FailureMessage = ValueOf<typeof failureMessage>

/** A value, or why there is none. */
export interface Answer<T> {
  readonly failure: FailureMessage | null
  readonly value: T | null
}

export type PeerApi<Request, Response> = Api<Request, Answer<Response>>

function peerApi<Request, Response>(
  place: number,
  request: Type<Request>,
  response: Type<Response>,
): PeerApi<Request, Response> {
  const key = firstKey + place
  const versions = { first: 1, last: peerProtocolVersion }
  const answer: Type<Answer<Response>> = struct({ failure: nullable(failureMessage), value: nullable(response) })
  return { name: `peer request ${place}`, key, versions, flexibleSince: 1, request, response: answer }
}

const nothing = struct({})

/** Of the side that leads; null where it says nothing before it is asked. */
const offer = nullable(offerMessage).tagged(0)
const beginRequest = struct({ software: string, lastVersion: int32, isFollower: boolean, order: bytes, offer })
const beginResponse = struct({ software: string, lastVersion: int32, offer })
/** The first: each side says its version, and whether the answering one follows; `order` is what to, in the words of the commands. */
export const beginApi: PeerApi<ValueOf<typeof beginRequest>, ValueOf<typeof beginResponse>> = peerApi(
  0,
  beginRequest,
  beginResponse,
)

const topicsResponse = struct({ topics: array(leaderTopicMessage) })
export const topicsApi: PeerApi<object, ValueOf<typeof topicsResponse>> = peerApi(1, nothing, topicsResponse)

const partitionsRequest = struct({
  waitMs: int32,
  /** -1 when no end is known. */
  partitions: array({ topic: string, partition: int32, knownEndOffset: int64.as<Offset>() }),
})
const partitionsResponse = struct({ partitions: array(partitionAnswerMessage) })
export const partitionsApi: PeerApi<ValueOf<typeof partitionsRequest>, ValueOf<typeof partitionsResponse>> = peerApi(
  2,
  partitionsRequest,
  partitionsResponse,
)

const placeRequest = struct({ topic: string, partition: int32, offset: int64.as<Offset>() })
type PlaceRequest = ValueOf<typeof placeRequest>

const batchResponse = struct({ batch: nullable(batchFactsMessage) })
export const batchApi: PeerApi<PlaceRequest, ValueOf<typeof batchResponse>> = peerApi(3, placeRequest, batchResponse)

/** Stands for the offset behind what was given of the partition last. */
export const nextOffset: Offset = offset(-1)

const batchesRequest = struct({
  topic: string,
  partition: int32,
  offset: int64.as<Offset>(),
  /** The link is slow: compression is worth its time. */
  isPacked: boolean,
  /** What was given is wrong: it is to be checked before it is given again. */
  isChecked: boolean.tagged(0),
})
/** As `travelling-batches.ts` has them. */
const batchesResponse = struct({ plainBytes: int32, batches: records })
export type BatchesRequest = ValueOf<typeof batchesRequest>
export const batchesApi: PeerApi<BatchesRequest, ValueOf<typeof batchesResponse>> = peerApi(
  4,
  batchesRequest,
  batchesResponse,
)

const groupsRequest = struct({ topics: array(string) })
const groupsResponse = struct({ groups: array(groupOffsetsMessage) })
export const groupsApi: PeerApi<ValueOf<typeof groupsRequest>, ValueOf<typeof groupsResponse>> = peerApi(
  5,
  groupsRequest,
  groupsResponse,
)

const progressRequest = struct({
  bytes: float64,
  records: float64,
  bytesTotal: float64,
  /** Those that have moved since. */
  lags: array({
    topic: string,
    partition: int32,
    copyEndOffset: int64.as<Offset>(),
    sourceEndOffset: int64.as<Offset>(),
    missingBytes: float64,
  }),
})
/** A follower tells the one who sent it how far it is. */
export const progressApi: PeerApi<ValueOf<typeof progressRequest>, object> = peerApi(6, progressRequest, nothing)

const reportRequest = struct({
  groups: int32,
  partitions: array({
    topic: string,
    partition: int32,
    fromOffset: int64.as<Offset>(),
    toOffset: int64.as<Offset>(),
    /** -1 when nothing was cut. */
    cutTo: int64.as<Offset>(),
    bytes: float64,
    records: float64,
    /** 0 when nothing was trimmed. */
    trimTo: int64.as<Offset>().tagged(0),
  }),
})
export type ReportRequest = ValueOf<typeof reportRequest>
/** What a follower has done. */
export const reportApi: PeerApi<ReportRequest, object> = peerApi(7, reportRequest, nothing)

const endRequest = struct({ failure: nullable(failureMessage) })
/** A follower is at its end, or tells why it gives up. */
export const endApi: PeerApi<ValueOf<typeof endRequest>, object> = peerApi(8, endRequest, nothing)

const epochEndRequest = struct({ topic: string, partition: int32, epoch: int32.as<LeaderEpoch>() })
const epochEndResponse = struct({ epoch: int32.as<LeaderEpoch>(), endOffset: int64.as<Offset>() })
/** Of a leader that does not tell its epochs: brokers that another tslog asks for us. */
export const epochEndApi: PeerApi<ValueOf<typeof epochEndRequest>, ValueOf<typeof epochEndResponse>> = peerApi(
  9,
  epochEndRequest,
  epochEndResponse,
)
