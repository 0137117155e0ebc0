import type { TimestampMs } from '../base/brands.ts'
import { CorruptSegmentError, RefusedError, TemporaryError, UsageError } from '../base/errors.ts'
import { type Uuid, isUuid } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { isTopicName, topicCollisionKey, TOPICS_FILE, TOPICS_LOCK } from './file-names.ts'
import { readWholeFile, replaceWholeFile } from './whole-file.ts'

/** What is kept of a topic besides its partitions' directories. */
export interface CatalogTopic {
  readonly id: Uuid
  /** 1 or more. */
  readonly partitionCount: number
  /** Only what was set: Kafka's names and texts. */
  readonly configs: ReadonlyMap<string, string>
  readonly createdMs: TimestampMs
  /** Partitions that another log directory or broker keeps, of a topic that was Kafka's; none when absent. */
  readonly elsewhere?: readonly number[]
}

/** Topics by name. */
export type CatalogTopics = ReadonlyMap<string, CatalogTopic>

const version = 1
const bytesMax = 64 * 1024 * 1024

/**
 * `tslog-topics.json`: what Kafka keeps outside of a data directory, its topics' ids, partition counts and configurations.
 *
 * ```
 * {"version":1,"topics":{"app-logs":{"id":"<22 characters>","partitions":1,"configs":{"retention.ms":"-1"},"createdMs":0}}}
 * ```
 * Replaced as a whole, so readers need no lock; `update` takes turns with other processes.
 */
export class TopicCatalog {
  readonly #fileSystem: FileSystem
  readonly #directory: string

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem
    this.#directory = directory
  }

  get path(): string {
    return `${this.#directory}/${TOPICS_FILE}`
  }

  /**
   * The topics, or `undefined` when there is no catalog: the directory is new, or not ours. Throws `RefusedError` for a
   * catalog of a newer tslog, and `CorruptSegmentError` when it is none.
   */
  read(): CatalogTopics | undefined {
    const file = readWholeFile(this.#fileSystem, this.path, bytesMax)
    if (file.kind === 'absent') return undefined
    if (file.kind === 'too-large') throw new CorruptSegmentError(this.path, 0, `${file.size} bytes are too many`)
    return parseCatalog(this.path, file.bytes)
  }

  /**
   * Gives what is there to `change`, which may add, replace and delete topics, and keeps the result, durably. Both happen
   * under `tslog-topics.lock`, so `change` is also the place to make a topic's directories. What it throws leaves the catalog
   * as it was. Throws `TemporaryError` when the lock is not to be had within `waitMs`, and what `read` throws.
   */
  update<T>(change: (topics: Map<string, CatalogTopic>) => T, waitMs: number): T {
    return this.#locked(waitMs, () => {
      const before = this.read()
      const topics = new Map(before)
      const result = change(topics)
      if (before === undefined || !isSame(before, topics)) this.#write(topics)
      return result
    })
  }

  /** Begins the catalog with what `make` gives, under the same lock; false, and nothing happens, when there is one. Throws what `update` throws. */
  create(make: () => CatalogTopics, waitMs: number): boolean {
    return this.#locked(waitMs, () => {
      if (this.read() !== undefined) return false
      this.#write(make())
      return true
    })
  }

  #locked<T>(waitMs: number, act: () => T): T {
    const lock = this.#fileSystem.open(`${this.#directory}/${TOPICS_LOCK}`, 'create')
    try {
      if (!lock.lock('exclusive', waitMs)) {
        throw new TemporaryError(`${lock.path} is held by another process`, { hint: 'try again' })
      }
      return act()
    } finally {
      lock.close()
    }
  }

  #write(topics: CatalogTopics): void {
    const sorted = Array.from(topics).toSorted(([one], [other]) => (one < other ? -1 : 1))
    const entries = sorted.map(([name, topic]) => [name, { ...toJson(topic) }] as const)
    const text = JSON.stringify({ version, topics: Object.fromEntries(entries) }, undefined, 1)
    replaceWholeFile(this.#fileSystem, this.path, new TextEncoder().encode(`${text}\n`))
  }
}

/** Throws `UsageError` for a new name that Kafka could not tell from another topic's. */
export function refuseCollision(name: string, topics: CatalogTopics): void {
  const key = topicCollisionKey(name)
  for (const other of topics.keys()) {
    if (other !== name && topicCollisionKey(other) === key) {
      throw new UsageError(`topic name ${name} collides with ${other}: Kafka takes "." and "_" for the same`, {
        hint: 'choose another name',
      })
    }
  }
}

/** Entries that `change` did not replace are the same objects. */
function isSame(before: CatalogTopics, after: CatalogTopics): boolean {
  return before.size === after.size && Array.from(after).every(([name, topic]) => before.get(name) === topic)
}

function toJson({ id, partitionCount, configs, createdMs, elsewhere = [] }: CatalogTopic): object {
  const json = { id, partitions: partitionCount, configs: Object.fromEntries(configs), createdMs }
  return elsewhere.length === 0 ? json : { ...json, elsewhere }
}

function parseCatalog(path: string, bytes: Uint8Array): CatalogTopics {
  const root = parseObject(bytes)
  if (root === undefined) throw new CorruptSegmentError(path, 0, 'it is no JSON object')
  const found = root.get('version')
  if (typeof found === 'number' && found > version) {
    throw new RefusedError(`${path} has version ${found}, this tslog knows ${version}`, { hint: 'use a newer tslog' })
  }
  const entries = asObject(root.get('topics'))
  if (found !== version || entries === undefined) throw new CorruptSegmentError(path, 0, 'it is no catalog of topics')
  const topics = new Map<string, CatalogTopic>()
  for (const [name, value] of entries) {
    const topic = isTopicName(name) ? parseTopic(value) : undefined
    if (topic === undefined)
      throw new CorruptSegmentError(path, 0, `topic ${JSON.stringify(name.slice(0, 249))} makes no sense`)
    topics.set(name, topic)
  }
  return topics
}

function parseTopic(value: unknown): CatalogTopic | undefined {
  const fields = asObject(value)
  if (fields === undefined) return undefined
  const id = fields.get('id')
  const partitionCount = fields.get('partitions')
  const configs = parseConfigs(fields.get('configs'))
  const createdMs = fields.get('createdMs')
  if (typeof id !== 'string' || !isUuid(id) || configs === undefined) return undefined
  const elsewhere = parseElsewhere(fields.get('elsewhere'))
  if (!isCount(partitionCount, 1) || !isCount(createdMs, 0) || elsewhere === undefined) return undefined
  const topic = { id, partitionCount, configs, createdMs }
  return elsewhere.length === 0 ? topic : { ...topic, elsewhere }
}

function parseElsewhere(value: unknown): readonly number[] | undefined {
  if (value === undefined) return []
  if (!Array.isArray(value)) return undefined
  const partitions = value.filter((one) => isCount(one, 0))
  return partitions.length === value.length ? partitions : undefined
}

function parseConfigs(value: unknown): ReadonlyMap<string, string> | undefined {
  const entries = asObject(value)
  if (entries === undefined) return undefined
  const configs = new Map<string, string>()
  for (const [name, text] of entries) {
    if (typeof text !== 'string') return undefined
    configs.set(name, text)
  }
  return configs
}

function parseObject(bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    return undefined
  }
}

/** A map has no prototype that a key such as `__proto__` could reach. */
function asObject(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return new Map(Object.entries(value))
}

function isCount(value: unknown, min: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min
}
