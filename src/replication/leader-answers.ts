import type { Offset } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { type Frame, decodeRequest, encodeResponse, openRequest, type ReceivedRequest } from '../protocol/api.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import { endOfBatches } from './end-of-batches.ts'
import type { Leader } from './leader.ts'
import { partitionToAnswer, topicToMessage } from './messages.ts'
import {
  type Answer,
  batchApi,
  batchesApi,
  type BatchesRequest,
  type FailureMessage,
  epochEndApi,
  groupsApi,
  nextOffset,
  partitionsApi,
  type PeerApi,
  topicsApi,
} from './peer-apis.ts'
import { asTheyAre, packed, type TravellingBatches } from './travelling-batches.ts'

/** An answer as it goes out. */
export interface AnswerFrame {
  readonly frame: Frame
  /** To be called when it has gone. */
  readonly onSent?: (() => void) | undefined
}

/** Answers one request, or fails; `undefined` when it is not its request. */
export type Answerer = (received: ReceivedRequest) => Promise<AnswerFrame> | undefined

/** Longest that a follower may let us wait for news, in ms. */
const waitMsMax = 60_000

/** What a leader answers to its follower's requests; `toFailure` is how an error travels. */
export function leaderAnswers(leader: Leader, toFailure: (error: unknown) => FailureMessage): Answerer {
  const answered = <Request, Response>(
    api: PeerApi<Request, Response>,
    act: (request: Request) => Promise<Response>,
  ): Answerer => answererOf(api, act, toFailure)
  const answerers: readonly Answerer[] = [
    answered(topicsApi, async () => ({ topics: (await leader.topics()).map(topicToMessage) })),
    answered(partitionsApi, async ({ partitions, waitMs }) => {
      const known = partitions.map((one) => ({
        ...one,
        knownEndOffset: one.knownEndOffset < 0n ? undefined : one.knownEndOffset,
      }))
      const found = await leader.partitions(known, Math.min(waitMs, waitMsMax))
      return { partitions: found.map(partitionToAnswer) }
    }),
    answered(epochEndApi, ({ epoch, ...partition }) => leader.epochEnd(partition, epoch)),
    answered(batchApi, async ({ offset: target, ...partition }) => ({
      batch: (await leader.batchAt(partition, target)) ?? null,
    })),
    batchesAnswerer(leader, toFailure),
    answered(groupsApi, async ({ topics }) => ({ groups: await leader.groups(topics) })),
  ]
  return anyOf(answerers)
}

/** Batches go out from the memory that they were read into. */
function batchesAnswerer(leader: Leader, toFailure: (error: unknown) => FailureMessage): Answerer {
  const given = new GivenBatches(leader)
  return (received) => {
    let fetched: Uint8Array | undefined
    const fetch = async ({ offset: from, isPacked, ...partition }: BatchesRequest): Promise<TravellingBatches> => {
      fetched = await given.fetch(partition, from)
      return isPacked ? packed(fetched) : asTheyAre(fetched)
    }
    const onSent = (): void => {
      if (fetched !== undefined) leader.giveBack?.(fetched)
    }
    return answererOf(batchesApi, fetch, toFailure)(received)?.then(({ frame }) => ({ frame, onSent }))
  }
}

/** What a follower gets, in the order in which it asks: it may ask for what follows before it knows what that is. */
class GivenBatches {
  readonly #leader: Leader
  readonly #ends = new Map<string, Offset>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(leader: Leader) {
    this.#leader = leader
  }

  fetch(partition: TopicPartition, from: Offset): Promise<Uint8Array> {
    const given = this.#last.then(() => this.#fetch(partition, from))
    this.#last = given.catch(() => undefined)
    return given
  }

  async #fetch(partition: TopicPartition, asked: Offset): Promise<Uint8Array> {
    const key = partitionDirectoryName(partition)
    const from = asked === nextOffset ? this.#ends.get(key) : asked
    if (from === undefined) return new Uint8Array()
    const batches = await this.#leader.fetch(partition, from)
    const end = endOfBatches(batches)
    if (end === undefined) this.#ends.delete(key)
    else this.#ends.set(key, end)
    return batches
  }
}

/** The first that takes a request answers it. */
export function anyOf(answerers: readonly Answerer[]): Answerer {
  return (received) => {
    for (const answerer of answerers) {
      const answer = answerer(received)
      if (answer !== undefined) return answer
    }
    return undefined
  }
}

/** Answers the requests of one API; what `act` throws travels to who asked. */
export function answererOf<Request, Response>(
  api: PeerApi<Request, Response>,
  act: (request: Request) => Promise<Response>,
  toFailure: (error: unknown) => FailureMessage,
): Answerer {
  return ({ header, body }) => {
    if (header.apiKey !== api.key) return undefined
    const request = decodeRequest(api, header.apiVersion, body)
    const answered = act(request).then(
      (value): Answer<Response> => ({ failure: null, value }),
      (error: unknown): Answer<Response> => ({ failure: toFailure(error), value: null }),
    )
    return answered.then((answer) => ({ frame: encodeResponse(api, header, answer) }))
  }
}

/** Reads a request frame and has it answered. Throws `MalformedMessageError` for one that nobody here answers. */
export function answerFrame(frame: Uint8Array, answerer: Answerer): Promise<AnswerFrame> {
  const received = openRequest(frame)
  const answer = answerer(received)
  if (answer !== undefined) return answer
  throw new MalformedMessageError(`a request with key ${received.header.apiKey} in a replication`, 0)
}
