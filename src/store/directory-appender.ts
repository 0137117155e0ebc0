import { offset } from '../base/brands.ts'
import { RefusedError } from '../base/errors.ts'
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

  /**
   * Appends a batch that a server may have appended already before it ended: then nothing is done. Throws `ServedError` while there is a
   * server, `RefusedError` when the log has another idea of what its producer sent.
   */
  offer(partition: number, batch: Uint8Array): AppendedRange {
    const log = this.#logs.get(partition) ?? this.#open(partition)
    const [offered] = log.offer([batch], 'later')
    if (offered?.kind === 'appended') return offered
    if (offered?.kind === 'duplicate') {
      return { baseOffset: offered.baseOffset, nextOffset: offset(offered.lastOffset + 1n) }
    }
    throw new RefusedError(
      `a batch for ${this.topic}-${partition} does not fit what its producer sent: ${offered?.kind}`,
    )
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
