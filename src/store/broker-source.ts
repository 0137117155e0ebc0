import { offset, type Offset } from '../base/brands.ts'
import { AbortedTransactions } from '../client/aborted-transactions.ts'
import type { FetchedBatches, Fetched, Fetcher } from '../client/fetcher.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import { type LogBatch, scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { BatchSource, Isolation, PartitionOffsets, SourceRead, TopicPartition } from './log-store.ts'

export interface BrokerSourceOptions extends TopicPartition {
  readonly fetcher: Fetcher
  readonly isolation: Isolation
  /** Asks the broker for the bounds of the log. */
  lookUp(): Promise<PartitionOffsets>
}

/** An answer that was asked for before it is needed. */
interface Ahead {
  readonly from: Offset
  readonly answer: Promise<Fetched>
}

const nothing = new Uint8Array(0)

/** The batches of one partition of a broker: an answer at a time, the next one asked for while the caller works on this one. */
export class BrokerSource implements BatchSource {
  readonly topic: string
  readonly partition: number
  readonly #options: BrokerSourceOptions
  readonly #aborted = new AbortedTransactions()
  readonly #leave: () => void
  #nextOffset = offset(0n)
  /** The answer that is read from, and how far. */
  #records: Uint8Array = nothing
  #at = 0
  #ahead: Ahead | undefined
  #known: PartitionOffsets | undefined
  #failure: unknown

  constructor(options: BrokerSourceOptions) {
    this.topic = options.topic
    this.partition = options.partition
    this.#options = options
    this.#leave = options.fetcher.open()
  }

  get nextOffset(): Offset {
    return this.#nextOffset
  }

  /** From the second call on what the last answer said, while the broker is asked to tell when there is more. */
  async refresh(): Promise<PartitionOffsets> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#known === undefined) this.#known = await this.#options.lookUp()
    else if (this.#at === this.#records.length && this.#ahead === undefined) this.#askAhead(this.#nextOffset, true)
    return this.#known
  }

