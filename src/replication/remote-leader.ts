import { type LeaderEpoch, type Offset, offset } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import type { BatchFacts } from '../storage/batch-facts.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import type { LeaderEpochEnd } from '../storage/leader-epoch-history.ts'
import { AskingPace } from './asking-pace.ts'
import { endOfBatches } from './end-of-batches.ts'
import type { GroupOffsets, KnownPartition, Leader, LeaderPartition, LeaderTopic } from './leader.ts'
import { type LeaderOffer, OfferedOnce } from './leader-offer.ts'
import { partitionFromAnswer, topicFromMessage } from './messages.ts'
import {
  batchApi,
  batchesApi,
  epochEndApi,
  groupsApi,
  nextOffset,
  partitionsApi,
  type PeerApi,
  topicsApi,
} from './peer-apis.ts'
import { unpacked } from './travelling-batches.ts'

/** Sends a request to the other side and resolves to what it answers; throws what the other side failed with. */
export type Ask = <Request, Response>(api: PeerApi<Request, Response>, request: Request) => Promise<Response>

/** An answer of so many bytes is followed by others, which are asked for ahead. */
const muchBytes = 256 * 1024

/** At most so many in all, however many partitions are copied at a time: each lies in memory on both sides. */
const aheadInAllMax = 6

export interface RemoteLeaderOptions {
  /** How messages name it. */
  readonly name: string
  readonly ask: Ask
  /** A part of an answer is used up, and its memory may be filled anew. */
  readonly giveBack: (bytes: Uint8Array) => void
  /** Ends the connection. */
  readonly close: () => void
  /** The link is: batches are compressed on their way. */
  readonly isSlow: boolean
  /** What the other side said of itself before it was asked. */
  readonly offer?: LeaderOffer | null
  /** So many answers may be asked for ahead, however short the way is. */
  readonly aheadMin: number
  /** In ms, since any moment. */
  readonly elapsedMs: () => number
}

/** Answers that are under way, to be taken in this order. */
interface AskedAhead {
  readonly from: Offset
  /** The leader checks them before it gives them. */
  readonly isChecked: boolean
  readonly asked: Promise<Uint8Array>[]
}

/** A leader on the other side of a connection. */
export class RemoteLeader implements Leader {
  readonly name: string
  readonly #ask: Ask
  readonly giveBack: (batches: Uint8Array) => void
  readonly #close: () => void
  readonly #isSlow: boolean
  readonly #offered: OfferedOnce
  readonly #pace: AskingPace
  readonly #ahead = new Map<string, AskedAhead>()

  constructor(options: RemoteLeaderOptions) {
    this.name = options.name
    this.#ask = options.ask
    this.giveBack = options.giveBack
    this.#close = options.close
    this.#isSlow = options.isSlow
    this.#offered = new OfferedOnce(options.offer ?? null)
    this.#pace = new AskingPace(options.elapsedMs, options.aheadMin)
  }

  async topics(): Promise<LeaderTopic[]> {
    const offered = this.#offered.topics()
    if (offered !== undefined) return offered
    const { topics } = await this.#ask(topicsApi, {})
    return topics.map(topicFromMessage)
  }

  async partitions(partitions: readonly KnownPartition[], waitMs: number): Promise<(LeaderPartition | undefined)[]> {
    const offered = waitMs > 0 ? undefined : this.#offered.partitions(partitions)
    if (offered !== undefined) return offered
    const asked = partitions.map(({ topic, partition, knownEndOffset = offset(-1) }) => ({
      topic,
      partition,
      knownEndOffset,
    }))
    const answer = await this.#ask(partitionsApi, { waitMs, partitions: asked })
    if (answer.partitions.length !== partitions.length) {
      throw new MalformedMessageError(
        `${this.name} told of ${answer.partitions.length} partitions instead of ${partitions.length}`,
        0,
      )
    }
    return answer.partitions.map(partitionFromAnswer)
  }

  epochEnd({ topic, partition }: TopicPartition, epoch: LeaderEpoch): Promise<LeaderEpochEnd> {
    return this.#ask(epochEndApi, { topic, partition, epoch })
  }

  async batchAt({ topic, partition }: TopicPartition, target: Offset): Promise<BatchFacts | undefined> {
    const ask = (): Promise<{ batch: BatchFacts | null }> => this.#ask(batchApi, { topic, partition, offset: target })
    return (await this.#pace.timed(ask, false)).batch ?? undefined
  }

  /** Batches that will be fetched next, unless it turns out that the logs have parted: they come while that is found out. */
  askAhead(partition: TopicPartition, from: Offset): void {
    const key = partitionDirectoryName(partition)
    if (this.#ahead.has(key) || !this.#mayAskAhead(0)) return
    this.#ahead.set(key, { from, isChecked: false, asked: [this.#fetch(partition, from)] })
  }

  /**
   * While much comes, more is asked for before it is here, so that the way there and back costs nothing: "what follows", since nobody knows yet
   * at which offset that begins. Where nothing followed then, something may by now.
   */
  async fetch(partition: TopicPartition, from: Offset, isChecked = false): Promise<Uint8Array> {
    const key = partitionDirectoryName(partition)
    const ahead = this.#askedAhead(key, from, isChecked) ?? { from, isChecked, asked: [] }
    const batches = await this.#next(partition, ahead)
    const next = endOfBatches(batches)
    if (next === undefined) {
      this.#ahead.delete(key)
      return batches
    }
    this.#ahead.set(key, { ...ahead, from: next })
    if (batches.length < muchBytes) return batches
    while (this.#mayAskAhead(ahead.asked.length)) ahead.asked.push(this.#fetch(partition, nextOffset, ahead.isChecked))
    return batches
  }

  /** What was asked for from there on; anything else that was asked for is not wanted any more. */
  #askedAhead(key: string, from: Offset, isChecked: boolean): AskedAhead | undefined {
    const ahead = this.#ahead.get(key)
    if (ahead?.from === from && (ahead.isChecked || !isChecked)) return ahead
    if (ahead !== undefined) this.#drop(ahead)
    return undefined
  }

  #next(partition: TopicPartition, ahead: AskedAhead): Promise<Uint8Array> {
    const ask = (): Promise<Uint8Array> => this.#fetch(partition, ahead.from, ahead.isChecked)
    const came = ahead.asked.shift()?.then((batches) => {
      if (batches.length > 0) return batches
      this.#drop(ahead)
      return ask()
    })
    return came ?? ask()
  }

  #drop({ asked }: AskedAhead): void {
    for (const one of asked.splice(0)) one.then(this.giveBack, () => undefined)
  }

  #mayAskAhead(asked: number): boolean {
    let inAll = 0
    for (const ahead of this.#ahead.values()) inAll += ahead.asked.length
    return asked < this.#pace.ahead && inAll < aheadInAllMax
  }

  #fetch({ topic, partition }: TopicPartition, from: Offset, isChecked = false): Promise<Uint8Array> {
    const request = { topic, partition, offset: from, isPacked: this.#isSlow, isChecked }
    const asked = this.#pace
      .timed(() => this.#ask(batchesApi, request), true)
      .then((travelled) => {
        const batches = unpacked(travelled)
        if (batches !== travelled.batches) this.giveBack(travelled.batches)
        return batches
      })
    // Whoever comes to wait for it hears of a failure.
    asked.catch(() => undefined)
    return asked
  }

  async groups(topics: readonly string[]): Promise<readonly GroupOffsets[]> {
    return (await this.#ask(groupsApi, { topics })).groups
  }

  close(): void {
    this.#close()
  }
}
