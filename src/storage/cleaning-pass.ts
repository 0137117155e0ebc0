import { type Offset, offset, type ProducerId, type TimestampMs } from '../base/brands.ts'
import { TemporaryError } from '../base/errors.ts'
import type { FilterRules, LastOfProducer } from './batch-filter.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { type GroupedSegment, groupSegments } from './cleaning-plan.ts'
import { segmentFileName } from './file-names.ts'
import type { CleanerOptions } from './log-cleaner.ts'
import { MapBuilding } from './offset-map-building.ts'
import { openIfThere } from './open-if-there.ts'
import type { PartitionLog } from './partition-log.ts'
import { loadProducerState } from './producer-loading.ts'
import { RewrittenSegment } from './rewritten-segment.ts'
import { type CleanedCounts, SegmentCleaner } from './segment-cleaner.ts'
import { listSegments } from './segment-list.ts'
import { type ReplacedSegment, swapSegments } from './segment-swap.ts'
import { Segment } from './segment.ts'
import type { TopicConfig } from './topic-configs.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export interface CleaningPassOptions extends CleanerOptions {
  readonly config: TopicConfig
  readonly now: TimestampMs
  /** Added to. */
  readonly counts: CleanedCounts
}

/** What is to be compacted: from the first offset that was not, to the first that may not be. */
export interface DirtyRange {
  readonly firstDirtyOffset: Offset
  readonly endOffset: Offset
}

/** A closed segment while it is compacted. */
interface CleanedSegment extends GroupedSegment, ReplacedSegment {
  readonly modifiedMs: TimestampMs
}

/** Kafka: producer.id.expiration.ms. */
const producerExpirationMs = 86_400_000

/**
 * One pass of compaction over a log: notes the keys of dirty records until the map is full, then writes all segments up to there anew. The caller holds
 * the partition's `PartitionMaintenance`. Kafka: Cleaner.doClean.
 */
export class CleaningPass {
  readonly #log: PartitionLog
  readonly #options: CleaningPassOptions
  readonly #range: DirtyRange
  readonly #aborted: readonly AbortedTransaction[]

  constructor(log: PartitionLog, options: CleaningPassOptions, range: DirtyRange) {
    this.#log = log
    this.#options = options
    this.#range = range
    this.#aborted = this.#readAborted()
  }

  /** Returns where the log is dirty now. */
  async run(): Promise<Offset> {
    const latestOffset = await this.#buildMap()
    const segments = this.#closedSegments().filter(({ baseOffset }) => baseOffset <= latestOffset)
    const rules = this.#rules(latestOffset)
    const legacyDeleteHorizonMs = this.#legacyDeleteHorizonMs(segments)
    let target: RewrittenSegment | undefined
    const transactions = new CleanedTransactions((aborted) => target?.noteAborted(aborted))
    for (const group of groupSegments(segments, this.#options.config)) {
      target = this.#target(group)
      await this.#clean(group, target, { rules, transactions, legacyDeleteHorizonMs })
    }
    return offset(latestOffset + 1n)
  }

  async #buildMap(): Promise<Offset> {
    const { kernel, onBytes } = this.#options
    const { firstDirtyOffset, endOffset } = this.#range
    const keysMax = kernel.beginMap(Number(endOffset - firstDirtyOffset))
    const transactions = new CleanedTransactions()
    transactions.add(this.#abortedIn(firstDirtyOffset, endOffset))
    const building = new MapBuilding({ kernel, firstDirtyOffset, keysMax, transactions })
    for (const one of this.#closedSegments()) {
      if (one.endOffset <= firstDirtyOffset) continue
      const isRoom = await this.#reading(one, (segment) => building.addSegment(segment, one.endOffset, onBytes))
      if (!isRoom) break
    }
    return building.latestOffset
  }

  #rules(latestOffset: Offset): FilterRules {
    const { now, config } = this.#options
    return {
      latestOffset,
      endOffset: this.#range.endOffset,
      now,
      deleteRetentionMs: config.deleteRetentionMs,
      lastOfProducers: this.#lastOfProducers(),
    }
  }

