import type { Offset } from '../../base/brands.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import { missingPartition } from '../../storage/missing-partition.ts'
import { resolveTopicConfig, type TopicConfig } from '../../storage/topic-configs.ts'
import type { AppendedRange, BatchAppender, Durability, LogStore } from '../../store/log-store.ts'
import type { Clock } from '../../base/clock.ts'
import { BatchesUnderWay } from './batches-under-way.ts'
import { JoinedBatches } from './joined-batches.ts'
import type { ProduceSettings } from './settings.ts'

/** What went into one partition. */
export interface PartitionTotal {
  readonly partition: number
  readonly firstOffset: Offset
  lastOffset: Offset
}

/** A batch ready to be appended, and what it adds to the totals. */
export interface FinishedBatch {
  readonly partition: number
  readonly bytes: Uint8Array
  readonly records: number
  /** Bytes of keys and values. */
  readonly payloadBytes: number
  /** Another batch, or `endTurn`, comes at once. */
  readonly moreFollows?: boolean
}

const durabilities: Readonly<Record<ProduceSettings['fsync']['kind'], Durability>> = {
  never: 'never',
  exit: 'later',
  interval: 'later',
  batch: 'now',
}

/** Where finished batches go: makes the topic with the first one, appends, counts, and syncs as `--fsync` says. */
export class BatchSink {
  readonly config: TopicConfig
  records = 0
  payloadBytes = 0
  /** The log did not take a batch: none after it may be appended, or there would be a hole. */
  hasFailed = false
  readonly #store: LogStore
  readonly #settings: ProduceSettings
  readonly #clock: Clock
  readonly #partitionCount: number
  readonly #partitions = new Map<number, PartitionTotal>()
  readonly #underWay = new BatchesUnderWay()
  readonly #durability: Durability
  readonly #joined: JoinedBatches
  #appender: BatchAppender | undefined
  #syncedMs: number
  #isDirty = false

  private constructor(store: LogStore, settings: ProduceSettings, given: SinkFacts) {
    this.#store = store
    this.#settings = settings
    this.#clock = given.clock
    this.config = given.config
    this.#partitionCount = given.partitionCount
    this.#syncedMs = given.clock.now()
    this.#durability = durabilities[settings.fsync.kind]
    this.#joined = new JoinedBatches(given.config.segmentBytes)
  }

  /** Says before anything is read what would keep records from being appended. Makes nothing. */
  static async open(store: LogStore, settings: ProduceSettings, clock: Clock): Promise<BatchSink> {
    await store.prepareToWrite()
    const { newTopic } = settings
    const topic = newTopic === undefined ? await store.topic(settings.topic) : await store.findTopic(settings.topic)
    if (topic === undefined) {
      const defaults = await store.defaultsFor(settings.topic, newTopic?.configs ?? new Map())
      const partitionCount = newTopic?.partitionCount ?? defaults.partitionCount
      refuseUnknownPartition(settings, partitionCount)
      return new BatchSink(store, settings, { clock, config: resolveTopicConfig(defaults.configs), partitionCount })
    }
    const { partitionCount } = topic
    refuseUnknownPartition(settings, partitionCount)
    return new BatchSink(store, settings, { clock, config: await store.config(settings.topic), partitionCount })
  }

