import type { Offset, TimestampMs } from '../base/brands.ts'
import { DivergedError, NotFoundError, TemporaryError } from '../base/errors.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { scanBatch } from '../record/log-batch.ts'
import { TEMPORARY_SUFFIX, type TopicPartition } from '../storage/file-names.ts'
import {
  type BundleContents,
  bundleMagic,
  chainCrc,
  encodeContents,
  encodeEnd,
  frameOf,
  type BundleFrameKind,
} from './bundle-format.ts'
import type { BundleLeader } from './bundle-leader.ts'
import type { GroupOffsets, Leader, LeaderPartition, LeaderTopic } from './leader.ts'
import { partitionToMessage, topicToMessage } from './messages.ts'

export interface BundleOrder {
  readonly topics: readonly LeaderTopic[]
  readonly isWanted: (partition: number) => boolean
  /** What was bundled before: only what came since goes in. */
  readonly since: BundleLeader | undefined
  readonly groups: readonly GroupOffsets[]
  readonly createdMs: TimestampMs
}

/** One partition of a bundle. */
export interface BundledPartition extends TopicPartition {
  readonly described: LeaderPartition
  readonly fromOffset: Offset
}

/** Puts the topics of a leader into one file: what they are, batches, checksums. */
export class BundleWriter {
  readonly #leader: Leader
  readonly #order: BundleOrder

  constructor(leader: Leader, order: BundleOrder) {
    this.#leader = leader
    this.#order = order
  }

