import { OffsetIndex } from '../offset-index.ts'
import type { Finding } from './finding.ts'
import { damageOf, type IndexState, structureOf } from './index-state.ts'
import type { SeenBatch } from './seen-batch.ts'

export interface OffsetIndexCheckOptions extends IndexState {
  /** index.interval.bytes of the topic, where it is known: then missing entries are told. */
  readonly intervalBytes: number | undefined
}

/** An entry; its offset is counted from the segment's base offset. */
interface Entry {
  readonly lastDelta: number
  readonly position: number
}

/**
 * Holds the `.index` of a segment against the batches of its log as they are walked: each entry must point at a batch that ends with the
 * entry's offset, and no batch that is due for an entry may lack one.
 */
export class OffsetIndexCheck {
  readonly #index: OffsetIndex
  readonly #options: OffsetIndexCheckOptions
  readonly #entryCount: number
  readonly #structure: Finding | undefined
  #slot = 0
  #next: Entry | undefined
  /** An entry that points at a batch which ends below its offset: harmless when a batch further on ends with it. */
  #early: Entry | undefined
  #damage: Finding | undefined
  #note: Finding | undefined
  #bytesSinceEntry = 0

  constructor(index: OffsetIndex, options: OffsetIndexCheckOptions) {
    this.#index = index
    this.#options = options
    if (options.bytes !== undefined) index.refresh(options.bytes)
    this.#structure = structureOf('index', index.file.path, index.check(), options)
    this.#entryCount = index.entryCount
    this.#load()
  }

  /** Takes the next batch of the log. */
  onBatch({ position, sizeInBytes, lastDelta }: SeenBatch): void {
    while (this.#next !== undefined && this.#next.position < position) {
      this.#fail(`no batch begins at ${this.#next.position}, where its entry ${this.#slot} points`)
      this.#advance()
    }
    this.#settleEarly(lastDelta)
    if (this.#next?.position === position) this.#match(this.#next, lastDelta)
    else this.#noteMissing(position)
    this.#bytesSinceEntry += sizeInBytes
  }

  /** Entries that point into bytes which are no batch say nothing about the index. */
  skip(end: number): void {
    while (this.#next !== undefined && this.#next.position < end) this.#advance()
    this.#early = undefined
    this.#bytesSinceEntry = 0
  }

  /** What is wrong with the file, once all batches were taken. */
  finish(): Finding[] {
    if (this.#next !== undefined) this.#fail(`its entry ${this.#slot} points behind the last batch`)
    if (this.#early !== undefined)
      this.#fail(`no batch ends with offset ${this.#offsetOf(this.#early)}, which an entry names`)
    const found = this.#damage ?? this.#structure ?? this.#note
    return found === undefined ? [] : [found]
  }

  #match(entry: Entry, lastDelta: number): void {
    if (entry.lastDelta > lastDelta) this.#early = entry
    else if (entry.lastDelta < lastDelta) {
      const [said, ends] = [this.#offsetOf(entry), this.#offsetOf({ lastDelta })]
      this.#fail(`its entry ${this.#slot} says offset ${said}, the batch there ends with ${ends}`)
    }
    this.#advance()
    this.#bytesSinceEntry = 0
  }

  /** Until Kafka 4 several batches that were appended together got one entry: the place of the first, the last offset of all. */
  #settleEarly(lastDelta: number): void {
    if (this.#early === undefined || lastDelta < this.#early.lastDelta) return
    const reason = `its entry for offset ${this.#offsetOf(this.#early)} points at an earlier batch`
    if (lastDelta === this.#early.lastDelta) this.#note ??= this.#finding('note', reason)
    else this.#fail(`no batch ends with offset ${this.#offsetOf(this.#early)}, which an entry names`)
    this.#early = undefined
  }

  #noteMissing(position: number): void {
    const { intervalBytes } = this.#options
    if (intervalBytes === undefined || this.#bytesSinceEntry <= intervalBytes) return
    this.#note ??= this.#finding('note', `the batch at ${position} lacks an entry: look-ups are slower`)
  }

  #fail(reason: string): void {
    this.#damage ??= this.#finding('damage', reason)
  }

  #finding(severity: Finding['severity'], reason: string): Finding {
    const position = this.#slot * OffsetIndex.entryBytes
    return damageOf('index', this.#index.file.path, { severity, position, reason })
  }

  #advance(): void {
    this.#slot++
    this.#load()
  }

  #load(): void {
    if (this.#slot >= this.#entryCount) this.#next = undefined
    else {
      const { offset, position } = this.#index.entry(this.#slot)
      this.#next = { lastDelta: Number(offset - this.#options.baseOffset), position }
    }
  }

  #offsetOf({ lastDelta }: Pick<Entry, 'lastDelta'>): bigint {
    return this.#options.baseOffset + BigInt(lastDelta)
  }
}
