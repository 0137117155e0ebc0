import { assert } from '../base/assert.ts'
import { offset, type Offset, producerId, type ProducerId } from '../base/brands.ts'
import { CorruptSegmentError } from '../base/errors.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { holds } from './sorted-entries.ts'

/** A transaction that was aborted: readers of committed records leave out what `producerId` wrote in it. */
export interface AbortedTransaction {
  readonly producerId: ProducerId
  readonly firstOffset: Offset
  /** The offset of its ABORT marker. */
  readonly lastOffset: Offset
  /** The last stable offset once the marker was written. */
  readonly lastStableOffset: Offset
}

export interface AbortedTransactions {
  readonly transactions: AbortedTransaction[]
  /** Whether no later segment can have more of them below the asked end. */
  readonly isComplete: boolean
}

const at = { version: 0, producerId: 2, firstOffset: 10, lastOffset: 18, lastStableOffset: 26 } as const
const entryBytes = 34
const pageEntries = 120

/**
 * The `.txnindex` of a segment: its aborted transactions, by the offset of the marker. The file is made by the first one.
 * Kafka: `TransactionIndex`, `AbortedTxn`.
 *
 * ```
 *  0 2 version 0     2 8 producerId     10 8 firstOffset     18 8 lastOffset, strictly increasing     26 8 lastStableOffset
 * ```
 * A part of an entry at the end of the file is what a crash left, and is taken for the end.
 */
export class TransactionIndex {
  readonly #open: () => OpenFile
  #opened: OpenFile | undefined
  #lastOffset: Offset | undefined
  /** Entries so far of an index that is made anew over those in the file. */
  #remadeCount: number | undefined

  /** `file` is the open file, or, when there is none yet, what makes it at the first append. */
  constructor(file: OpenFile | (() => OpenFile)) {
    this.#open = typeof file === 'function' ? file : () => file
    this.#opened = typeof file === 'function' ? undefined : file
  }

  static readonly entryBytes = entryBytes

  /** The file, when there is one. */
  get file(): OpenFile | undefined {
    return this.#opened
  }

  /** Adds a transaction whose marker comes after all that are here. */
  append(aborted: AbortedTransaction): void {
    const count = this.entryCount
    const last = this.#lastOffset ?? (count === 0 ? undefined : this.entry(count - 1).lastOffset)
    assert(
      last === undefined || aborted.lastOffset > last,
      `aborted transaction at ${aborted.lastOffset} after ${last}`,
    )
    this.#opened ??= this.#open()
    this.#write(this.#opened, encode(aborted), count)
    this.#lastOffset = aborted.lastOffset
  }

  #write(file: OpenFile, entry: Uint8Array, slot: number): void {
    if (this.#remadeCount === undefined || !holds(file, entry, slot * entryBytes)) file.write(entry, slot * entryBytes)
    if (this.#remadeCount !== undefined) this.#remadeCount++
  }

  get entryCount(): number {
    return this.#remadeCount ?? Math.floor((this.#opened?.size() ?? 0) / entryBytes)
  }

  /**
   * The transactions that a read of [fetchOffset, upperBound) must leave out. Go on with the next segment's index until one
   * says that it is complete. Throws `CorruptSegmentError` at an entry that is none.
   */
  collectAborted(fetchOffset: Offset, upperBound: Offset): AbortedTransactions {
    const transactions: AbortedTransaction[] = []
    let isComplete = false
    this.forEach((aborted) => {
      if (aborted.lastOffset >= fetchOffset && aborted.firstOffset < upperBound) transactions.push(aborted)
      isComplete = aborted.lastStableOffset >= upperBound
      return !isComplete
    })
    return { transactions, isComplete }
  }

  /** Gives each entry to `visit` until it returns false. Throws `CorruptSegmentError` at an entry that is none. */
  forEach(visit: (aborted: AbortedTransaction) => boolean | void): void {
    const count = this.entryCount
    if (this.#opened === undefined || count === 0) return
    const bytes = new Uint8Array(Math.min(count, pageEntries) * entryBytes)
    const page = new DataView(bytes.buffer)
    for (let slot = 0; slot < count; slot++) {
      const inPage = slot % pageEntries
      if (inPage === 0) bytes.fill(0, this.#opened.read(bytes, slot * entryBytes))
      if (visit(this.#decode(page, inPage * entryBytes, slot)) === false) return
    }
  }

  /** Drops the transactions whose marker is at or above `end`. */
  truncateTo(end: Offset): void {
    let kept = 0
    this.forEach((aborted) => {
      if (aborted.lastOffset >= end) return false
      kept++
      return true
    })
    this.#lastOffset = undefined
    if (this.#opened !== undefined && this.#opened.size() !== kept * entryBytes)
      this.#opened.truncate(kept * entryBytes)
  }

  /** Makes the index anew, up to the next `trim`: what is right in the file stays as it is, so that what was durable is. */
  remake(): void {
    this.#lastOffset = undefined
    this.#remadeCount = 0
  }

  /** Drops what stands in the file behind the entries: of an index that was made anew, or of an entry that a crash left cut. */
  trim(): void {
    const bytes = this.entryCount * entryBytes
    this.#remadeCount = undefined
    if (this.#opened !== undefined && this.#opened.size() !== bytes) this.#opened.truncate(bytes)
  }

  /** Why the index cannot be right for a segment with that base offset, or `undefined`. Reads it whole. */
  findDamage(baseOffset: Offset): string | undefined {
    let before = offset(baseOffset - 1n)
    let damage: string | undefined
    try {
      this.forEach((aborted) => {
        if (aborted.lastOffset <= before) damage = `marker at ${aborted.lastOffset} after ${before}`
        before = aborted.lastOffset
        return damage === undefined
      })
    } catch (error) {
      if (!(error instanceof CorruptSegmentError)) throw error
      return error.message
    }
    const excess = (this.#opened?.size() ?? 0) % entryBytes
    return damage ?? (excess === 0 ? undefined : `${excess} bytes follow the last entry`)
  }

  /** Returns once all entries are durable. */
  sync(): void {
    this.#opened?.sync()
  }

  /** The entry in `slot`, 0 to `entryCount` - 1. Throws `CorruptSegmentError` when it is none. */
  entry(slot: number): AbortedTransaction {
    const view = new DataView(new ArrayBuffer(entryBytes))
    this.#opened?.read(new Uint8Array(view.buffer), slot * entryBytes)
    return this.#decode(view, 0, slot)
  }

  #decode(view: DataView, start: number, slot: number): AbortedTransaction {
    const version = view.getInt16(start + at.version)
    if (version !== 0) {
      throw new CorruptSegmentError(
        this.#opened?.path ?? '',
        slot * entryBytes,
        `aborted transaction of version ${version}`,
      )
    }
    return {
      producerId: producerId(view.getBigInt64(start + at.producerId)),
      firstOffset: offset(view.getBigInt64(start + at.firstOffset)),
      lastOffset: offset(view.getBigInt64(start + at.lastOffset)),
      lastStableOffset: offset(view.getBigInt64(start + at.lastStableOffset)),
    }
  }
}

function encode(aborted: AbortedTransaction): Uint8Array {
  const view = new DataView(new ArrayBuffer(entryBytes))
  view.setInt16(at.version, 0)
  view.setBigInt64(at.producerId, aborted.producerId)
  view.setBigInt64(at.firstOffset, aborted.firstOffset)
  view.setBigInt64(at.lastOffset, aborted.lastOffset)
  view.setBigInt64(at.lastStableOffset, aborted.lastStableOffset)
  return new Uint8Array(view.buffer)
}
