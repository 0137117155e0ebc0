import { NotFoundError } from '../../base/errors.ts'
import type { Topic } from '../../storage/log-directory.ts'
import type { LogStore } from '../../store/log-store.ts'
import type { PartitionReading } from './partition-reading.ts'

/** The topics that are followed, as they were when following began: they may be deleted, made again, or get more partitions. */
export class FollowedTopics {
  readonly #store: LogStore
  readonly #known = new Map<string, Topic>()

  private constructor(store: LogStore) {
    this.#store = store
  }

  /** To be called before anything is opened: what is opened later is of these topics, or is found to be gone by `look`. */
  static async of(names: readonly string[], store: LogStore): Promise<FollowedTopics> {
    const followed = new FollowedTopics(store)
    for (const name of names) followed.#known.set(name, await store.topic(name))
    return followed
  }

  /**
   * Partitions that came since the last look. Throws `NotFoundError` when a topic was deleted. The files that are open outlive their directory:
   * only this tells that it went, or that another one took its name.
   */
  async look(readings: readonly PartitionReading[]): Promise<{ topic: string; partition: number }[]> {
    await this.#store.refresh()
    const added: { topic: string; partition: number }[] = []
    for (const [name, before] of this.#known) {
      const topic = await this.#store.findTopic(name)
      if (topic === undefined || topic.id !== before.id) throw deleted(name)
      for (let partition = before.partitionCount; partition < topic.partitionCount; partition++) {
        added.push({ topic: name, partition })
      }
      this.#known.set(name, topic)
    }
    await this.#checkEnds(readings)
    return added
  }

  /** Not all topics have an id: a log that became shorter is another one. */
  async #checkEnds(readings: readonly PartitionReading[]): Promise<void> {
    for (const { source, position } of readings) {
      const { highWatermark } = await this.#store.offsets(source).catch((error: unknown) => {
        throw error instanceof NotFoundError ? deleted(source.topic) : error
      })
      if (highWatermark < position) throw deleted(source.topic)
    }
  }
}

function deleted(topic: string): NotFoundError {
  return new NotFoundError(`topic ${topic} was deleted while it was followed`)
}
