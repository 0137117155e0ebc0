import { offset, type TimestampMs } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import { decompress } from '../../record/compression/compression.ts'
import { type LogBatch, scanBatch } from '../../record/log-batch.ts'
import { forEachRecord } from '../../record/records.ts'
import { HeldRecord } from './held-record.ts'
import type { PartitionReading } from './partition-reading.ts'
import type { ReadingReports } from './reports.ts'
import type { Timed } from './time-heap.ts'
import { PlainWindow } from './window-holder.ts'

/** Many partitions may be open at once: each begins with little. */
const windowBytes = 32 * 1024

/** One partition of a merge: holds the records of one batch, and gives them one by one. */
export class MergeCursor implements Timed {
  readonly place: number
  readonly #reading: PartitionReading
  readonly #reports: ReadingReports
  readonly #memory = new PlainWindow(windowBytes)
  #filled = 0
  #at = 0
  #records: HeldRecord[] = []
  #next = 0
  #batchNext = offset(0n)

  constructor(reading: PartitionReading, place: number, reports: ReadingReports) {
    this.#reading = reading
    this.place = place
    this.#reports = reports
  }

  get timestampMs(): TimestampMs {
    return this.head?.timestampMs ?? -1
  }

  /** The record whose turn it is; undefined before `load`, and when the batch is used up. */
  get head(): HeldRecord | undefined {
    return this.#records[this.#next]
  }

  /** Says that the head is done with. */
  moveOn(): void {
    const { head } = this
    if (head !== undefined) this.#reading.moveTo(offset(head.offset + 1n))
    this.#next++
    if (this.head === undefined) this.#reading.moveTo(this.#batchNext)
  }

  /** Finds the next batch with wanted records; bytes read for it, or undefined when there is none. */
  async load(): Promise<number | undefined> {
    let bytesRead = 0
    while (!this.#reading.isAtEnd) {
      if (this.#at >= this.#filled) {
        this.#filled = await this.#reading.fill(this.#memory)
        this.#at = 0
        bytesRead += this.#filled
        if (this.#filled === 0) return undefined
      }
      const scanned = scanBatch(this.#memory.window.bytes, this.#at, this.#filled)
      if (scanned.kind !== 'batch') return undefined
      this.#at += scanned.batch.sizeInBytes
      this.#hold(scanned.batch)
      if (this.head !== undefined) return bytesRead
      this.#reading.moveTo(this.#batchNext)
    }
    return undefined
  }

  #hold(batch: LogBatch): void {
    const { source, position, end } = this.#reading
    this.#records = []
    this.#next = 0
    this.#batchNext = batch.nextOffset > position ? batch.nextOffset : position
    if (batch.nextOffset <= position || !source.isShown(batch)) return
    const { timestampType } = batch
    try {
      forEachRecord(
        batch,
        (view) => {
          const at = view.offset
          if (at >= position && at < end) this.#records.push(new HeldRecord(source, view, timestampType))
        },
        { decompress },
      )
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#reports.badRecords(source, { first: position, next: batch.nextOffset }, error.message)
    }
  }
}
