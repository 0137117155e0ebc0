import type { Offset } from '../../base/brands.ts'
import type { Damage } from '../../storage/partition-reader.ts'
import type { BatchSource, PartitionOffsets } from '../../store/log-store.ts'
import type { ReadingReports } from './reports.ts'
import type { WindowHolder } from './window-holder.ts'

/** One partition on its way from a start to an end. */
export class PartitionReading {
  readonly source: BatchSource
  /** Every record below it was printed or passed over: what a group commits. */
  position: Offset
  /** No record from here on is wanted now. */
  end: Offset
  readonly #reports: ReadingReports

  constructor(source: BatchSource, range: { start: Offset; end: Offset }, reports: ReadingReports) {
    this.source = source
    this.position = range.start
    this.end = range.end
    this.#reports = reports
    source.seek(range.start)
  }

  get isAtEnd(): boolean {
    return this.position >= this.end
  }

  /** Looks what is there now, and takes its end as the new one; whether there is more to read. */
  async extend(): Promise<boolean> {
    const { highWatermark }: PartitionOffsets = await this.source.refresh()
    if (highWatermark <= this.end) return !this.isAtEnd
    this.end = highWatermark
    // A window may have held batches that were not wanted yet.
    if (this.source.nextOffset > this.position) this.source.seek(this.position)
    return true
  }

  /** Reads on into the window of `memory`: bytes of whole batches there; 0 at the end, or when nothing more can be read now. */
  async fill(memory: WindowHolder): Promise<number> {
    while (!this.isAtEnd) {
      const read = await this.source.read(memory.window)
      switch (read.kind) {
        case 'batches':
          return read.end
        case 'end':
          return 0
        case 'large':
          memory.growWindow(read.sizeInBytes)
          break
        case 'damage':
          this.#passDamage(read.damage)
          break
        case 'trimmed':
          this.#passTrimmed(read.logStartOffset)
          break
      }
    }
    return 0
  }

  /** Says that everything below `next` is done with. */
  moveTo(next: Offset): void {
    this.position = next < this.end ? next : this.end
  }

  #passDamage(damage: Damage): void {
    if (damage.nextOffset <= this.position) return
    if (damage.firstOffset < this.end) this.#reports.damage(damage)
    this.moveTo(damage.nextOffset)
  }

  #passTrimmed(logStartOffset: Offset): void {
    if (logStartOffset <= this.position) return
    const next = logStartOffset < this.end ? logStartOffset : this.end
    this.#reports.trimmed(this.source, { first: this.position, next })
    this.position = next
  }
}
