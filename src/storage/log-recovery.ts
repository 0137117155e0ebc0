import { type FilePosition, type LeaderEpoch, NO_TIMESTAMP, type Offset, offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { LogBatch } from '../record/log-batch.ts'
import type { ActiveSegment } from './active-segment.ts'
import { BatchWalker, type Walked } from './batch-walker.ts'
import type { CheckWindows } from './check-windows.ts'
import { quarantineFileName } from './file-names.ts'
import type { LeaderEpochEntry } from './leader-epoch-history.ts'
import type { Damage } from './partition-reader.ts'
import type { ProducerState } from './producer-state.ts'
import { quarantine } from './quarantine.ts'
import { baseOffsetAt, findContradiction, findNextBatch } from './segment-search.ts'

/** How to look at a segment after whoever wrote it may have been killed, or the machine may have lost power. */
export interface SegmentRecoveryOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  /** All below it was synced once: bad bytes there are damage, never a torn tail. */
  readonly recoveryPoint: Offset
  /** The page cache of the last writer is still there, so nothing but its very last write can be torn. */
  readonly isSameBoot: boolean
  /** The segment is the newest one; an older one is never cut. */
  readonly isLast: boolean
  /** Where the next segment begins, in an older one. */
  readonly endOffset?: Offset
  readonly windows?: CheckWindows
  /** What is known of producers before the place where recovery begins; each whole batch is replayed into it. */
  readonly producers: ProducerState
  /** Called before bytes are cut, so that what the cut changes for others is durable first. */
  readonly beforeCut: (cut: LogCut) => void
}

/** The log is about to end at `nextOffset`. */
export interface LogCut {
  readonly nextOffset: Offset
  /** Leader epochs that the batches of this segment name, with their first offsets. */
  readonly epochs: readonly LeaderEpochEntry[]
}

/** What recovery of one segment found and did. */
export interface SegmentRecovery {
  /** The offset after the last record of the segment. */
  readonly nextOffset: Offset
  /** Leader epochs that the batches name, with their first offsets. */
  readonly epochs: readonly LeaderEpochEntry[]
  /** Bytes that were cut off the end. */
  readonly cutBytes: number
  /** Where the bytes that were cut went, when valid batches were among them or all of them had been synced. */
  readonly quarantinePath: string | undefined
  /** Bad bytes that were left where they are. */
  readonly damages: readonly Damage[]
}

const offsetMax = offset(2n ** 63n - 1n)
/** What the entries of an offset index can say. */
const offsetsPerSegment = 2n ** 31n

/**
 * Checks every batch of `segment` from its progress on, indexes it as Kafka's own recovery would, and decides what the first bad byte
 * means (see the table in the layer's README). To check the segment from its start, call its `remakeIndexes` first.
 */
export function recoverSegment(segment: ActiveSegment, from: Offset, options: SegmentRecoveryOptions): SegmentRecovery {
  return new SegmentRecoveryRun(segment, from, options).run()
}

class SegmentRecoveryRun {
  readonly #segment: ActiveSegment
  readonly #options: SegmentRecoveryOptions
  readonly #walker: BatchWalker
  readonly #size: number
  readonly #epochs: LeaderEpochEntry[] = []
  readonly #damages: Damage[] = []
  #nextOffset: Offset
  #cutBytes = 0
  #quarantinePath: string | undefined

