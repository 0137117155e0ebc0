import type { Offset, TimestampMs } from '../../base/brands.ts'
import { offset } from '../../base/brands.ts'
import type { BatchWindow } from '../../record/batch-window.ts'
import { decompress } from '../../record/compression/compression.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import type { TimestampType } from '../../record/record-batch.ts'
import { forEachRecord, type RecordHeader, type RecordView } from '../../record/records.ts'
import type { TopicPartition } from '../../store/log-store.ts'
import type { OutputRecord } from '../format/output-record.ts'
import type { OutputStream } from '../output.ts'
import type { BatchPrinter, RecordTally, WantedRange } from './batch-printer.ts'
import type { RecordFilter } from './record-filter.ts'
import type { RecordRenderer } from './record-style.ts'
import { StagedWindow } from './window-holder.ts'

export interface RecordPrinterOptions {
  readonly output: OutputStream
  readonly render: RecordRenderer
  readonly filter: RecordFilter | undefined
  readonly tally: RecordTally
  /** Each record is sent at once. */
  readonly isUnbuffered: boolean
}

/** Prints record by record: any style, any filter, any batch. */
export class RecordPrinter implements BatchPrinter {
  readonly #options: RecordPrinterOptions
  readonly #windows: StagedWindow
  readonly #record = new RecordOnShow()

  constructor(options: RecordPrinterOptions, windows = new StagedWindow()) {
    this.#options = options
    this.#windows = windows
  }

  get window(): BatchWindow {
    return this.#windows.window
  }

  growWindow(bytes: number): void {
    this.#windows.growWindow(bytes)
  }

  speedUp(): void {
    this.#windows.speedUp()
  }

  print(batch: LogBatch, wanted: WantedRange): Offset {
    const batchEnd = batch.nextOffset
    let next = batchEnd < wanted.end ? batchEnd : wanted.end
    if (this.#options.filter?.mayMatch(batch) === false) return next
    const { tally } = this.#options
    const record = this.#record.of(wanted.partition, batch)
    const isWhole = batch.magic === 2 && batch.baseOffset >= wanted.start && batchEnd <= wanted.end
    forEachRecord(
      batch,
      (view) => {
        if (!isWhole && view.offset < wanted.start) return true
        if (!isWhole && view.offset >= wanted.end) return false
        record.view = view
        if (this.printRecord(record) && tally.left <= 0) {
          next = offset(view.offset + 1n)
          return false
        }
        return true
      },
      { decompress },
    )
    return next
  }

  /** Prints one record if the filter lets it through; whether it did. */
  printRecord(record: OutputRecord): boolean {
    const { filter, render, tally, output, isUnbuffered } = this.#options
    if (filter?.matches(record) === false) return false
    render(record)
    tally.printed++
    if (isUnbuffered) output.flush()
    return true
  }

  flush(): void {
    // Records go straight to the output.
  }
}

/** The record that a batch is showing, as renderers and filters see it: nothing is taken from it before it is asked for. */
class RecordOnShow implements OutputRecord {
  view: RecordView | undefined
  topic = ''
  partition = 0
  timestampType: TimestampType = 'CreateTime'

  of({ topic, partition }: TopicPartition, batch: LogBatch): this {
    this.topic = topic
    this.partition = partition
    this.timestampType = batch.timestampType
    return this
  }

  get offset(): Offset {
    return this.view?.offset ?? offset(0n)
  }

  get timestampMs(): TimestampMs {
    return this.view?.timestamp ?? -1
  }

  get key(): Uint8Array | null {
    return this.view?.keyBytes() ?? null
  }

  get value(): Uint8Array | null {
    return this.view?.valueBytes() ?? null
  }

  get headers(): readonly RecordHeader[] {
    return this.view?.headers() ?? []
  }
}
