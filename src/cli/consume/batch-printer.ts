import type { Offset } from '../../base/brands.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import type { TopicPartition } from '../../store/log-store.ts'
import type { StagedWindowHolder } from './window-holder.ts'

/** What of a batch is to be printed: records from `start` to `end` (exclusive). */
export interface WantedRange {
  readonly partition: TopicPartition
  readonly start: Offset
  readonly end: Offset
}

/** Turns batches into output. */
export interface BatchPrinter extends StagedWindowHolder {
  /**
   * Prints the wanted records of a batch, at most as many as the tally has left; returns the offset after the last record that was printed
   * or passed over. Throws `MalformedMessageError` when the records do not follow the format; those before are printed.
   */
  print(batch: LogBatch, wanted: WantedRange): Offset
  /** Gives what was printed to the output; what that has not sent yet waits for its own `flush`. */
  flush(): void
}

/** How many records were printed, and how many may be. */
export class RecordTally {
  readonly max: number
  printed = 0

  /** `max` may be Infinity. */
  constructor(max: number) {
    this.max = max
  }

  get left(): number {
    return this.max - this.printed
  }
}
