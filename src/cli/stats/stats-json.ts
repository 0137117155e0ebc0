import type { JsonValue } from '../format/json-document.ts'
import { utf8Text } from '../format/utf8.ts'
import type { CountedKey } from './key-counter.ts'
import type { TimeSlots } from './time-histogram.ts'
import type { CountedPartition, TopicStats } from './topic-stats.ts'

/** One topic of `stats --json`. What was not looked at is null. */
export function statsJson(stats: TopicStats, slots: TimeSlots | undefined, top: number): JsonValue {
  const { hasKeys, keys } = stats
  return {
    topic: stats.topic,
    records: stats.total('records'),
    batches: stats.total('batches'),
    bytes: stats.total('bytes'),
    diskBytes: stats.diskBytes,
    payloadBytes: hasKeys ? stats.total('payloadBytes') : null,
    tombstones: hasKeys ? stats.total('tombstones') : null,
    firstTimestamp: timeOrNull(stats.firstTimestamp),
    lastTimestamp: timeOrNull(stats.lastTimestamp),
    codecs: Object.fromEntries([...stats.codecs()].map(([codec, sums]) => [codec, { ...sums }])),
    keys: hasKeys
      ? {
          distinct: keys.distinct,
          isAtLeast: !keys.isComplete,
          keylessRecords: stats.total('keylessRecords'),
          top: keys.top(top).map(jsonOfKey),
        }
      : null,
    slots: slots === undefined ? null : { from: slots.fromMs, slotMs: slots.slotMs, records: slots.counts },
    partitions: stats.partitions.map(jsonOfPartition),
  }
}

function jsonOfPartition({ partition, logStartOffset, logEndOffset, diskBytes, counts }: CountedPartition): JsonValue {
  const { records, batches, bytes, codecs } = counts
  return {
    partition,
    logStartOffset,
    logEndOffset,
    records,
    batches,
    bytes,
    diskBytes,
    firstTimestamp: timeOrNull(counts.firstTimestamp),
    lastTimestamp: timeOrNull(counts.lastTimestamp),
    codecs: [...codecs.keys()],
  }
}

function jsonOfKey({ key, count }: CountedKey): JsonValue {
  const text = utf8Text(key)
  return text === undefined ? { key_base64: Buffer.from(key).toString('base64'), count } : { key: text, count }
}

function timeOrNull(timestamp: number): number | null {
  return timestamp < 0 ? null : timestamp
}