  /**
   * What goes in. Throws `DivergedError` when the log has left what was bundled before, `NotFoundError` when a partition is gone.
   */
  async plan(): Promise<BundledPartition[]> {
    const partitions = this.#order.topics.flatMap(({ name, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition })).filter(({ partition }) =>
        this.#order.isWanted(partition),
      ),
    )
    const described = await this.#leader.partitions(partitions, 0)
    const planned: BundledPartition[] = []
    for (const [at, partition] of partitions.entries()) {
      const one = described[at]
      if (one === undefined)
        throw new NotFoundError(`partition ${partition.partition} of ${partition.topic} is not there`)
      planned.push({ ...partition, described: one, fromOffset: await this.#fromOffset(partition, one) })
    }
    return planned
  }

  /** Writes the bundle; it has its name once it is whole and on the disk. */
  async write(
    fileSystem: FileSystem,
    path: string,
    planned: readonly BundledPartition[],
    onWritten: OnWritten,
  ): Promise<void> {
    const temporary = path + TEMPORARY_SUFFIX
    const file = lockedFile(fileSystem, temporary)
    try {
      file.truncate(0)
      const frames = new FrameSink(file)
      frames.put('contents', [encodeContents(await this.#contents(planned))])
      for (const [at, partition] of planned.entries()) await this.#writePartition(frames, at, { partition, onWritten })
      frames.finish()
      file.sync()
      fileSystem.rename(temporary, path)
    } catch (error) {
      fileSystem.remove(temporary)
      throw error
    } finally {
      file.close()
    }
    fileSystem.syncDirectory(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.')
  }

  async #fromOffset(partition: TopicPartition, described: LeaderPartition): Promise<Offset> {
    const last = this.#order.since?.find(partition)?.described
    if (last === undefined) return described.logStartOffset
    if (!(await this.#isContinued(partition, last, described))) {
      throw new DivergedError(
        `${partition.topic}-${partition.partition} has left what ${this.#order.since?.name} holds, which ends at offset ${last.logEndOffset}`,
        { hint: 'make a bundle without --since' },
      )
    }
    return last.logEndOffset > described.logStartOffset ? last.logEndOffset : described.logStartOffset
  }

  /** Whether the log still has what was bundled before, or retention has taken it away. */
  async #isContinued(partition: TopicPartition, last: LeaderPartition, now: LeaderPartition): Promise<boolean> {
    const topic = this.#order.topics.find(({ name }) => name === partition.topic)
    if (this.#order.since?.topicId(partition.topic) !== topic?.id || last.logEndOffset > now.logEndOffset) return false
    const { lastBatch } = last
    if (lastBatch === undefined || lastBatch.nextOffset <= now.logStartOffset) return true
    return (await this.#leader.batchAt(partition, lastBatch.baseOffset))?.crc === lastBatch.crc
  }

  async #contents(planned: readonly BundledPartition[]): Promise<BundleContents> {
    const { createdMs, topics, groups } = this.#order
    const partitions = planned.map(({ topic, partition, described, fromOffset }) => ({
      topic,
      partition,
      described: partitionToMessage(described),
      fromOffset,
      before: this.#order.since?.find({ topic, partition })?.described.lastBatch ?? null,
    }))
    return { createdMs, source: this.#leader.name, topics: topics.map(topicToMessage), partitions, groups }
  }

  async #writePartition(
    frames: FrameSink,
    index: number,
    { partition, onWritten }: { partition: BundledPartition; onWritten: OnWritten },
  ): Promise<void> {
    const head = new Uint8Array(4)
    new DataView(head.buffer).setUint32(0, index)
    const { logEndOffset } = partition.described
    let from = partition.fromOffset
    while (from < logEndOffset) {
      const fetched = await this.#leader.fetch(partition, from)
      const { bytes, nextOffset, records } = upTo(fetched, logEndOffset)
      if (bytes.length === 0 && !(await this.#isGap(partition, from))) throw overtaken(partition)
      if (bytes.length === 0) return
      frames.put('batches', [head, bytes])
      this.#leader.giveBack?.(fetched)
      await onWritten(index, { bytes: bytes.length, records })
      from = nextOffset
    }
  }

  /** Whether the log has no batch from here to its end, as compaction may leave it. */
  async #isGap(partition: BundledPartition, from: Offset): Promise<boolean> {
    const next = await this.#leader.batchAt(partition, from)
    return next === undefined || next.baseOffset >= partition.described.logEndOffset
  }
}

/** Throws `TemporaryError` when another process writes it, or has just given it its name. */
function lockedFile(fileSystem: FileSystem, path: string): OpenFile {
  const file = fileSystem.open(path, 'create')
  if (file.lock('exclusive', 0) && fileSystem.stat(path)?.identity === file.identity) return file
  file.close()
  throw new TemporaryError(`${path} is written by another process`, {
    hint: 'run the command again when that one is done',
  })
}

/** Told of batches of the planned partition at this place in the list. */
type OnWritten = (at: number, written: { readonly bytes: number; readonly records: number }) => Promise<void>

function overtaken({ topic, partition }: TopicPartition): TemporaryError {
  return new TemporaryError(`partition ${partition} of ${topic} was changed while it was bundled`, {
    hint: 'run the command again',
  })
}

/** The batches below `end`: what came since the bundle was begun is for the next one. */
function upTo(fetched: Uint8Array, end: Offset): { bytes: Uint8Array; nextOffset: Offset; records: number } {
  let nextOffset = end
  let records = 0
  let position = 0
  while (position < fetched.length) {
    const scanned = scanBatch(fetched, position, fetched.length)
    if (scanned.kind !== 'batch' || scanned.batch.nextOffset > end) break
    nextOffset = scanned.batch.nextOffset
    records += scanned.batch.recordCount
    position += scanned.batch.sizeInBytes
  }
  return { bytes: fetched.subarray(0, position), nextOffset, records }
}

class FrameSink {
  readonly #file: OpenFile
  #position: number
  #chained = 0
  #count = 0

  constructor(file: OpenFile) {
    this.#file = file
    file.write(bundleMagic, 0)
    this.#position = bundleMagic.length
  }

  put(kind: BundleFrameKind, pieces: readonly Uint8Array[]): void {
    const { bytes, crc } = frameOf(kind, pieces)
    this.#file.write(bytes, this.#position)
    this.#position += bytes.length
    this.#chained = chainCrc(this.#chained, crc)
    this.#count++
  }

  finish(): void {
    this.put('end', [encodeEnd({ frameCount: this.#count, chainedCrc: this.#chained })])
  }
}
