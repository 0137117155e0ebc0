import { type FilePosition, type LeaderEpoch, type Offset, offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import type { LogBatch } from '../record/log-batch.ts'
import type { ActiveSegment } from './active-segment.ts'
import { BatchWalker, type Walked } from './batch-walker.ts'
import { quarantineFileName } from './file-names.ts'
import type { LeaderEpochEntry } from './leader-epoch-history.ts'
import type { Damage } from './partition-reader.ts'
import type { ProducerState } from './producer-state.ts'
import { findNextBatch } from './segment-search.ts'

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
  readonly window?: BatchWindow
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

/**
 * Checks every batch of `segment` from its progress on, indexes it as Kafka's own recovery would, and decides what the first bad byte
 * means (see the table in the layer's README). To check the segment from its start, empty its indexes first.
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
    const window = options.window === undefined ? {} : { window: options.window }
    this.#walker = new BatchWalker(segment.log, { position, end: this.#size, ...window })
  }

  run(): SegmentRecovery {
    while (this.#step(this.#walker.next())) {
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

  /** False at the end. */
  #step(walked: Walked): boolean {
    switch (walked.kind) {
      case 'batch':
        if (!walked.isCrcValid) return this.#decide(walked.position, 'the CRC of a batch is wrong')
        if (walked.batch.lastOffset < this.#nextOffset) return this.#decide(walked.position, 'its offsets go back')
        return this.#take(walked.batch, walked.position)
      case 'end':
        return false
      case 'incomplete':
        return this.#decide(walked.position, 'a batch is cut off')
      case 'malformed':
        return this.#decide(walked.position, walked.reason)
    }
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

  /** The bytes at `position` are no batch that may stand there. False when this is the end. */
  #decide(position: number, reason: string): boolean {
    const found = findNextBatch(this.#segment.log, {
      position: position + 1,
      end: this.#size,
      offsetMin: this.#nextOffset,
      offsetMax: this.#options.endOffset ?? offsetMax,
    })
    if (found !== undefined && !this.#mayCutValidBatches()) return this.#leave(position, found, reason)
    if (!this.#options.isLast) return this.#leave(position, this.#size, reason)
    if (found !== undefined || this.#wasSynced()) this.#quarantine(position)
    this.#cut(position)
    return false
  }

  /** After a power cut the valid prefix is the log, unless what went bad had been synced: then it is damage. */
  #mayCutValidBatches(): boolean {
    return this.#options.isLast && !this.#options.isSameBoot && !this.#wasSynced()
  }

  #wasSynced(): boolean {
    return this.#nextOffset < this.#options.recoveryPoint
  }

  #leave(position: number, end: number, reason: string): boolean {
    const nextOffset = end === this.#size ? (this.#options.endOffset ?? this.#nextOffset) : this.#baseOffsetAt(end)
    const path = this.#segment.log.path
    this.#damages.push({ path, position, end, firstOffset: this.#nextOffset, nextOffset, reason })
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset
    this.#walker.seek(end)
    return true
  }

  #cut(position: number): void {
    // Offsets that were synced once are never given again, whatever became of their records.
    if (this.#wasSynced()) this.#nextOffset = this.#options.recoveryPoint
    this.#options.beforeCut({ nextOffset: this.#nextOffset, epochs: this.#epochs })
    this.#segment.cut(position)
    this.#cutBytes += this.#size - position
  }

  /** Copies everything from `position` on beside the segment, and makes the copy durable before anything is cut. */
  #quarantine(position: number): void {
    const { fileSystem, directory } = this.#options
    const path = `${directory}/${quarantineFileName(this.#segment.baseOffset, position)}`
    const copy = fileSystem.open(path, 'create')
    try {
      const piece = new Uint8Array(copyBytes)
      for (let at = position; at < this.#size; at += copyBytes) {
        const read = this.#segment.log.read(piece.subarray(0, Math.min(copyBytes, this.#size - at)), at)
        copy.write(piece.subarray(0, read), at - position)
      }
      copy.sync()
    } finally {
      copy.close()
    }
    fileSystem.syncDirectory(directory)
    this.#quarantinePath = path
  }

  #baseOffsetAt(position: number): Offset {
    const head = new DataView(new ArrayBuffer(8))
    this.#segment.log.read(new Uint8Array(head.buffer), position)
    return offset(head.getBigInt64(0))
  }
}

const copyBytes = 256 * 1024
