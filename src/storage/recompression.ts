import type { Offset } from '../base/brands.ts'
import { CorruptSegmentError, TemporaryError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import type { CompressionCodec } from '../record/codec.ts'
import type { LogBatch } from '../record/log-batch.ts'
import { BatchWalker } from './batch-walker.ts'
import { partitionDirectoryName } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import type { PartitionLog } from './partition-log.ts'
import { PartitionMaintenance } from './partition-maintenance.ts'
import { saysTheSame, uncompressed } from './recompressed-batch.ts'
import { readRecompressedMark, writeRecompressedMark } from './recompressed-mark.ts'
import { RewrittenSegment } from './rewritten-segment.ts'
import { listPartition, listSegments } from './segment-list.ts'
import { swapSegments } from './segment-swap.ts'
import { Segment } from './segment.ts'
import { hasSwapFiles, settleSwap } from './swap-settlement.ts'
import { openSameTopic, type TopicIdPartition } from './topic-id-partition.ts'

/** Compresses batches, as many at a time as it likes. */
export interface BatchRecompressor {
  /** Takes an uncompressed batch of magic 2, whose length and CRC need not be right. `done` is called in the order of the calls. */
  write(batch: Uint8Array, done: (compressed: Uint8Array) => void): Promise<void>
  /** Waits until all are done. */
  drain(): Promise<void>
}

/** Codec and level that closed segments shall have. */
export interface RecompressionTarget {
  readonly codec: CompressionCodec
  readonly level: number
}

export interface RecompressionOptions extends RecompressionTarget {
  readonly fileSystem: FileSystem
  readonly recompressor: BatchRecompressor
  readonly window?: BatchWindow
  /** Told of bytes that were read. */
  readonly onBytes?: (bytes: number, records: number) => Promise<void> | void
  readonly onWarning?: (warning: string) => void
}

/** What recompressing a partition came to. */
export interface RecompressedPartition {
  /** Segments that were rewritten; others were damaged, or would not have got smaller. */
  segments: number
  /** Of those, in their `.log`. */
  bytesBefore: number
  bytesAfter: number
  damaged: number
}

/** Base offsets of the closed segments that were not recompressed so far. */
export function segmentsToRecompress(fileSystem: FileSystem, directory: string, target: RecompressionTarget): Offset[] {
  const mark = readRecompressedMark(fileSystem, directory)
  const isDone = mark !== undefined && mark.codec === target.codec && mark.level >= target.level
  const closed = listSegments(fileSystem, directory).slice(0, -1)
  return isDone ? closed.filter((base) => base >= mark.endOffset) : closed
}

/**
 * Compresses the batches of closed segments anew, one by one: offsets, timestamps, producer ids and sequence numbers stay, and so does a batch that would not get
 * smaller. A segment is swapped as a whole, so that a crash leaves the old or the new one; producers and readers go on. A segment with damage stays as it
 * is. Throws `LockedError` when another process rewrites segments of the partition.
 */
export async function recompressPartition(
  directory: LogDirectory,
  where: TopicIdPartition,
  options: RecompressionOptions,
): Promise<RecompressedPartition> {
  const { fileSystem } = options
  const log = openSameTopic(directory, fileSystem, where)
  log.offsets()
  const path = `${directory.path}/${partitionDirectoryName(where)}`
  const maintenance = PartitionMaintenance.begin(fileSystem, path)
  try {
    if (hasSwapFiles(listPartition(fileSystem, path))) log.rearrange(() => settleSwap(fileSystem, path, true))
    const { indexIntervalBytes } = directory.config(where.topic)
    return await new PartitionRecompression(log, { ...options, indexIntervalBytes }).run()
  } finally {
    maintenance.end()
  }
}

class PartitionRecompression {
  readonly #log: PartitionLog
  readonly #options: RecompressionOptions & { readonly indexIntervalBytes: number }
  readonly #result: RecompressedPartition = { segments: 0, bytesBefore: 0, bytesAfter: 0, damaged: 0 }

  constructor(log: PartitionLog, options: RecompressionOptions & { readonly indexIntervalBytes: number }) {
    this.#log = log
    this.#options = options
  }

  async run(): Promise<RecompressedPartition> {
    const { fileSystem, codec, level, onWarning } = this.#options
    const { directory } = this.#log
    const bases = listSegments(fileSystem, directory)
    for (const base of segmentsToRecompress(fileSystem, directory, this.#options)) {
      const endOffset = bases[bases.indexOf(base) + 1]
      if (endOffset === undefined) break
      try {
        await this.#rewrite(base)
      } catch (error) {
        // Others trimmed, deleted or rewrote it meanwhile: the next run looks again from here.
        if (error instanceof TemporaryError) break
        if (!(error instanceof CorruptSegmentError)) throw error
        this.#result.damaged++
        onWarning?.(`${error.message}; the segment stays as it is`)
      }
      writeRecompressedMark(fileSystem, directory, { codec, level, endOffset })
    }
    return this.#result
  }

  async #rewrite(baseOffset: Offset): Promise<void> {
    const { fileSystem } = this.#options
    const segment = Segment.open(fileSystem, this.#log.directory, baseOffset)
    try {
      this.#swap(segment, await this.#rewritten(segment))
    } finally {
      segment.close()
    }
  }

  async #rewritten(segment: Segment): Promise<RewrittenSegment> {
    const { fileSystem, indexIntervalBytes } = this.#options
    const { baseOffset } = segment
    const target = new RewrittenSegment({
      fileSystem,
      directory: this.#log.directory,
      baseOffset,
      indexIntervalBytes,
    })
    try {
      await this.#copy(segment, target)
      segment.transactionIndex()?.forEach((aborted) => target.noteAborted(aborted))
      return target
    } catch (error) {
      target.discard()
      throw error
    }
  }

  async #copy(segment: Segment, target: RewrittenSegment): Promise<void> {
    const { window, recompressor, onBytes } = this.#options
    const walker = new BatchWalker(segment.log, window === undefined ? {} : { window })
    for (let walked = walker.next(); walked.kind !== 'end'; walked = walker.next()) {
      if (walked.kind !== 'batch' || !walked.isCrcValid) {
        await recompressor.drain()
        throw new CorruptSegmentError(segment.log.path, walked.position, 'a batch cannot be read')
      }
      await this.#take(walked.batch, target)
      await onBytes?.(walked.batch.sizeInBytes, Number(walked.batch.nextOffset - walked.batch.baseOffset))
    }
    await recompressor.drain()
  }

  async #take(batch: LogBatch, target: RewrittenSegment): Promise<void> {
    const { recompressor } = this.#options
    const { lastOffset, maxTimestamp } = batch
    const put = (bytes: Uint8Array): void =>
      target.append(bytes, [{ position: 0, sizeInBytes: bytes.length, lastOffset, maxTimestamp }])
    // The walker's memory is used again before the batch is done.
    const original = batch.bytes.slice()
    const found = uncompressed(batch)
    if (found === undefined) {
      await recompressor.drain()
      put(original)
      return
    }
    const plain = found === batch.bytes ? original : found
    await recompressor.write(plain, (compressed) => {
      put(compressed.length < original.length && saysTheSame(compressed.slice(), plain) ? compressed : original)
    })
  }

  #swap(segment: Segment, target: RewrittenSegment): void {
    const { log, baseOffset } = segment
    const sizeInBytes = log.size()
    if (target.sizeInBytes >= sizeInBytes) {
      target.discard()
      return
    }
    target.finish(log.modifiedMs())
    const replaced = [{ baseOffset, identity: log.identity, sizeInBytes }]
    try {
      swapSegments(this.#log, this.#options.fileSystem, { replaced, replacements: [baseOffset] })
    } catch (error) {
      // Nothing was renamed then. After any other failure what is there is for whoever opens the partition next.
      if (error instanceof TemporaryError) target.discard()
      throw error
    }
    this.#result.segments++
    this.#result.bytesBefore += sizeInBytes
    this.#result.bytesAfter += target.sizeInBytes
  }
}
