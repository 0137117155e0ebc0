import type { Offset } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { type Frame, decodeRequest, encodeResponse, openRequest, type ReceivedRequest } from '../protocol/api.ts'
import type { FileBytes } from '../storage/file-bytes.ts'
import { partitionDirectoryName } from '../storage/file-names.ts'
import { endOfBatches } from './end-of-batches.ts'
import type { Leader, LocatedBatches } from './leader.ts'
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

/** An answer as it goes out; without pieces where it has gone already. */
export interface AnswerFrame {
  readonly frame: Frame
  /** To be called when it has gone. */
  readonly onSent?: (() => void) | undefined
}

/** Answers one request, or fails; `undefined` when it is not its request. */
export type Answerer = (received: ReceivedRequest) => Promise<AnswerFrame> | undefined

/** Longest that a follower may let us wait for news, in ms. */
const waitMsMax = 60_000

/** Sends an answer at once, a piece of which was not read yet. */
export type SendUnread = (
  answer: AnswerFrame,
  unread: { readonly piece: Uint8Array; readonly bytes: FileBytes },
) => void

/** What a leader answers to its follower's requests; `toFailure` is how an error travels. */
export function leaderAnswers(
  leader: Leader,
  toFailure: (error: unknown) => FailureMessage,
  sendUnread: SendUnread,
): Answerer {
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
    batchesAnswerer(leader, toFailure, sendUnread),
    answered(groupsApi, async ({ topics }) => ({ groups: await leader.groups(topics) })),
  ]
  return anyOf(answerers)
}

/** Batches go out from the file that they lie in, or from the memory that they were read into. */
function batchesAnswerer(
  leader: Leader,
  toFailure: (error: unknown) => FailureMessage,
  sendUnread: SendUnread,
): Answerer {
  const given = new GivenBatches(leader)
  return (received) => {
    let fetched: Uint8Array | undefined
    const onSent = (): void => {
      if (fetched !== undefined) leader.giveBack?.(fetched)
    }
    let isSent = false
    const fetch = async (request: BatchesRequest): Promise<TravellingBatches> => {
      fetched = await given.fetch(request, ({ batches, unread }) => {
        fetched = batches
        const frame = encodeResponse(batchesApi, received.header, { failure: null, value: asTheyAre(batches) })
        isSent = true
        sendUnread({ frame, onSent }, { piece: batches, bytes: unread })
      })
      return request.isPacked ? packed(fetched) : asTheyAre(fetched)
    }
    const answered = answererOf(batchesApi, fetch, toFailure)(received)
    return answered?.then(({ frame }) => (isSent ? { frame: [] } : { frame, onSent }))
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

  /** Batches that need not be read first are given to `send` at once: they lie where they are until the leader is asked for others. */
  fetch(request: BatchesRequest, send: (located: LocatedBatches) => void): Promise<Uint8Array> {
    const given = this.#last.then(() => this.#fetch(request, send))
    this.#last = given.catch(() => undefined)
    return given
  }

  async #fetch(request: BatchesRequest, send: (located: LocatedBatches) => void): Promise<Uint8Array> {
    const { topic, partition: number, offset: asked, isPacked, isChecked } = request
    const partition = { topic, partition: number }
    const key = partitionDirectoryName(partition)
    const from = asked === nextOffset ? this.#ends.get(key) : asked
    if (from === undefined) return new Uint8Array()
    const located = isPacked || isChecked ? undefined : this.#leader.locate?.(partition, from)
    if (located !== undefined) {
      this.#ends.set(key, located.nextOffset)
      send(located)
      return located.batches
    }
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
