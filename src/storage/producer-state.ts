import { offset, type Offset, type ProducerId, type TimestampMs } from '../base/brands.ts'
import { readControlRecord } from '../record/control-record.ts'
import type { LogBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { ProducerSnapshotEntry } from './producer-snapshot.ts'

/** A transaction that a marker ended. An aborted one belongs into the transaction index of the marker's segment. */
export interface CompletedTransaction {
  readonly producerId: ProducerId
  readonly firstOffset: Offset
  /** Of the marker. */
  readonly lastOffset: Offset
  /** First offset of a transaction that is still open now, or the offset after the marker. */
  readonly lastStableOffset: Offset
  readonly isAborted: boolean
}

/** Whether a batch of an idempotent producer may be appended. */
export type ProducerVerdict =
  | { readonly kind: 'new' }
  /** Sent before and appended then: the answer is where it lies. */
  | {
      readonly kind: 'duplicate'
      readonly baseOffset: Offset
      readonly lastOffset: Offset
      readonly timestamp: TimestampMs
    }
  /** Kafka: INVALID_PRODUCER_EPOCH. A newer instance of the producer has written since. */
  | { readonly kind: 'fenced'; readonly producerEpoch: number; readonly currentEpoch: number }
  /** Kafka: OUT_OF_ORDER_SEQUENCE_NUMBER. */
  | { readonly kind: 'out-of-order'; readonly baseSequence: number; readonly expectedSequence: number }
  /** Kafka: INVALID_TXN_STATE. A batch outside of the transaction that its producer has open. */
  | { readonly kind: 'not-transactional'; readonly currentTransactionFirstOffset: Offset }

interface ProducerBatch {
  readonly lastSequence: number
  readonly lastOffset: Offset
  readonly offsetDelta: number
  readonly timestamp: TimestampMs
}

interface ProducerEntry {
  producerEpoch: number
  coordinatorEpoch: number
  timestamp: TimestampMs
  /** Undefined when no transaction is open. */
  transactionFirstOffset: Offset | undefined
  /** Of this epoch, oldest first. */
  batches: ProducerBatch[]
}

/** As many batches as a producer may have under way at once (max.in.flight.requests.per.connection). */
const batchesMax = 5
const sequenceMax = 2 ** 31 - 1
const NO_EPOCH = -1

/**
 * What the log of a partition says of its idempotent and transactional producers up to `endOffset`: the last batches of each,
 * so that a retry is never a second copy, and the transactions that are open. Pure: replaying the same batches gives the same
 * state. Kafka: `ProducerStateManager`, `ProducerAppendInfo` (KIP-98).
 */
export class ProducerState {
  readonly #producers = new Map<ProducerId, ProducerEntry>()
  /** Producers with an open transaction, and where it begins. */
  readonly #open = new Map<ProducerId, Offset>()
  #endOffset: Offset
  #briefBelow: Offset | undefined

  /** Nothing is known of the log before `endOffset`. */
  constructor(endOffset: Offset) {
    this.#endOffset = endOffset
  }

  /** The state that a snapshot up to `endOffset` (exclusive) holds. */
  static fromSnapshot(entries: readonly ProducerSnapshotEntry[], endOffset: Offset): ProducerState {
    const state = new ProducerState(endOffset)
    for (const entry of entries) state.#restore(entry)
    if (entries.length > 0) state.#briefBelow = endOffset
    return state
  }

  /** All batches below it have been replayed. */
  get endOffset(): Offset {
    return this.#endOffset
  }

  /** Of what the log has below it only the last batch of each producer is known: all that a snapshot holds. `undefined` when all is. */
  get briefBelow(): Offset | undefined {
    return this.#briefBelow
  }

  /** Says that the log has no batch up to `endOffset` that is not known yet. */
  skipTo(endOffset: Offset): void {
    if (endOffset > this.#endOffset) this.#endOffset = endOffset
  }

  /** How many producers are known. */
  get producerCount(): number {
    return this.#producers.size
  }

  /** Where the oldest open transaction begins, or `undefined` when none is open: the last stable offset is not above it. */
  get firstOpenTransactionOffset(): Offset | undefined {
    let first: Offset | undefined
    for (const start of this.#open.values()) if (first === undefined || start < first) first = start
    return first
  }

  /** The transactions that are open: who writes them, and where they begin. */
  get openTransactions(): ReadonlyMap<ProducerId, Offset> {
    return this.#open
  }

  /**
   * Takes note of a batch that is in the log, right or wrong as it may be: it was decided on when it was appended. Returns
   * the transaction that it ends. Throws `MalformedMessageError` for a control batch whose record is none.
   */
  replay(batch: LogBatch): CompletedTransaction | undefined {
    this.#endOffset = offset(batch.lastOffset + 1n)
    if (!(batch instanceof RecordBatch) || batch.producerId < 0n) return undefined
    const entry = this.#entryOf(batch.producerId)
    if (batch.isControl) return this.#endTransaction(batch, entry)
    this.#addBatch(batch, entry)
    if (batch.isTransactional && entry.transactionFirstOffset === undefined) {
      entry.transactionFirstOffset = batch.baseOffset
      this.#open.set(batch.producerId, batch.baseOffset)
    }
    return undefined
  }

  /** Takes note, in the order of the log, of a batch below `briefBelow`: it may be one of the last five of its producer. */
  recall(batch: RecordBatch): void {
    const entry = this.#producers.get(batch.producerId)
    if (entry === undefined || batch.isControl || batch.producerEpoch !== entry.producerEpoch) return
    const later = entry.batches.findIndex((one) => one.lastOffset >= batch.lastOffset)
    if (later < 0 || entry.batches[later]?.lastOffset === batch.lastOffset) return
    entry.batches.splice(later, 0, factsOf(batch))
    if (entry.batches.length > batchesMax) entry.batches.shift()
  }

  /** Says that all there is to recall has been. */
  endRecall(): void {
    this.#briefBelow = undefined
  }

  /**
   * Whether a batch that a client sent may be appended. Batches without a sequence number (the coordinators' own) are checked
   * for their epoch only, batches without a producer not at all.
   */
  validate(batch: RecordBatch): ProducerVerdict {
    const entry = this.#producers.get(batch.producerId)
    if (entry === undefined || batch.producerId < 0n) return { kind: 'new' }
    const duplicate = findDuplicate(batch, entry)
    if (duplicate !== undefined) return duplicate
    if (batch.producerEpoch < entry.producerEpoch) {
      return { kind: 'fenced', producerEpoch: batch.producerEpoch, currentEpoch: entry.producerEpoch }
    }
    const expectedSequence = nextSequence(batch, entry)
    if (batch.baseSequence >= 0 && expectedSequence !== undefined && batch.baseSequence !== expectedSequence) {
      return { kind: 'out-of-order', baseSequence: batch.baseSequence, expectedSequence }
    }
    if (entry.transactionFirstOffset !== undefined && !batch.isTransactional) {
      return { kind: 'not-transactional', currentTransactionFirstOffset: entry.transactionFirstOffset }
    }
    return { kind: 'new' }
  }

  /** Forgets producers that wrote nothing for `expirationMs` (producer.id.expiration.ms) and have no transaction open. */
  expire(now: TimestampMs, expirationMs: number): void {
    for (const [id, entry] of this.#producers) {
      if (entry.transactionFirstOffset === undefined && now - entry.timestamp >= expirationMs)
        this.#producers.delete(id)
    }
  }

  /** What a snapshot at `endOffset` holds: of each producer's batches only the last. */
  toSnapshot(): ProducerSnapshotEntry[] {
    return Array.from(this.#producers, ([producerId, entry]) => {
      const last = entry.batches.at(-1)
      return {
        producerId,
        producerEpoch: entry.producerEpoch,
        lastSequence: last?.lastSequence ?? -1,
        lastOffset: last?.lastOffset ?? offset(-1),
        offsetDelta: last?.offsetDelta ?? 0,
        timestamp: entry.timestamp,
        coordinatorEpoch: entry.coordinatorEpoch,
        currentTransactionFirstOffset: entry.transactionFirstOffset ?? offset(-1),
      }
    })
  }

  #restore(entry: ProducerSnapshotEntry): void {
    const { lastSequence, lastOffset, offsetDelta, timestamp } = entry
    const isOpen = entry.currentTransactionFirstOffset >= 0n
    this.#producers.set(entry.producerId, {
      producerEpoch: entry.producerEpoch,
      coordinatorEpoch: entry.coordinatorEpoch,
      timestamp,
      transactionFirstOffset: isOpen ? entry.currentTransactionFirstOffset : undefined,
      batches: lastOffset < 0n ? [] : [{ lastSequence, lastOffset, offsetDelta, timestamp }],
    })
    if (isOpen) this.#open.set(entry.producerId, entry.currentTransactionFirstOffset)
  }

  #entryOf(producerId: ProducerId): ProducerEntry {
    const known = this.#producers.get(producerId)
    if (known !== undefined) return known
    const entry: ProducerEntry = {
      producerEpoch: NO_EPOCH,
      coordinatorEpoch: -1,
      timestamp: -1,
      transactionFirstOffset: undefined,
      batches: [],
    }
    this.#producers.set(producerId, entry)
    return entry
  }

  #addBatch(batch: RecordBatch, entry: ProducerEntry): void {
    beginEpoch(entry, batch.producerEpoch)
    if (entry.batches.length === batchesMax) entry.batches.shift()
    entry.batches.push(factsOf(batch))
    entry.timestamp = batch.maxTimestamp
  }

  #endTransaction(batch: RecordBatch, entry: ProducerEntry): CompletedTransaction | undefined {
    // Compaction leaves the header of a marker whose transaction is gone altogether.
    if (batch.recordCount === 0) return undefined
    const marker = readControlRecord(batch)
    if (marker.type !== 'COMMIT' && marker.type !== 'ABORT') return undefined
    beginEpoch(entry, batch.producerEpoch)
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.timestamp = batch.maxTimestamp
    const firstOffset = entry.transactionFirstOffset
    if (firstOffset === undefined) return undefined
    entry.transactionFirstOffset = undefined
    this.#open.delete(batch.producerId)
    return {
      producerId: batch.producerId,
      firstOffset,
      lastOffset: batch.baseOffset,
      lastStableOffset: this.firstOpenTransactionOffset ?? batch.nextOffset,
      isAborted: marker.type === 'ABORT',
    }
  }
}

