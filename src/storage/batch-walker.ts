import type { FilePosition } from '../base/brands.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { type BatchWindow, plainBatchWindow } from '../record/batch-window.ts'
import type { BatchWalk, WalkedBatches } from '../record/kernel/batch-walk.ts'
import type { LogBatch, ScannedBatch } from '../record/log-batch.ts'
import type { RecordBatch } from '../record/record-batch.ts'
import { LogWindow, type NoBatch } from './log-window.ts'

/** What stands at one position of a `.log` file. */
export type Walked =
  | { readonly kind: 'batch'; readonly batch: LogBatch; readonly position: FilePosition; readonly isCrcValid: boolean }
  | NoBatch

export interface WalkOptions {
  /** Where to begin, in bytes; must be the start of a batch. Default 0. */
  readonly position?: number
  /** Where to stop, in bytes. Default: the size of the file now. */
  readonly end?: number
  readonly window?: BatchWindow
  /** False: the CRC is not looked at and `isCrcValid` is always true. Default true. */
  readonly verify?: boolean
}

const windowBytesDefault = 256 * 1024

/**
 * Walks the batches of a `.log` file front to back through one window of memory. A returned batch is a view of that window:
 * it holds until the next call of `next`.
 */
export class BatchWalker {
  readonly #window: LogWindow
  readonly #verify: boolean

  constructor(file: OpenFile, options: WalkOptions = {}) {
    const memory = options.window ?? plainBatchWindow(windowBytesDefault)
    this.#window = new LogWindow(file, memory, { position: options.position ?? 0, end: options.end ?? file.size() })
    this.#verify = options.verify ?? true
  }

  /** File position of what `next` will look at, in bytes. */
  get position(): FilePosition {
    return this.#window.position
  }

  /** Goes on at `position` (bytes): after damage, at the next batch that was found. */
  seek(position: number): void {
    this.#window.seek(position)
  }

  /** Takes many batches at once, whose CRCs are right; see `LogWindow`. */
  walkOrdinary(from: Pick<BatchWalk, 'nextOffset' | 'endOffset' | 'leaderEpoch'>): WalkedBatches | undefined {
    return this.#window.walkOrdinary(from)
  }

  /** The batch at `position`, one of those that the last `walkOrdinary` took. */
  batchAt(position: number): RecordBatch {
    return this.#window.batchAt(position)
  }

  next(): Walked {
    const { position, isAtEnd, end } = this.#window
    if (isAtEnd) return { kind: 'end', position }
    const inWindow = this.#window.scan()
    if (inWindow.kind !== 'incomplete') return this.#take(inWindow)
    this.#window.fill()
    const refilled = this.#window.scan()
    if (refilled.kind !== 'incomplete') return this.#take(refilled)
    const size = refilled.sizeInBytes
    if (size === undefined || position + size > end) return { kind: 'incomplete', position }
    // Bigger than the window; its size was checked against the file.
    return this.#take(this.#window.readWhole(size))
  }

  #take(scanned: ScannedBatch): Walked {
    const { position } = this.#window
    if (scanned.kind === 'malformed') return { kind: 'malformed', position, reason: scanned.reason }
    if (scanned.kind === 'incomplete') return { kind: 'incomplete', position }
    const { batch } = scanned
    this.#window.seek(position + batch.sizeInBytes)
    return { kind: 'batch', batch, position, isCrcValid: !this.#verify || this.#window.isCrcValid(batch) }
  }
}
