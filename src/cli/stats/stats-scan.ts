import { type Offset, offset } from '../../base/brands.ts'
import type { BatchWindow } from '../../record/batch-window.ts'
import { plainBatchWindow } from '../../record/batch-window.ts'
import { scanBatch } from '../../record/log-batch.ts'
import type { BatchSource, LogStore } from '../../store/log-store.ts'
import type { PartitionStats, StatsScope } from './partition-stats.ts'
import { TopicStats } from './topic-stats.ts'

export interface ScanOptions {
  readonly scope: StatsScope
  readonly window: BatchWindow
  /** Told of what cannot be read, one line each. */
  readonly onDamage: (text: string) => void
  /** Told how much more was read, so that somebody can be shown. */
  readonly onProgress: (bytes: number, records: number) => Promise<void> | void
}

/** Reads a topic once, from the start to the end, and counts. */
export async function scanTopic(
  store: LogStore,
  topic: { readonly name: string; readonly partitionCount: number },
  options: ScanOptions,
): Promise<TopicStats> {
  const stats = new TopicStats(topic.name, options.scope)
  for (let partition = 0; partition < topic.partitionCount; partition++) {
    const where = { topic: topic.name, partition }
    const source = await store.openSource(where, 'read_uncommitted')
    try {
      const { logStartOffset, highWatermark: logEndOffset } = await source.refresh()
      const { bytes: diskBytes } = await store.partitionSize(where)
      const counts = stats.begin({ partition, logStartOffset, logEndOffset, diskBytes })
      const start = await startOf(store, where, options.scope.sinceMs)
      if (start === undefined) continue
      source.seek(start > logStartOffset ? start : logStartOffset)
      await scanSource(source, counts, { ...options, logStartOffset, logEndOffset })
    } finally {
      source.close()
    }
  }
  return stats
}

/** Where the first record of the time asked for is; `undefined` when all are older. */
async function startOf(
  store: LogStore,
  where: { readonly topic: string; readonly partition: number },
  sinceMs: number,
): Promise<Offset | undefined> {
  return sinceMs === -Infinity ? offset(0n) : (await store.offsetForTime(where, sinceMs))?.offset
}

interface Bounds {
  readonly logStartOffset: Offset
  /** What came later is not counted: the end is the end when the command started. */
  readonly logEndOffset: Offset
}

async function scanSource(source: BatchSource, counts: PartitionStats, options: ScanOptions & Bounds): Promise<void> {
  let { window } = options
  while (source.nextOffset < options.logEndOffset) {
    const read = await source.read(window)
    if (read.kind === 'end') return
    if (read.kind === 'large') window = plainBatchWindow(read.sizeInBytes)
    if (read.kind === 'damage') {
      const { path, position, firstOffset, nextOffset, reason } = read.damage
      options.onDamage(`${path}: damaged at byte ${position}, offsets ${firstOffset} to ${nextOffset - 1n}: ${reason}`)
    }
    if (read.kind !== 'batches') continue
    const before = counts.records
    countBatches(source, counts, { ...options, bytes: window.bytes, end: read.end })
    await options.onProgress(read.end, counts.records - before)
    // A batch that took memory of its own is seldom followed by another.
    window = options.window
  }
}

function countBatches(
  source: BatchSource,
  counts: PartitionStats,
  read: ScanOptions & Bounds & { readonly bytes: Uint8Array; readonly end: number },
): void {
  for (let at = 0; at < read.end;) {
    const scanned = scanBatch(read.bytes, at, read.end)
    if (scanned.kind !== 'batch') return
    const { batch } = scanned
    at += batch.sizeInBytes
    if (!source.isShown(batch)) continue
    const problem = counts.add(batch, read.logStartOffset)
    if (problem === undefined) continue
    const where = `${source.topic}:${source.partition}`
    read.onDamage(`${where}: the batch that ends at offset ${batch.lastOffset} cannot be read: ${problem}`)
  }
}