  seek(target: Offset): void {
    this.#nextOffset = target
    if (this.#seekInAnswer(target)) return
    this.#records = nothing
    this.#at = 0
    this.#ahead = undefined
  }

  read(window: BatchWindow): Promise<SourceRead> | SourceRead {
    return this.#at < this.#records.length ? this.#copy(window) : this.#readOn(window)
  }

  isShown(batch: LogBatch): boolean {
    if (batch.isControl) return false
    return this.#options.isolation === 'read_uncommitted' || !this.#aborted.isAborted(batch)
  }

  close(): void {
    this.#leave()
  }

  async #readOn(window: BatchWindow): Promise<SourceRead> {
    const fetched = await this.#next()
    if (fetched.kind === 'out-of-range') return this.#leap()
    this.#learn(fetched)
    this.#records = wholeBatches(fetched.records, this.#nextOffset)
    this.#at = 0
    if (this.#records.length === 0) return { kind: 'end' }
    this.#aborted.add(fetched.aborted)
    const next = offsetAfter(this.#records)
    if (next < (this.#known?.highWatermark ?? next)) this.#askAhead(next, false)
    return this.#copy(window)
  }

  #next(): Promise<Fetched> {
    const ahead = this.#ahead
    this.#ahead = undefined
    return ahead?.from === this.#nextOffset ? ahead.answer : this.#ask(this.#nextOffset, false)
  }

  #ask(fetchOffset: Offset, mayWait: boolean): Promise<Fetched> {
    const { topic, partition } = this
    return this.#options.fetcher.fetch({ topic, partition, fetchOffset, mayWait })
  }

  #askAhead(from: Offset, mayWait: boolean): void {
    const ahead = { from, answer: this.#ask(from, mayWait) }
    this.#ahead = ahead
    ahead.answer.then(
      (fetched) => this.#heard(ahead, fetched),
      (error: unknown) => (this.#failure = error),
    )
  }

  /** What came is kept for the next read; an answer without batches is as none. */
  #heard(ahead: Ahead, fetched: Fetched): void {
    if (this.#ahead !== ahead || fetched.kind !== 'batches') return
    this.#learn(fetched)
    if (fetched.records.length === 0) this.#ahead = undefined
  }

  #learn({ logStartOffset, highWatermark, lastStableOffset }: FetchedBatches): void {
    const isCommittedOnly = this.#options.isolation === 'read_committed'
    this.#known = { logStartOffset, highWatermark: isCommittedOnly ? lastStableOffset : highWatermark }
  }

  /** The offset asked for is not in the log any more: retention overtook us, or the log was cut. */
  async #leap(): Promise<SourceRead> {
    this.#known = await this.#options.lookUp()
    const { logStartOffset } = this.#known
    if (logStartOffset <= this.#nextOffset) return { kind: 'end' }
    this.seek(logStartOffset)
    return { kind: 'trimmed', logStartOffset }
  }

  /** Moves whole batches to the front of the window and checks them there. */
  #copy(window: BatchWindow): SourceRead {
    let end = 0
    while (this.#at < this.#records.length) {
      const scanned = scanBatch(this.#records, this.#at, this.#records.length)
      if (scanned.kind !== 'batch') break
      const { sizeInBytes } = scanned.batch
      if (end + sizeInBytes > window.bytes.length) {
        return end === 0 ? { kind: 'large', sizeInBytes } : { kind: 'batches', end }
      }
      window.bytes.set(this.#records.subarray(this.#at, this.#at + sizeInBytes), end)
      if (!isSound(scanned.batch, window, end)) {
        return end === 0 ? this.#passDamage(scanned.batch) : { kind: 'batches', end }
      }
      this.#aborted.see(scanned.batch)
      this.#at += sizeInBytes
      end += sizeInBytes
      this.#nextOffset = offset(scanned.batch.lastOffset + 1n)
    }
    return { kind: 'batches', end }
  }

  #passDamage(batch: LogBatch): SourceRead {
    const position = this.#at
    const firstOffset = this.#nextOffset
    const nextOffset = offset(batch.lastOffset + 1n)
    this.#at += batch.sizeInBytes
    this.#nextOffset = nextOffset
    const path = `answer of the broker for ${this.topic}-${this.partition}`
    const reason = 'the CRC of a batch is wrong'
    return { kind: 'damage', damage: { path, position, end: this.#at, firstOffset, nextOffset, reason } }
  }

  #seekInAnswer(target: Offset): boolean {
    for (let at = 0; at < this.#records.length;) {
      const scanned = scanBatch(this.#records, at, this.#records.length)
      if (scanned.kind !== 'batch' || (at === 0 && scanned.batch.baseOffset > target)) return false
      if (scanned.batch.lastOffset >= target) {
        this.#at = at
        return true
      }
      at += scanned.batch.sizeInBytes
    }
    return false
  }
}

function isSound(batch: LogBatch, window: BatchWindow, at: number): boolean {
  if (!(batch instanceof RecordBatch)) return batch.isCrcValid()
  return window.crc32c(at + RecordBatch.crcStart, at + batch.sizeInBytes) === batch.crc
}

/** Without the beginning of a batch at the end, and batches at the front that a broker sends along below the offset asked for. */
function wholeBatches(records: Uint8Array, from: Offset): Uint8Array {
  let start = 0
  let end = 0
  while (end < records.length) {
    const scanned = scanBatch(records, end, records.length)
    if (scanned.kind !== 'batch') break
    end += scanned.batch.sizeInBytes
    if (scanned.batch.lastOffset < from) start = end
  }
  return records.subarray(start, end)
}

function offsetAfter(records: Uint8Array): Offset {
  let next = offset(0n)
  for (let at = 0; at < records.length;) {
    const scanned = scanBatch(records, at, records.length)
    if (scanned.kind !== 'batch') break
    next = offset(scanned.batch.lastOffset + 1n)
    at += scanned.batch.sizeInBytes
  }
  return next
}
