import type { Clock } from '../base/clock.ts'
import { offset, type TimestampMs } from '../base/brands.ts'
import type { ActiveSegment } from './active-segment.ts'
import type { PartitionLogConfig } from './partition-options.ts'
import type { PlacedBatches } from './placed-batches.ts'
import { shouldRoll } from './roll-policy.ts'

/** How old the active segment is, as far as this process knows, and so whether it is time for the next one. */
export class SegmentAge {
  readonly #clock: Clock
  readonly #config: PartitionLogConfig
  #createdMs: TimestampMs
  #firstTimestamp: TimestampMs | undefined

  constructor(clock: Clock, config: PartitionLogConfig) {
    this.#clock = clock
    this.#config = config
    this.#createdMs = clock.now()
  }

  /** Another segment is the active one now. */
  restart(): void {
    this.#createdMs = this.#clock.now()
    this.#firstTimestamp = undefined
  }

  /** Whether an append of so many bytes belongs into a segment of its own. */
  isRollDue(active: ActiveSegment, placed: PlacedBatches, appendBytes: number): boolean {
    const facts = {
      segmentSize: active.progress.endPosition,
      segmentBaseOffset: active.baseOffset,
      firstTimestamp: this.#firstTimestampOf(active),
      createdMs: this.#createdMs,
      areIndexesFull: active.areIndexesFull(this.#config.segmentIndexBytes),
      appendBytes,
      appendMaxTimestamp: placed.maxTimestamp,
      appendLastOffset: offset(placed.nextOffset - 1n),
      now: this.#clock.now(),
    }
    return shouldRoll(facts, this.#config)
  }

  #firstTimestampOf(active: ActiveSegment): TimestampMs | undefined {
    if (active.progress.endPosition === 0) return undefined
    this.#firstTimestamp ??= active.firstTimestamp()
    return this.#firstTimestamp
  }
}
