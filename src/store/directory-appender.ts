import type { LogDirectory } from '../storage/log-directory.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import type { TopicConfig } from '../storage/topic-configs.ts'
import type { AppendedRange, BatchAppender, BatchToAppend } from './log-store.ts'

/** Appends to the partitions of a topic of a directory. */
export class DirectoryAppender implements BatchAppender {
  readonly topic: string
  readonly partitionCount: number
  readonly config: TopicConfig
  readonly takesSeveral = true
  readonly setsAppendTime = false
  readonly #directory: LogDirectory
  readonly #logs = new Map<number, PartitionLog>()
  #inTurn: PartitionLog | undefined

  /** Throws `NotFoundError` when the topic is not there. */
  constructor(directory: LogDirectory, topic: string) {
    this.#directory = directory
    this.topic = topic
    this.partitionCount = directory.topic(topic).partitionCount
    this.config = directory.config(topic)
  }

  append(partition: number, { bytes, durability, moreFollows }: BatchToAppend): AppendedRange {
    const log = this.#logs.get(partition) ?? this.#open(partition)
    if (this.#inTurn !== log) this.endTurn()
    this.#inTurn = moreFollows ? log : undefined
    return log.append(bytes, durability, moreFollows)
  }

  endTurn(): void {
    this.#inTurn?.endTurn()
    this.#inTurn = undefined
  }

  async sync(): Promise<void> {
    for (const log of this.#logs.values()) await log.sync()
  }

  #open(partition: number): PartitionLog {
    const log = this.#directory.openLog({ topic: this.topic, partition })
    this.#logs.set(partition, log)
    return log
  }
}