/**
 * The last stable offset of a log that is visible up to `end`: where its first `open` transaction begins, but never below the log start offset, which a trim or
 * retention may have moved past it. Kafka: UnifiedLog.maybeIncrementFirstUnstableOffset.
 */
export function stableBelow(end: Offset, open: Offset | undefined, logStartOffset: Offset): Offset {
  if (open === undefined || open >= end) return end
  return open > logStartOffset ? open : logStartOffset
}

function factsOf({ lastSequence, lastOffset, lastOffsetDelta, maxTimestamp }: RecordBatch): ProducerBatch {
  return { lastSequence, lastOffset, offsetDelta: lastOffsetDelta, timestamp: maxTimestamp }
}

/** Sequence numbers begin anew with an epoch, so the batches of the one before say nothing any more. */
function beginEpoch(entry: ProducerEntry, producerEpoch: number): void {
  if (entry.producerEpoch === producerEpoch) return
  entry.producerEpoch = producerEpoch
  entry.batches = []
}

function findDuplicate(batch: RecordBatch, entry: ProducerEntry): ProducerVerdict | undefined {
  if (batch.baseSequence < 0 || batch.producerEpoch !== entry.producerEpoch) return undefined
  const { baseSequence, lastSequence } = batch
  const known = entry.batches.find((one) => one.lastSequence === lastSequence && baseSequenceOf(one) === baseSequence)
  if (known === undefined) return undefined
  const { lastOffset, offsetDelta, timestamp } = known
  return { kind: 'duplicate', baseOffset: offset(lastOffset - BigInt(offsetDelta)), lastOffset, timestamp }
}

/** The sequence number that must come next, or `undefined` when any will do: of a producer nothing is known any more. */
function nextSequence(batch: RecordBatch, entry: ProducerEntry): number | undefined {
  if (entry.producerEpoch === NO_EPOCH) return undefined
  if (batch.producerEpoch !== entry.producerEpoch) return 0
  const last = entry.batches.at(-1)?.lastSequence ?? -1
  return last === sequenceMax ? 0 : last + 1
}

function baseSequenceOf({ lastSequence, offsetDelta }: ProducerBatch): number {
  const base = lastSequence - offsetDelta
  // Before 0 comes the greatest.
  return base < 0 ? base + sequenceMax + 1 : base
}