  constructor(segment: ActiveSegment, from: Offset, options: SegmentRecoveryOptions) {
    this.#segment = segment
    this.#options = options
    this.#size = segment.log.size()
    this.#nextOffset = from
    const position = segment.progress.endPosition
    const window = options.windows?.(this.#size - position)
    this.#walker = new BatchWalker(segment.log, { position, end: this.#size, ...(window && { window }) })
  }

  run(): SegmentRecovery {
    while (this.#takeOrdinary() || this.#step(this.#walker.next())) {
      // Each step moves the walker on.
    }
    this.#segment.flushIndexes()
    return {
      nextOffset: this.#nextOffset,
      epochs: this.#epochs,
      cutBytes: this.#cutBytes,
      quarantinePath: this.#quarantinePath,
      damages: this.#damages,
    }
  }

  /** Many batches at once that go on with the offset and the leader epoch of the ones before: there is nothing to decide about them. */
  #takeOrdinary(): boolean {
    const epoch = this.#epochs.at(-1)
    if (epoch === undefined) return false
    let { position }: { position: number } = this.#walker
    const from = { nextOffset: this.#nextOffset, endOffset: this.#border, leaderEpoch: epoch.epoch }
    const walked = this.#walker.walkOrdinary(from)
    if (walked === undefined) return false
    const { producers } = this.#options
    for (let index = 0; index < walked.count; index++) {
      const sizeInBytes = walked.sizes[index] ?? 0
      const lastOffset = offset(this.#nextOffset + BigInt((walked.offsetCounts[index] ?? 0) - 1))
      this.#segment.note({
        position,
        sizeInBytes,
        lastOffset,
        maxTimestamp: walked.maxTimestamps[index] ?? NO_TIMESTAMP,
      })
      if (walked.ofProducers[index] === 1) producers.replay(this.#walker.batchAt(position))
      position += sizeInBytes
      this.#nextOffset = offset(lastOffset + 1n)
    }
    producers.skipTo(this.#nextOffset)
    return true
  }

  /** False at the end. */
  #step(walked: Walked): boolean {
    switch (walked.kind) {
      case 'batch':
        if (!walked.isCrcValid) return this.#decide(walked.position, 'the CRC of a batch is wrong')
        return this.#place(walked.batch, walked.position)
      case 'end':
        return false
      case 'incomplete':
        return this.#decide(walked.position, 'a batch is cut off')
      case 'malformed':
        return this.#decide(walked.position, walked.reason)
    }
  }

  /** The base offset lies outside of the CRC: whether it can be right, the batches around it say. */
  #place(batch: LogBatch, position: FilePosition): boolean {
    if (batch.lastOffset < this.#nextOffset) return this.#decide(position, 'its offsets go back', position)
    const endPosition = position + batch.sizeInBytes
    const inPlace = { batch, endPosition, offsetMin: this.#nextOffset }
    const next = findContradiction(this.#segment.log, this.#size, inPlace)
    if (next === undefined) return this.#takeWithin(batch, position)
    // The batch itself is whole, so nothing is torn here, whatever boot this is.
    return this.#skip(position, endPosition, {
      nextOffset: next === endPosition ? baseOffsetAt(this.#segment.log, next) : this.#nextOffset,
      reason: 'its offsets do not fit those behind it',
    })
  }

  /** No batch of the segment ends behind it. */
  get #border(): Offset {
    return this.#options.endOffset ?? offset(this.#segment.baseOffset + offsetsPerSegment)
  }

  #takeWithin(batch: LogBatch, position: FilePosition): boolean {
    if (batch.nextOffset > this.#border) return this.#decide(position, 'its offsets do not fit', position)
    return this.#take(batch, position)
  }

  #take(batch: LogBatch, position: FilePosition): boolean {
    const { sizeInBytes, lastOffset, maxTimestamp, partitionLeaderEpoch } = batch
    this.#segment.note({ position, sizeInBytes, lastOffset, maxTimestamp })
    if (partitionLeaderEpoch > (this.#epochs.at(-1)?.epoch ?? -1)) {
      this.#epochs.push({ epoch: partitionLeaderEpoch as LeaderEpoch, startOffset: batch.baseOffset })
    }
    const ended = this.#options.producers.replay(batch)
    if (ended?.isAborted === true) this.#segment.noteAborted(ended)
    this.#nextOffset = batch.nextOffset
    return true
  }

  /**
   * The bytes at `position` are no batch that may stand there. False when this is the end. From `wholeFrom` on whole batches tell that there is
   * something to be kept, even if their offsets do not fit.
   */
  #decide(position: number, reason: string, wholeFrom = position + 1): boolean {
    const found = this.#find(position + 1, this.#nextOffset)
    if (found !== undefined && !this.#mayCutValidBatches()) return this.#leave(position, found, reason)
    if (!this.#options.isLast) return this.#leave(position, this.#size, reason)
    const isWorthKeeping = found !== undefined || this.#wasSynced()
    if (isWorthKeeping || this.#find(wholeFrom, this.#segment.baseOffset) !== undefined) this.#quarantine(position)
    this.#cut(position)
    return false
  }

  #find(position: number, offsetMin: Offset): FilePosition | undefined {
    const { endOffset = offsetMax } = this.#options
    return findNextBatch(this.#segment.log, { position, end: this.#size, offsetMin, offsetMax: endOffset })
  }

  /** After a power cut the valid prefix is the log, unless what went bad had been synced: then it is damage. */
  #mayCutValidBatches(): boolean {
    return this.#options.isLast && !this.#options.isSameBoot && !this.#wasSynced()
  }

  #wasSynced(): boolean {
    return this.#nextOffset < this.#options.recoveryPoint
  }

  #leave(position: number, end: number, reason: string): boolean {
    const nextOffset =
      end === this.#size ? (this.#options.endOffset ?? this.#nextOffset) : baseOffsetAt(this.#segment.log, end)
    return this.#skip(position, end, { nextOffset, reason })
  }

  #skip(position: number, end: number, what: Pick<Damage, 'nextOffset' | 'reason'>): boolean {
    const { nextOffset } = what
    this.#damages.push({ path: this.#segment.log.path, position, end, firstOffset: this.#nextOffset, ...what })
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset
    this.#walker.seek(end)
    return true
  }

  #cut(position: number): void {
    // Offsets that were synced once are never given again, whatever became of their records.
    if (this.#wasSynced()) this.#nextOffset = this.#options.recoveryPoint
    this.#options.beforeCut({ nextOffset: this.#nextOffset, epochs: this.#epochs })
    this.#segment.cut(position)
    // Else another power cut could bring what was cut back, among what was written there since.
    this.#segment.log.sync()
    this.#cutBytes += this.#size - position
  }

  /** Copies everything from `position` on beside the segment, and makes the copy durable before anything is cut. */
  #quarantine(position: number): void {
    const { fileSystem, directory } = this.#options
    const path = `${directory}/${quarantineFileName(this.#segment.baseOffset, position)}`
    const { log } = this.#segment
    this.#quarantinePath = quarantine(fileSystem, path, { log, position, end: this.#size })
    fileSystem.syncDirectory(directory)
  }
}
