import type { Offset, TimestampMs } from '../../base/brands.ts'
import type { CompressionCodec } from '../../record/codec.ts'
import { KeyCounter } from './key-counter.ts'
import { type CodecStats, PartitionStats, type StatsScope } from './partition-stats.ts'
import { TimeHistogram } from './time-histogram.ts'

/** One partition of a topic, and where it begins and ends. */
export interface CountedPartition {
  readonly partition: number
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  /** Bytes of its segments on the disk. */
  readonly diskBytes: number
  readonly counts: PartitionStats
}

/** What is counted of one topic. */
export class TopicStats {
  readonly topic: string
  readonly times: TimeHistogram
  readonly keys = new KeyCounter()
  readonly partitions: CountedPartition[] = []
  readonly #scope: StatsScope

  constructor(topic: string, scope: StatsScope) {
    this.topic = topic
    this.times = new TimeHistogram(scope.slotMs)
    this.#scope = scope
  }

  /** Begins the next partition. */
  begin(where: Omit<CountedPartition, 'counts'>): PartitionStats {
    const counts = new PartitionStats(this.#scope, this)
    this.partitions.push({ ...where, counts })
    return counts
  }

  /** The sum over all partitions. */
  total(field: 'records' | 'batches' | 'bytes' | 'payloadBytes' | 'keylessRecords' | 'tombstones'): number {
    return this.partitions.reduce((sum, { counts }) => sum + counts[field], 0)
  }

  get diskBytes(): number {
    return this.partitions.reduce((sum, one) => sum + one.diskBytes, 0)
  }

  /** Whether keys, values and payload bytes were looked at. */
  get hasKeys(): boolean {
    return this.#scope.withKeys
  }

  /** -1 when no record has a timestamp. */
  get firstTimestamp(): TimestampMs {
    const times = this.partitions.map(({ counts }) => counts.firstTimestamp).filter((time) => time >= 0)
    return times.length === 0 ? -1 : Math.min(...times)
  }

  get lastTimestamp(): TimestampMs {
    return this.partitions.reduce((last, { counts }) => Math.max(last, counts.lastTimestamp), -1)
  }

  /** Sums by codec, of all partitions. */
  codecs(): ReadonlyMap<CompressionCodec, Readonly<CodecStats>> {
    const sums = new Map<CompressionCodec, CodecStats>()
    for (const { counts } of this.partitions) {
      for (const [codec, { batches, records, bytes }] of counts.codecs) {
        const sum = sums.get(codec) ?? { batches: 0, records: 0, bytes: 0 }
        sums.set(codec, { batches: sum.batches + batches, records: sum.records + records, bytes: sum.bytes + bytes })
      }
    }
    return sums
  }
}
