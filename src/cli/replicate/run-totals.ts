import type { ReplicationProgress } from './request.ts'

type Counts = Pick<ReplicationProgress, 'bytes' | 'records'>

/** What a replication has copied since it began; after each break its own count begins at 0 again. */
export class RunTotals {
  #beforeBreak: Counts = { bytes: 0, records: 0 }
  #now: Counts = { bytes: 0, records: 0 }

  noteProgress({ bytes, records }: Counts): void {
    this.#now = { bytes, records }
  }

  noteBreak(): void {
    this.#beforeBreak = this.counts
    this.#now = { bytes: 0, records: 0 }
  }

  get counts(): Counts {
    const { bytes, records } = this.#beforeBreak
    return { bytes: bytes + this.#now.bytes, records: records + this.#now.records }
  }
}
