import { offset, type Offset, type TimestampMs } from '../../base/brands.ts'
import { NotFoundError } from '../../base/errors.ts'
import type { Topic } from '../../storage/log-directory.ts'
import type { BatchSource, LogStore, TopicPartition } from '../../store/log-store.ts'
import { selectedPartitions } from '../selected-partitions.ts'
import { endStartUp, fewPartitionsMax } from '../start-up.ts'
import { BatchWalk } from './batch-walk.ts'
import type { GroupProgress } from './group-progress.ts'
import { startsOfLast } from './last-of-topic.ts'
import { PartitionReading } from './partition-reading.ts'
import { type CountedRange, startOfLast, startOfNth } from './record-counting.ts'
import { timeFilter } from './record-filter.ts'
import { nameOf, type ReadingReports } from './reports.ts'
import type { ReadingSettings, StartRule } from './settings.ts'
import type { StagedWindowHolder } from './window-holder.ts'

/** A partition, and what of it may be read: the end is the one of now. */
interface BoundedPartition {
  readonly source: BatchSource
  readonly logStartOffset: Offset
  readonly end: Offset
}

interface PlanWorld {
  readonly group: GroupProgress | undefined
  readonly reports: ReadingReports
  /** Lent for searches, until `open` returns. */
  readonly memory: StagedWindowHolder
}

/** Says from where to where each partition is read. */
export class RangePlan {
  readonly #store: LogStore
  readonly #settings: ReadingSettings
  readonly #group: GroupProgress | undefined
  readonly #reports: ReadingReports
  readonly #memory: StagedWindowHolder
  /** That were asked for so far. */
  #partitions = 0

  constructor(store: LogStore, settings: ReadingSettings, world: PlanWorld) {
    this.#store = store
    this.#settings = settings
    this.#group = world.group
    this.#reports = world.reports
    this.#memory = world.memory
  }

  /**
   * Opens every partition that is asked for, in order. Throws `NotFoundError` for a topic, partition or offset that is not there.
   */
  async open(): Promise<PartitionReading[]> {
    const topics: BoundedPartition[][] = []
    // First all ends, so that they are of about the same moment, then the searches.
    for (const name of this.#settings.topics) topics.push(await this.#boundsOf(await this.#store.topic(name)))
    const readings: PartitionReading[] = []
    for (const partitions of topics) {
      const starts = await this.#startsOf(partitions)
      for (const [index, { source, end }] of partitions.entries()) {
        readings.push(new PartitionReading(source, { start: starts[index] ?? end, end }, this.#reports))
      }
    }
    return readings
  }

  async #boundsOf(topic: Topic): Promise<BoundedPartition[]> {
    const partitions: BoundedPartition[] = []
    const selected = selectedPartitions(topic, this.#settings.partitions)
    this.#partitions += selected.length
    if (this.#partitions > fewPartitionsMax) endStartUp()
    for (const partition of selected) {
      const at = { topic: topic.name, partition }
      if (this.#group?.isOurs(at) === false) continue
      const source = await this.#store.openSource(at, this.#settings.isolation)
      const { logStartOffset, highWatermark } = await source.refresh()
      const end = await this.#endOf(at, highWatermark)
      partitions.push({ source, logStartOffset, end })
    }
    return partitions
  }

  async #endOf(partition: TopicPartition, highWatermark: Offset): Promise<Offset> {
    const { endTimestamp } = this.#settings
    if (endTimestamp === undefined) return highWatermark
    return this.#offsetForTime(partition, endTimestamp, highWatermark)
  }

  async #offsetForTime(partition: TopicPartition, timestamp: TimestampMs, end: Offset): Promise<Offset> {
    const memory = this.#memory
    const found = await this.#store.offsetForTime(partition, timestamp, (bytes) => {
      memory.growWindow(bytes)
      return memory.window
    })
    return found === undefined || found.offset > end ? end : found.offset
  }

  async #startsOf(partitions: readonly BoundedPartition[]): Promise<Offset[]> {
    const resumed = await Promise.all(partitions.map((partition) => this.#committedStart(partition)))
    const others = partitions.filter((_, index) => resumed[index] === undefined)
    const starts = await this.#startsByRule(others, this.#settings.start)
    return resumed.map((start) => start ?? starts.shift() ?? offset(0n))
  }

  /** Where the group stopped; the log start where that is not in the log any more. */
  async #committedStart({ source, logStartOffset, end }: BoundedPartition): Promise<Offset | undefined> {
    const committed = this.#settings.resumes ? this.#group?.committedOf(source) : undefined
    if (committed === undefined) return undefined
    const isInside =
      committed >= logStartOffset && (committed <= end || committed <= (await this.#highWatermark(source)))
    if (isInside) return committed
    const why = committed < logStartOffset ? 'the records from there on were deleted' : 'the log ends before it'
    this.#reports.warn(
      `${nameOf(source)}: the group stopped at offset ${committed}, but ${why}: going on at offset ${logStartOffset}`,
    )
    return logStartOffset
  }

  async #startsByRule(partitions: readonly BoundedPartition[], rule: StartRule): Promise<Offset[]> {
    if (rule.kind === 'last-of-topic') {
      const walked = partitions.map((partition) => ({
        walk: new BatchWalk(partition.source, this.#memory),
        range: this.#countedRange(partition),
      }))
      return startsOfLast(walked, rule.count)
    }
    if (rule.kind === 'from') return this.#startsFrom(partitions, rule.nth)
    const starts: Offset[] = []
    for (const partition of partitions) starts.push(await this.#startOf(partition, rule))
    return starts
  }

  /** The records before the `nth` of the topic are those that would be printed first: partition after partition. */
  async #startsFrom(partitions: readonly BoundedPartition[], nth: number): Promise<Offset[]> {
    const starts: Offset[] = []
    let left = nth
    for (const partition of partitions) {
      const found = await startOfNth(new BatchWalk(partition.source, this.#memory), this.#countedRange(partition), left)
      starts.push(found.start)
      left -= found.passed
    }
    return starts
  }

  async #startOf(
    partition: BoundedPartition,
    rule: Exclude<StartRule, { kind: 'last-of-topic' | 'from' }>,
  ): Promise<Offset> {
    const { source, logStartOffset, end } = partition
    switch (rule.kind) {
      case 'beginning':
        return logStartOffset
      case 'end':
        return end
      case 'offset':
        await this.#checkOffset(partition, rule.offset)
        return rule.offset
      case 'last':
        return startOfLast(new BatchWalk(source, this.#memory), this.#countedRange(partition), Number(rule.count))
      case 'time': {
        const found = await this.#offsetForTime(source, rule.timestampMs, end)
        return found < logStartOffset ? logStartOffset : found
      }
    }
  }

  async #checkOffset({ source, logStartOffset, end }: BoundedPartition, wanted: Offset): Promise<void> {
    if (wanted >= logStartOffset && (wanted <= end || wanted <= (await this.#highWatermark(source)))) return
    throw new NotFoundError(
      `offset ${wanted} is not in ${nameOf(source)}, which has offsets [${logStartOffset}, ${end})`,
      {
        hint: 'tslog offsets shows what is there',
      },
    )
  }

  /** The end of all records, those of open transactions included. */
  async #highWatermark(partition: TopicPartition): Promise<Offset> {
    return (await this.#store.offsets(partition)).highWatermark
  }

  #countedRange({ logStartOffset, end }: BoundedPartition): CountedRange {
    return { start: logStartOffset, end, counts: timeFilter(this.#settings.since, this.#settings.until) }
  }
}
