import { assert } from '../base/assert.ts'
import type { Producer } from '../client/producer.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { TopicConfig } from '../storage/topic-configs.ts'
import type { AppendedRange, BatchAppender, BatchToAppend } from './log-store.ts'

export interface AppendedTopic {
  readonly topic: string
  readonly partitionCount: number
  readonly config: TopicConfig
}

/** Appends to the partitions of a topic of brokers. A batch that was acknowledged is as durable as the brokers make it. */
export class BrokerAppender implements BatchAppender {
  readonly takesSeveral = false
  readonly setsAppendTime = true
  readonly topic: string
  readonly partitionCount: number
  readonly config: TopicConfig
  readonly #producer: Producer
  readonly #underWay = new Set<Promise<AppendedRange>>()

  constructor({ topic, partitionCount, config }: AppendedTopic, producer: Producer) {
    this.topic = topic
    this.partitionCount = partitionCount
    this.config = config
    this.#producer = producer
  }

  /** Of several batches each is sent alone: a request has one for a partition. */
  append(partition: number, { bytes }: BatchToAppend): Promise<AppendedRange> {
    const sending = this.#sendAll(partition, bytes)
    this.#underWay.add(sending)
    const done = (): void => void this.#underWay.delete(sending)
    sending.then(done, done)
    return sending
  }

  async #sendAll(partition: number, bytes: Uint8Array): Promise<AppendedRange> {
    const ranges: Promise<AppendedRange>[] = []
    for (let at = 0; at < bytes.length;) {
      const { bytes: batch } = new RecordBatch(bytes, at)
      ranges.push(this.#producer.send(partition, batch))
      at += batch.length
    }
    const [first, ...others] = await Promise.all(ranges)
    assert(first !== undefined, 'an append has a batch')
    return { baseOffset: first.baseOffset, nextOffset: (others.at(-1) ?? first).nextOffset }
  }

  /** Brokers take turns by themselves. */
  endTurn(): void {
    return undefined
  }

  async sync(): Promise<void> {
    await Promise.all(this.#underWay)
  }
}
