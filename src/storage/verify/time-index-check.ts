import { NO_TIMESTAMP, type TimestampMs } from '../../base/brands.ts'
import { TimeIndex } from '../time-index.ts'
import type { Finding } from './finding.ts'
import { damageOf, type IndexState, structureOf } from './index-state.ts'
import type { SeenBatch } from './seen-batch.ts'

/** An entry; its offset is counted from the segment's base offset. */
interface Entry {
  readonly timestamp: TimestampMs
  readonly delta: number
}

/**
 * Holds the `.timeindex` of a segment against the batches of its log as they are walked: each entry must name the largest timestamp up to a
 * batch, and the last one of a closed segment the largest of all, since retention believes it.
 */
export class TimeIndexCheck {
  readonly #index: TimeIndex
  readonly #options: IndexState
  readonly #entryCount: number
  readonly #structure: Finding | undefined
  #slot = 0
  #next: Entry | undefined
  #maxTimestamp: TimestampMs = NO_TIMESTAMP
  #hasGaps = false
  #damage: Finding | undefined

  constructor(index: TimeIndex, options: IndexState) {
    this.#index = index
    this.#options = options
    if (options.bytes !== undefined) index.refresh(options.bytes)
    this.#structure = structureOf('time-index', index.file.path, index.check(), options)
    this.#entryCount = index.entryCount
    this.#load()
  }

  /** Takes the next batch of the log. */
  onBatch({ firstDelta, lastDelta, maxTimestamp }: SeenBatch): void {
    while (this.#next !== undefined && this.#next.delta < firstDelta) {
      this.#fail(`no batch holds offset ${this.#offsetOf(this.#next)}, which its entry ${this.#slot} names`)
      this.#advance()
    }
    while (this.#next !== undefined && this.#next.delta <= lastDelta) {
      this.#match(this.#next, maxTimestamp)
      this.#advance()
    }
    if (maxTimestamp > this.#maxTimestamp) this.#maxTimestamp = maxTimestamp
  }

  /** Nothing is known of the timestamps of bytes that are no batch, whose offsets reach up to `nextOffset`. */
  skip(nextOffset: bigint): void {
    this.#hasGaps = true
    while (this.#next !== undefined && this.#offsetOf(this.#next) < nextOffset) this.#advance()
  }

  /** What is wrong with the file, once all batches were taken. */
  finish(): Finding[] {
    if (this.#next !== undefined)
      this.#fail(`its entry ${this.#slot} names offset ${this.#offsetOf(this.#next)}, behind the last batch`)
    if (!this.#options.isActive && !this.#hasGaps) this.#checkLast()
    const found = this.#damage ?? this.#structure
    return found === undefined ? [] : [found]
  }

  #match(entry: Entry, maxTimestamp: TimestampMs): void {
    if (this.#hasGaps) return
    const { timestamp } = entry
    if (timestamp !== maxTimestamp) {
      this.#fail(
        `its entry ${this.#slot} says ${timestamp} for offset ${this.#offsetOf(entry)}, the batch there ${maxTimestamp}`,
      )
    } else if (timestamp <= this.#maxTimestamp) {
      this.#fail(`its entry ${this.#slot} says ${timestamp}, an earlier batch ${this.#maxTimestamp}`)
    }
  }

  #checkLast(): void {
    const { timestamp } = this.#index.last
    if (timestamp !== this.#maxTimestamp) {
      this.#fail(`its last entry says ${timestamp}, the largest timestamp of the segment is ${this.#maxTimestamp}`)
    }
  }

  #fail(reason: string): void {
    const position = this.#slot * TimeIndex.entryBytes
    this.#damage ??= damageOf('time-index', this.#index.file.path, { severity: 'damage', position, reason })
  }

  #advance(): void {
    this.#slot++
    this.#load()
  }

  #load(): void {
    if (this.#slot >= this.#entryCount) this.#next = undefined
    else {
      const { timestamp, offset } = this.#index.entry(this.#slot)
      this.#next = { timestamp, delta: Number(offset - this.#options.baseOffset) }
    }
  }

  #offsetOf({ delta }: Entry): bigint {
    return this.#options.baseOffset + BigInt(delta)
  }
}
