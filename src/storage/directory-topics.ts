import { NotFoundError } from '../base/errors.ts'
import { nearest } from '../base/nearest-name.ts'
import { isInternalTopic } from './file-names.ts'
import { keptWhole, missingPartitions } from './kept-whole.ts'
import type { LogDirectoryOptions, Topic } from './log-directory.ts'
import type { PartitionDirectories } from './partition-directories.ts'
import type { CatalogTopic, CatalogTopics, TopicCatalog } from './topic-catalog.ts'

/** The topics of a log directory: those of the catalog, and those that only partitions and Kafka's metadata log tell of. */
export class DirectoryTopics {
  readonly #options: LogDirectoryOptions
  readonly #catalog: TopicCatalog
  readonly #directories: PartitionDirectories
  #known: CatalogTopics | undefined
  #imported: CatalogTopics | undefined

  constructor(options: LogDirectoryOptions, catalog: TopicCatalog, directories: PartitionDirectories) {
    this.#options = options
    this.#catalog = catalog
    this.#directories = directories
  }

  /** What the catalog says; `undefined` without one. */
  get catalogued(): CatalogTopics | undefined {
    return this.#known
  }

  /** Reads the catalog again. */
  refresh(): void {
    this.#known = this.#catalog.read()
  }

  /** Takes `topics` for what the catalog says, until the next `refresh`. */
  assume(topics: CatalogTopics): void {
    this.#known = topics
  }

  /** Names of all topics, sorted. Lists one directory and opens no partition. */
  names(): string[] {
    const names = new Set(this.#known?.keys())
    for (const { topic } of this.#directories.list(this.#known)) names.add(topic)
    return [...names].sort()
  }

  /** All topics, sorted by name. */
  all(): Topic[] {
    const here = new Map<string, number[]>()
    for (const name of this.#known?.keys() ?? []) here.set(name, [])
    for (const { topic, partition } of this.#directories.list(this.#known)) {
      const numbers = here.get(topic)
      if (numbers === undefined) here.set(topic, [partition])
      else numbers.push(partition)
    }
    return [...here]
      .map(([name, partitions]) => {
        const known = this.#known?.get(name)
        return known === undefined ? this.#uncatalogued(name, partitions) : toTopic(name, known)
      })
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** A topic, or `undefined` when there is none of that name. */
  find(name: string): Topic | undefined {
    const known = this.#known?.get(name)
    if (known !== undefined) return toTopic(name, known)
    const partitions = this.#directories.list(this.#known).filter(({ topic }) => topic === name)
    if (partitions.length === 0) return undefined
    return this.#uncatalogued(
      name,
      partitions.map(({ partition }) => partition),
    )
  }

  /** A topic; throws `NotFoundError` that names the nearest one. */
  get(name: string): Topic {
    const found = this.find(name)
    if (found !== undefined) return found
    const near = nearest(name, this.names())
    throw new NotFoundError(`topic ${JSON.stringify(name)} is not in ${this.#options.path}`, {
      hint: near === undefined ? 'tslog topics list shows what is there' : `did you mean ${near}?`,
    })
  }

  #uncatalogued(name: string, partitions: readonly number[]): Topic {
    const imported = this.#kafkas().get(name)
    if (imported !== undefined) return toTopic(name, imported)
    const partitionCount = partitions.reduce((count, partition) => Math.max(count, partition + 1), 0)
    return {
      name,
      id: this.#directories.topicIdOf(name),
      partitionCount,
      configs: keptWhole(name),
      isInternal: isInternalTopic(name),
      elsewhere: missingPartitions(partitions, partitionCount),
    }
  }

  /** What Kafka's files say, read once: nobody changes them while we have its lock. */
  #kafkas(): CatalogTopics {
    if (this.#imported === undefined) {
      const { fileSystem, path, clock, kafka, onWarning } = this.#options
      const read = kafka?.importTopics({ fileSystem, path, now: clock.now() })
      this.#imported = read?.topics ?? new Map()
      for (const problem of read?.problems ?? []) onWarning?.(problem)
    }
    return this.#imported
  }
}

/** A topic of the catalog. */
export function toTopic(name: string, { id, partitionCount, configs, elsewhere = [] }: CatalogTopic): Topic {
  return { name, id, partitionCount, configs, isInternal: isInternalTopic(name), elsewhere }
}
