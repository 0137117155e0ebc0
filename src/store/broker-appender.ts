import type { Producer } from '../client/producer.ts'
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

  append(partition: number, { bytes }: BatchToAppend): Promise<AppendedRange> {
    const sending = this.#producer.send(partition, bytes)
    this.#underWay.add(sending)
    const done = (): void => void this.#underWay.delete(sending)
    sending.then(done, done)
    return sending
  }

  /** Brokers take turns by themselves. */
  endTurn(): void {
    return undefined
  }

  async sync(): Promise<void> {
    await Promise.all(this.#underWay)
  }
}