  /** Fewer than at first when another process made the topic meanwhile. Those that came since are not used. */
  get partitionCount(): number {
    return Math.min(this.#partitionCount, this.#appender?.partitionCount ?? this.#partitionCount)
  }

  /** What went where, by partition. */
  get partitions(): readonly PartitionTotal[] {
    return [...this.#partitions.values()].sort((one, other) => one.partition - other.partition)
  }

  /**
   * Takes a copy of a small batch that said `moreFollows`, to be appended together with those around it, at the latest by `endTurn`; false
   * when it is to be written. Where each batch must be on the disk before the next one is read, none waits for another.
   */
  tryJoin(batch: FinishedBatch): boolean {
    if (batch.moreFollows !== true || this.#durability === 'now' || this.#appender?.takesSeveral !== true) return false
    const partition = this.#partitionOf(batch)
    if (!this.#joined.takes(partition, batch)) return false
    this.#stamp(batch)
    this.#joined.add(partition, batch)
    return true
  }

  /** Takes a batch, whose bytes may be used again afterwards: it is in the log, or joined and in the log after `endTurn`. */
  async write(batch: FinishedBatch): Promise<void> {
    const appender = this.#appender ?? (await this.#open())
    await this.#appendJoined(appender)
    if (this.tryJoin(batch)) return
    this.#stamp(batch)
    await this.#append(appender, batch)
  }

  /** The first batches were placed before it was known how many partitions there are. */
  #partitionOf({ partition }: FinishedBatch): number {
    return partition % this.partitionCount
  }

  /** message.timestamp.type=LogAppendTime: the time of the append counts, whatever the records say. */
  #stamp({ bytes }: FinishedBatch): void {
    if (this.config.messageTimestampType !== 'LogAppendTime' || this.#appender?.setsAppendTime === true) return
    new RecordBatch(bytes).stampLogAppendTime(this.#clock.now())
  }

  async #appendJoined(appender: BatchAppender): Promise<void> {
    const joined = this.#joined.take()
    if (joined !== undefined) await this.#append(appender, { ...joined, moreFollows: true })
  }

  async #append(appender: BatchAppender, batch: FinishedBatch): Promise<void> {
    const partition = this.#partitionOf(batch)
    this.hasFailed = true
    const range = appender.append(partition, {
      bytes: batch.bytes,
      durability: this.#durability,
      moreFollows: batch.moreFollows ?? false,
    })
    if (range instanceof Promise) await this.#underWay.add(range, (appended) => this.#count(batch, partition, appended))
    else this.#count(batch, partition, range)
    if (this.#durability === 'now') await this.#underWay.settle()
    this.hasFailed = false
  }

  /** Whether batches are on their way of which it is not known that they arrived. */
  get hasPending(): boolean {
    return this.#underWay.size > 0
  }

  /** Waits until every batch has arrived. */
  async drain(): Promise<void> {
    this.hasFailed = true
    await this.#underWay.settle()
    this.hasFailed = false
  }

  #count(batch: FinishedBatch, partition: number, { baseOffset, nextOffset }: AppendedRange): void {
    const lastOffset = (nextOffset - 1n) as Offset
    const known = this.#partitions.get(partition)
    if (known === undefined) this.#partitions.set(partition, { partition, firstOffset: baseOffset, lastOffset })
    else known.lastOffset = lastOffset
    this.records += batch.records
    this.payloadBytes += batch.payloadBytes
    this.#isDirty = true
  }

  /** Appends what waits to be joined, and gives other writers their turn. */
  async endTurn(): Promise<void> {
    const appender = this.#appender
    if (appender === undefined) return
    await this.#appendJoined(appender)
    appender.endTurn()
  }

  /** When `--fsync interval:MS` wants the next sync, in ms from now; undefined when nothing waits for one. */
  get syncDueMs(): number | undefined {
    const { fsync } = this.#settings
    if (fsync.kind !== 'interval' || !this.#isDirty) return undefined
    return Math.max(0, this.#syncedMs + fsync.intervalMs - this.#clock.now())
  }

  /** Makes what was appended durable now. */
  async sync(): Promise<void> {
    this.#isDirty = false
    this.hasFailed = true
    await this.#underWay.settle()
    await this.#appender?.sync()
    this.hasFailed = false
    this.#syncedMs = this.#clock.now()
  }

  /** Appends what still waits, and does the last sync where the policy asks for one. */
  async finish(): Promise<void> {
    await this.endTurn()
    await this.drain()
    const { kind } = this.#settings.fsync
    if (kind === 'exit' || kind === 'interval') await this.sync()
  }

  async #open(): Promise<BatchAppender> {
    const { newTopic } = this.#settings
    // Records are placed already: one that has gone meanwhile is made with as many partitions as it had.
    const partitionCount = newTopic?.partitionCount ?? this.#partitionCount
    if (newTopic !== undefined) await this.#store.createTopic({ ...newTopic, partitionCount })
    const appender = await this.#store.openAppender(this.#settings.topic)
    refuseUnknownPartition(this.#settings, appender.partitionCount)
    this.#appender = appender
    return appender
  }
}

function refuseUnknownPartition({ topic, partition }: ProduceSettings, partitionCount: number): void {
  if (partition === undefined || partition < partitionCount) return
  throw missingPartition(topic, partition, partitionCount)
}

interface SinkFacts {
  readonly clock: Clock
  readonly config: TopicConfig
  readonly partitionCount: number
}
