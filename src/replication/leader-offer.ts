import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import { array, int32, string, struct, type ValueOf } from '../wire/schema.ts'
import type { Leader, LeaderPartition, LeaderTopic } from './leader.ts'
import {
  leaderTopicMessage,
  partitionAnswerMessage,
  partitionFromAnswer,
  partitionToAnswer,
  topicFromMessage,
  topicToMessage,
} from './messages.ts'
import { partitionsOf } from './replica-topics.ts'

/** What a leader says of itself before it is asked, so that its follower need not wait for that. */
export const offerMessage = struct({
  topics: array(leaderTopicMessage),
  partitions: array({ topic: string, partition: int32, answer: partitionAnswerMessage }),
})
export type LeaderOffer = ValueOf<typeof offerMessage>

/** Of more topics or partitions nothing is said unasked, nor of more segments, epochs and settings of theirs: a request has room for so many. */
const offeredMax = 1000
const itemsMax = 50_000

/**
 * All topics, and the partitions of those that a follower will ask for. Null when that is much, or when something is wrong: who asks hears what it is.
 */
export async function offerOf(
  leader: Leader,
  wanted: (topics: readonly LeaderTopic[]) => readonly LeaderTopic[],
): Promise<LeaderOffer | null> {
  try {
    const topics = await leader.topics()
    const partitions = wanted(topics).flatMap(partitionsOf)
    if (topics.length > offeredMax || partitions.length > offeredMax) return null
    const described = await leader.partitions(partitions, 0)
    const items = [
      ...topics.map(({ configs }) => configs.size),
      ...described.map((one) => (one?.segments.length ?? 0) + (one?.epochs.length ?? 0)),
    ]
    if (items.reduce((sum, one) => sum + one, 0) > itemsMax) return null
    const answers = partitions.map((one, at) => ({ ...one, answer: partitionToAnswer(described[at]) }))
    return { topics: topics.map(topicToMessage), partitions: answers }
  } catch {
    return null
  }
}

/** What a leader has offered, each of it to be had once: the next time it is old. */
export class OfferedOnce {
  #topics: LeaderOffer['topics'] | undefined
  readonly #partitions: Map<string, LeaderOffer['partitions'][number]>

  constructor(offer: LeaderOffer | null) {
    this.#topics = offer?.topics
    this.#partitions = new Map(offer?.partitions.map((one) => [partitionDirectoryName(one), one]))
  }

  topics(): LeaderTopic[] | undefined {
    const offered = this.#topics?.map(topicFromMessage)
    this.#topics = undefined
    return offered
  }

  /** In the order of the question; `undefined` unless all of them were offered. Throws `MalformedMessageError`. */
  partitions(wanted: readonly TopicPartition[]): (LeaderPartition | undefined)[] | undefined {
    const keys = wanted.map(partitionDirectoryName)
    const offered = keys.flatMap((key) => this.#partitions.get(key) ?? [])
    for (const key of keys) this.#partitions.delete(key)
    return offered.length === wanted.length ? offered.map(({ answer }) => partitionFromAnswer(answer)) : undefined
  }
}
