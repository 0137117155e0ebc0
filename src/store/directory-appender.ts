import type { LogDirectory } from '../storage/log-directory.ts'
import type { TopicConfig } from '../storage/topic-configs.ts'
import type { AppendedRange, BatchAppender, Durability } from './log-store.ts'

/** Appends to the partitions of a topic of a directory. */
export class DirectoryAppender implements BatchAppender {
  readonly topic: string
  readonly partitionCount: number
  readonly config: TopicConfig
  readonly #directory: LogDirectory
  readonly #used = new Set<number>()

  /** Throws `NotFoundError` when the topic is not there. */
  constructor(directory: LogDirectory, topic: string) {
    this.#directory = directory
    this.topic = topic
    this.partitionCount = directory.topic(topic).partitionCount
    this.config = directory.config(topic)
  }

  append(partition: number, batch: Uint8Array, durability: Durability): AppendedRange {
    this.#used.add(partition)
    return this.#directory.openLog({ topic: this.topic, partition }).append(batch, durability)
  }

  async sync(): Promise<void> {
    for (const partition of this.#used) await this.#directory.openLog({ topic: this.topic, partition }).sync()
  }
}
