import type { Offset, ProducerId } from '../base/brands.ts'
import type { LogBatch } from '../record/log-batch.ts'
import { readControlRecord } from '../record/control-record.ts'

/** A transaction of one partition that was aborted, as a Fetch response tells it. */
export interface AbortedTransaction {
  readonly producerId: ProducerId
  /** Of its first record in the partition. */
  readonly firstOffset: Offset
}

/** What is known of one producer: where aborted transactions of it began, and where markers ended its transactions. */
interface KnownProducer {
  readonly abortedStarts: Offset[]
  readonly ends: Offset[]
}

/**
 * Tells which batches of a partition belong to aborted transactions: those between the start that a broker told and the next marker of that
 * producer. Brokers tell the starts with the batches, and the markers are among these, so everything below a batch that was seen is known,
 * also after going back.
 */
export class AbortedTransactions {
  readonly #producers = new Map<ProducerId, KnownProducer>()

  /** Takes in what a response says of the batches in it. */
  add(aborted: readonly AbortedTransaction[]): void {
    for (const { producerId, firstOffset } of aborted) keep(this.#of(producerId).abortedStarts, firstOffset)
  }

  /** Takes in a batch, in the order of the log: a marker ends the transaction of its producer. */
  see(batch: LogBatch): void {
    if (!batch.isControl || batch.magic !== 2 || batch.recordCount === 0) return
    const { type } = readControlRecord(batch)
    if (type !== 'ABORT' && type !== 'COMMIT') return
    if (this.#producers.has(batch.producerId)) keep(this.#of(batch.producerId).ends, batch.baseOffset)
  }

  /** Whether the records of a batch that was seen were taken back. */
  isAborted(batch: LogBatch): boolean {
    if (!batch.isTransactional || batch.isControl) return false
    const known = this.#producers.get(batch.producerId)
    if (known === undefined) return false
    const at = batch.baseOffset
    return known.abortedStarts.some((start) => start <= at && !known.ends.some((end) => start < end && end <= at))
  }

  #of(producerId: ProducerId): KnownProducer {
    const known = this.#producers.get(producerId) ?? { abortedStarts: [], ends: [] }
    this.#producers.set(producerId, known)
    return known
  }
}

/** So many are looked back on at most; a reader goes back no further than the batches it holds. */
const keptMax = 1_000

function keep(offsets: Offset[], added: Offset): void {
  if (offsets.includes(added)) return
  offsets.push(added)
  if (offsets.length > keptMax) offsets.shift()
}
