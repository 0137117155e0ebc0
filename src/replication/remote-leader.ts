import { NO_LEADER_EPOCH, type Offset, offset } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import type { BatchFacts } from '../storage/batch-facts.ts'
import type { TopicPartition } from '../storage/file-names.ts'
import type { LeaderEpochEnd } from '../storage/leader-epoch-history.ts'
import type { GroupOffsets, KnownPartition, Leader, LeaderPartition, LeaderTopic } from './leader.ts'
import { partitionFromMessage, topicFromMessage } from './messages.ts'
import { batchApi, batchesApi, groupsApi, partitionsApi, type PeerApi, topicsApi } from './peer-apis.ts'

/** Sends a request to the other side and resolves to what it answers; throws what the other side failed with. */
export type Ask = <Request, Response>(api: PeerApi<Request, Response>, request: Request) => Promise<Response>

/** A leader on the other side of a connection. */
export class RemoteLeader implements Leader {
  readonly name: string
  readonly #ask: Ask
  readonly #close: () => void

  /** `close` ends the connection. */
  constructor(name: string, ask: Ask, close: () => void) {
    this.name = name
    this.#ask = ask
    this.#close = close
  }

  async topics(): Promise<LeaderTopic[]> {
    const { topics } = await this.#ask(topicsApi, {})
    return topics.map(topicFromMessage)
  }

  async partitions(partitions: readonly KnownPartition[], waitMs: number): Promise<(LeaderPartition | undefined)[]> {
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
    return answer.partitions.map(({ described }) =>
      described === null ? undefined : checked(partitionFromMessage(described)),
    )
  }

  /** Never asked: a tslog tells all its epochs. */
  async epochEnd(): Promise<LeaderEpochEnd> {
    return { epoch: NO_LEADER_EPOCH, endOffset: offset(-1) }
  }

  async batchAt({ topic, partition }: TopicPartition, target: Offset): Promise<BatchFacts | undefined> {
    return (await this.#ask(batchApi, { topic, partition, offset: target })).batch ?? undefined
  }

  async fetch({ topic, partition }: TopicPartition, from: Offset): Promise<Uint8Array> {
    return (await this.#ask(batchesApi, { topic, partition, offset: from })).batches
  }

  async groups(topics: readonly string[]): Promise<readonly GroupOffsets[]> {
    return (await this.#ask(groupsApi, { topics })).groups
  }

  close(): void {
    this.#close()
  }
}

/** Offsets that no log has must not come near one. Throws `MalformedMessageError`. */
function checked(partition: LeaderPartition): LeaderPartition {
  const { logStartOffset, logEndOffset, epochs, segments } = partition
  const isOrdered = logStartOffset >= 0n && logEndOffset >= logStartOffset
  const haveEpochsOrder =
    isGrowing(epochs.map(({ startOffset }) => startOffset)) && isGrowing(epochs.map(({ epoch }) => BigInt(epoch)))
  if (isOrdered && haveEpochsOrder && isGrowing(segments.map(({ baseOffset }) => baseOffset))) return partition
  throw new MalformedMessageError(
    `the source says that a log goes from offset ${logStartOffset} to ${logEndOffset}, with segments or epochs that do not follow each other`,
    0,
  )
}

function isGrowing(values: readonly bigint[]): boolean {
  return values.every((value, at) => value >= 0n && (at === 0 || value > (values[at - 1] as bigint)))
}
