import type { LeaderEpoch, Offset, TimestampMs } from '../base/brands.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { batchFieldAt, RecordBatch } from '../record/record-batch.ts'
import { BatchPeeker } from './batch-peek.ts'
import { openIfThere } from './open-if-there.ts'
import type { PartitionView } from './partition-view.ts'
import { Segment } from './segment.ts'

/** What tells one batch from any other that may stand in its place in another log. */
export interface BatchFacts {
  readonly baseOffset: Offset
  /** The offset after its last record. */
  readonly nextOffset: Offset
  /** -1 when it is older than epochs are. */
  readonly leaderEpoch: LeaderEpoch
  /** As its head says; nobody has looked at the bytes. */
  readonly crc: number
  readonly attributes: number
  readonly maxTimestamp: TimestampMs
}

/** Where batches are looked for: a partition that others may write to. */
export interface FactsSource {
  readonly fileSystem: FileSystem
  /** Of the partition. */
  readonly directory: string
  readonly view: PartitionView
}

/** The first batch that ends behind `target`: the one that holds it, or the next one. `undefined` when there is none of magic 2. */
export function batchAt(source: FactsSource, target: Offset): BatchFacts | undefined {
  const { bases } = source.view
  const first = source.view.segmentFor(target)
  for (const base of bases.filter((one) => first === undefined || one >= first)) {
    const facts = inSegment(source, base, (segment) => factsAt(segment.log, segment.positionOf(target)))
    if (facts !== undefined) return facts
  }
  return undefined
}

/** The last batch that ends at or before `end`. */
export function lastBatchBefore(source: FactsSource, end: Offset): BatchFacts | undefined {
  for (const base of source.view.bases.toReversed()) {
    if (base >= end) continue
    const facts = inSegment(source, base, (segment) => lastIn(segment, end))
    if (facts !== undefined) return facts
  }
  return undefined
}

function inSegment<T>(
  { fileSystem, directory, view }: FactsSource,
  base: Offset,
  look: (segment: Segment) => T,
): T | undefined {
  const segment = openIfThere(() => Segment.open(fileSystem, directory, base, view.fileStateOf(base)))
  try {
    return segment && look(segment)
  } finally {
    segment?.close()
  }
}

function lastIn(segment: Segment, end: Offset): BatchFacts | undefined {
  // The index names the last offset of the batch at its position: what it finds for the offset before `end` is at most the last.
  const peeker = new BatchPeeker(segment.log)
  const entry = segment.offsetIndex()?.lookup((end - 1n) as Offset)
  const isSound = entry !== undefined && peeker.at(entry.position)?.lastOffset === entry.offset
  let position: number = isSound ? entry.position : 0
  let found: number | undefined
  for (;;) {
    const batch = peeker.at(position)
    if (batch === undefined || batch.lastOffset >= end) break
    found = position
    position += batch.sizeInBytes
  }
  return found === undefined ? undefined : factsAt(segment.log, found)
}

function factsAt(log: OpenFile, position: number): BatchFacts | undefined {
  const head = new Uint8Array(RecordBatch.overhead)
  if (log.read(head, position) < head.length || head[RecordBatch.magicStart] !== 2) return undefined
  return factsOf(new DataView(head.buffer))
}

/** What the head of a batch says. */
export function batchFacts({ bytes }: RecordBatch): BatchFacts {
  return factsOf(new DataView(bytes.buffer, bytes.byteOffset, RecordBatch.overhead))
}

function factsOf(head: DataView): BatchFacts {
  const baseOffset = head.getBigInt64(batchFieldAt.baseOffset)
  return {
    baseOffset: baseOffset as Offset,
    nextOffset: (baseOffset + BigInt(head.getInt32(batchFieldAt.lastOffsetDelta)) + 1n) as Offset,
    leaderEpoch: head.getInt32(batchFieldAt.partitionLeaderEpoch) as LeaderEpoch,
    crc: head.getUint32(batchFieldAt.crc),
    attributes: head.getInt16(batchFieldAt.attributes),
    maxTimestamp: Number(head.getBigInt64(batchFieldAt.maxTimestamp)),
  }
}