  async #clean(
    group: readonly CleanedSegment[],
    target: RewrittenSegment,
    how: {
      readonly rules: FilterRules
      readonly transactions: CleanedTransactions
      readonly legacyDeleteHorizonMs: TimestampMs
    },
  ): Promise<void> {
    const { kernel, counts, fileSystem, onBytes } = this.#options
    const cleaner = new SegmentCleaner({ kernel, counts, target, ...how })
    try {
      for (const one of group) {
        how.transactions.add(this.#abortedIn(one.baseOffset, one.endOffset))
        const keepsLegacyTombstones = one.modifiedMs > how.legacyDeleteHorizonMs
        await this.#reading(one, (segment) => cleaner.add(segment, keepsLegacyTombstones, onBytes))
      }
      cleaner.finish()
      target.finish(group.at(-1)?.modifiedMs ?? 0)
    } catch (error) {
      target.discard()
      throw error
    }
    swapSegments(this.#log, fileSystem, { replaced: group, replacements: [target.baseOffset] })
  }

  #target(group: readonly CleanedSegment[]): RewrittenSegment {
    const { fileSystem, config } = this.#options
    const baseOffset = group[0]?.baseOffset ?? offset(0n)
    const { directory } = this.#log
    return new RewrittenSegment({ fileSystem, directory, baseOffset, indexIntervalBytes: config.indexIntervalBytes })
  }

  /** All segments below the end of the range, as they are now. */
  #closedSegments(): CleanedSegment[] {
    const bases = listSegments(this.#options.fileSystem, this.#log.directory)
    return bases.flatMap((baseOffset, i) => {
      const endOffset = bases[i + 1]
      if (endOffset === undefined || baseOffset >= this.#range.endOffset) return []
      const facts = this.#options.fileSystem.stat(this.#path(baseOffset, 'log'))
      if (facts === undefined) return []
      return {
        baseOffset,
        endOffset,
        bytes: facts.size,
        sizeInBytes: facts.size,
        identity: facts.identity,
        modifiedMs: facts.modifiedMs,
        indexBytes: this.#sizeOf(baseOffset, 'index'),
        timeIndexBytes: this.#sizeOf(baseOffset, 'timeindex'),
      }
    })
  }

  #sizeOf(base: Offset, part: 'index' | 'timeindex'): number {
    return this.#options.fileSystem.stat(this.#path(base, part))?.size ?? 0
  }

  #path(base: Offset, part: 'log' | 'index' | 'timeindex'): string {
    return `${this.#log.directory}/${segmentFileName(base, part)}`
  }

  async #reading<T>(one: CleanedSegment, read: (segment: Segment) => Promise<T>): Promise<T> {
    const { fileSystem } = this.#options
    const segment = openIfThere(() => Segment.open(fileSystem, this.#log.directory, one.baseOffset))
    if (segment === undefined || segment.log.identity !== one.identity) {
      segment?.close()
      const path = this.#path(one.baseOffset, 'log')
      throw new TemporaryError(`${path} was removed while the log was compacted`, { hint: 'run the command again' })
    }
    try {
      return await read(segment)
    } finally {
      segment.close()
    }
  }

  /** Up to which file time tombstones of magic 0 and 1 go: their batches cannot say it. */
  #legacyDeleteHorizonMs(segments: readonly CleanedSegment[]): TimestampMs {
    const { config } = this.#options
    const clean = segments.filter(({ baseOffset }) => baseOffset < this.#range.firstDirtyOffset)
    return (clean.at(-1)?.modifiedMs ?? 0) - config.deleteRetentionMs
  }

  #lastOfProducers(): Map<ProducerId, LastOfProducer> {
    const { fileSystem, now } = this.#options
    const state = loadProducerState(fileSystem, this.#log.directory, this.#log.offsets().logEndOffset)
    state.expire(now, producerExpirationMs)
    return new Map(
      state.toSnapshot().map(({ producerId, producerEpoch, lastOffset }) => {
        return [producerId, { producerEpoch, lastDataOffset: lastOffset < 0n ? undefined : lastOffset }]
      }),
    )
  }

  #readAborted(): AbortedTransaction[] {
    const { fileSystem } = this.#options
    const aborted: AbortedTransaction[] = []
    for (const base of listSegments(fileSystem, this.#log.directory)) {
      const segment = openIfThere(() => Segment.open(fileSystem, this.#log.directory, base))
      segment?.transactionIndex()?.forEach((one) => void aborted.push(one))
      segment?.close()
    }
    return aborted
  }

  /** Those with batches in [start, end). */
  #abortedIn(start: Offset, end: Offset): AbortedTransaction[] {
    return this.#aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= start && firstOffset < end)
  }
}
