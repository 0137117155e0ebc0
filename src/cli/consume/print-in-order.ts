import { MalformedMessageError } from '../../base/errors.ts'
import { type LogBatch, scanBatch } from '../../record/log-batch.ts'
import { endStartUp } from '../start-up.ts'
import type { BatchPrinter } from './batch-printer.ts'
import type { PartitionReading } from './partition-reading.ts'
import type { PrintingWorld } from './printing-world.ts'
import { fewBytesMax } from './window-holder.ts'

/** From so many bytes on it is much. */
const muchBytes = 1024 * 1024

/** Prints partitions one after the other, each in the order of its offsets. */
export class InOrderPass {
  readonly #printer: BatchPrinter
  readonly #world: PrintingWorld
  #bytesRead = 0

  constructor(printer: BatchPrinter, world: PrintingWorld) {
    this.#printer = printer
    this.#world = world
  }

  /** Prints what each reading still has before its end, until there is a reason to stop. */
  async print(readings: readonly PartitionReading[]): Promise<void> {
    for (const reading of readings) {
      if (this.#world.stop.cause !== undefined) break
      await this.#printOne(reading)
    }
    this.flush()
  }

  /** Gives the lines that wait for more to the output. */
  flush(): void {
    this.#printer.flush()
  }

  async #printOne(reading: PartitionReading): Promise<void> {
    const { stop } = this.#world
    for (;;) {
      const bytes = await reading.fill(this.#printer)
      if (bytes === 0) return
      await this.#printWindow(reading, bytes)
      await this.#world.afterWindow(bytes)
      if (stop.cause !== undefined) return
      this.#count(bytes)
    }
  }

  /** Ends early, at a batch's border, when there is a reason to stop. */
  async #printWindow(reading: PartitionReading, bytes: number): Promise<void> {
    const { output, stop } = this.#world
    const { bytes: memory } = this.#printer.window
    for (let at = 0; at < bytes && !reading.isAtEnd;) {
      const scanned = scanBatch(memory, at, bytes)
      if (scanned.kind !== 'batch') return
      this.#printBatch(reading, scanned.batch)
      if (output.isInterrupted) await stop.settle(output)
      if (stop.cause !== undefined) return
      at += scanned.batch.sizeInBytes
    }
  }

  #printBatch(reading: PartitionReading, batch: LogBatch): void {
    const { source, position: start, end } = reading
    const next = batch.nextOffset
    if (next <= start) return
    if (!source.isShown(batch)) {
      reading.moveTo(next)
      return
    }
    try {
      reading.moveTo(this.#printer.print(batch, { partition: source, start, end }))
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#world.reports.badRecords(source, { first: start, next }, error.message)
      reading.moveTo(next)
    }
  }

  #count(bytes: number): void {
    const before = this.#bytesRead
    this.#bytesRead += bytes
    if (before <= fewBytesMax && this.#bytesRead > fewBytesMax) this.#speedUp()
    if (before <= muchBytes && this.#bytesRead > muchBytes) this.#world.meetMuch()
  }

  #speedUp(): void {
    endStartUp()
    this.#printer.speedUp()
  }
}
