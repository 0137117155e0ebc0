import type { Offset, TimestampMs } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { BatchPeeker } from './batch-peek.ts'
import type { CleanableLog, CleanableSegment } from './cleaning-plan.ts'
import { openIfThere } from './open-if-there.ts'
import type { PartitionReader } from './partition-reader.ts'
import { Segment } from './segment.ts'
import { TransactionView } from './transaction-view.ts'

/** What the decision about compaction must know of a partition, looked at without a lock; timestamps are read when they are asked for. */
export function readCleanableLog(
  fileSystem: FileSystem,
  { directory, reader }: { readonly directory: string; readonly reader: PartitionReader },
  checkpoint: Offset | undefined,
): CleanableLog {
  const { logStartOffset, visibleEndOffset } = reader.refresh()
  const { view } = reader
  const segments = view.bases.map((baseOffset, i): CleanableSegment => {
    const endOffset = view.bases[i + 1] ?? visibleEndOffset
    return {
      baseOffset,
      endOffset,
      bytes: fileSystem.stat(view.logPath(baseOffset))?.size ?? 0,
      largestTimestamp: () => largestTimestamp(fileSystem, directory, baseOffset),
      firstTimestamp: () => firstTimestamp(fileSystem, directory, baseOffset),
    }
  })
  const lastStableOffset = new TransactionView(fileSystem, directory, view).lastStableOffset(visibleEndOffset)
  return { segments, logStartOffset, logEndOffset: view.logEndOffset ?? visibleEndOffset, lastStableOffset, checkpoint }
}

/** By the batch headers: an index may be padded, cut or of another segment. `undefined` when one cannot be read. */
function largestTimestamp(fileSystem: FileSystem, directory: string, base: Offset): TimestampMs | undefined {
  return withSegment(fileSystem, { directory, base }, ({ log }) => {
    const peeker = new BatchPeeker(log)
    const size = log.size()
    let largest = -1
    for (let position = 0; position < size;) {
      const batch = peeker.at(position)
      if (batch === undefined) return undefined
      largest = Math.max(largest, batch.maxTimestamp)
      position += batch.sizeInBytes
    }
    return largest >= 0 ? largest : log.modifiedMs()
  })
}

function firstTimestamp(fileSystem: FileSystem, directory: string, base: Offset): TimestampMs {
  return withSegment(fileSystem, { directory, base }, ({ log }) => new BatchPeeker(log).at(0)?.maxTimestamp) ?? -1
}

function withSegment<T>(
  fileSystem: FileSystem,
  { directory, base }: { readonly directory: string; readonly base: Offset },
  look: (segment: Segment) => T,
): T | undefined {
  const segment = openIfThere(() => Segment.open(fileSystem, directory, base))
  try {
    return segment && look(segment)
  } finally {
    segment?.close()
  }
}
