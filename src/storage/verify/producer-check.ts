import type { Offset } from '../../base/brands.ts'
import { CorruptSegmentError, MalformedMessageError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { segmentFileName, snapshotFileName } from '../file-names.ts'
import { openIfThere } from '../open-if-there.ts'
import type { ProducerSnapshotEntry } from '../producer-snapshot.ts'
import { ProducerState } from '../producer-state.ts'
import { readSnapshot } from '../snapshot-files.ts'
import { type AbortedTransaction, TransactionIndex } from '../transaction-index.ts'
import type { Finding } from './finding.ts'

export interface ProducerCheckOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly baseOffset: Offset
  /** Where the next segment begins, whose snapshot must agree with this segment; `undefined` in the last one. */
  readonly endOffset: Offset | undefined
  /** The segment is the first of a log that begins with it: nothing is known of producers before. */
  readonly isFirst: boolean
  /** Compaction was here: batches that transactions and snapshots were made of may be gone. */
  readonly isCompacted: boolean
  /** Where the log ends by the word of its writers: what the index says behind it is of an append under way. */
  readonly published: { readonly logEndOffset: Offset } | undefined
}

/**
 * Holds the `.txnindex` of a segment and the producer snapshot behind it against the batches of its log. Begins with the snapshot at the base
 * offset, so that each segment is checked by itself; where there is none, only what the files say by themselves is checked.
 */
export class ProducerCheck {
  readonly #options: ProducerCheckOptions
  readonly #index: TransactionIndex | undefined
  readonly #indexPath: string
  #state: ProducerState | undefined
  /** Whether all is known of what came before the batch that is taken next. */
  #isExact: boolean
  #slot = 0
  #damage: Finding | undefined

  constructor(options: ProducerCheckOptions) {
    this.#options = options
    const { fileSystem, directory, baseOffset, isCompacted } = options
    this.#indexPath = `${directory}/${segmentFileName(baseOffset, 'txnindex')}`
    const file = openIfThere(() => fileSystem.open(this.#indexPath, 'read'))
    this.#index = file && new TransactionIndex(file)
    this.#isExact = !isCompacted
  }

  /** Takes the next batch of the log; throws `MalformedMessageError` for a control batch whose record is none. */
  onBatch(batch: LogBatch): void {
    if (!(batch instanceof RecordBatch) || batch.producerId < 0n || !this.#isExact) return
    this.#state ??= this.#begin()
    const ended = this.#state.replay(batch)
    if (ended?.isAborted === true && this.#isExact) this.#expect(ended)
  }

  /** Bytes that are no batch may have been anybody's. */
  skip(): void {
    this.#isExact = false
  }

  /** What is wrong, once all batches up to `nextOffset` were taken. Closes the file. */
  finish(nextOffset: Offset): Finding[] {
    try {
      this.#checkEntries(nextOffset)
      const snapshot = this.#checkSnapshot()
      return [this.#damage, snapshot].filter((one) => one !== undefined)
    } finally {
      this.#index?.file?.close()
    }
  }

  #begin(): ProducerState {
    const { fileSystem, directory, baseOffset, isFirst } = this.#options
    const read = readSnapshot(fileSystem, `${directory}/${snapshotFileName(baseOffset)}`)
    if (read.kind === 'entries') return ProducerState.fromSnapshot(read.entries, baseOffset)
    if (!isFirst) this.#isExact = false
    return new ProducerState(baseOffset)
  }

  #expect(ended: AbortedTransaction): void {
    const entry = this.#entry(this.#slot)
    if (entry !== undefined && isSame(entry, ended)) {
      this.#slot++
      return
    }
    const { firstOffset, lastOffset } = ended
    this.#fail(`it lacks the transaction of offsets ${firstOffset} to ${lastOffset}, which was aborted`)
    this.#isExact = false
  }

  #entry(slot: number): AbortedTransaction | undefined {
    if (this.#index === undefined || slot >= this.#index.entryCount) return undefined
    try {
      return this.#index.entry(slot)
    } catch (error) {
      if (error instanceof CorruptSegmentError) return undefined
      throw error
    }
  }

  #checkEntries(nextOffset: Offset): void {
    const { baseOffset, endOffset } = this.#options
    if (this.#index === undefined) return
    const structure = this.#index.findDamage(baseOffset)
    if (structure !== undefined) this.#fail(structure)
    const [next, last] = [this.#entry(this.#slot), this.#entry(this.#index.entryCount - 1)]
    if (this.#isExact && next !== undefined && !this.#isUnderWay(next)) {
      this.#fail(`its entry ${this.#slot} names a transaction that was not aborted in the log`)
    }
    if (last !== undefined && last.lastOffset >= (endOffset ?? nextOffset) && !this.#isUnderWay(last)) {
      this.#fail(`it names a marker at offset ${last.lastOffset}, behind the segment`)
    }
  }

  #isUnderWay({ lastOffset }: AbortedTransaction): boolean {
    const { published } = this.#options
    return published !== undefined && lastOffset >= published.logEndOffset
  }

  #checkSnapshot(): Finding | undefined {
    const { fileSystem, directory, endOffset } = this.#options
    const state = this.#state
    if (state === undefined || endOffset === undefined || !this.#isExact) return undefined
    const path = `${directory}/${snapshotFileName(endOffset)}`
    const read = readSnapshot(fileSystem, path)
    if (read.kind !== 'entries') return undefined
    const replayed = new Map(state.toSnapshot().map((entry) => [entry.producerId, entry]))
    const wrong = read.entries.find((entry) => !agrees(entry, replayed.get(entry.producerId)))
    if (wrong === undefined) return undefined
    const reason = `what it says of producer ${wrong.producerId} does not agree with the log`
    return { severity: 'damage', kind: 'snapshot', path, position: 0, end: 0, reason }
  }

  #fail(reason: string): void {
    const position = this.#slot * TransactionIndex.entryBytes
    this.#damage ??= {
      severity: 'damage',
      kind: 'transaction-index',
      path: this.#indexPath,
      position,
      end: position,
      reason,
    }
  }
}

/** What readers of the two must agree on; Kafka forgets producers after a day, so that one that is missing says nothing. */
function agrees(entry: ProducerSnapshotEntry, replayed: ProducerSnapshotEntry | undefined): boolean {
  return (
    replayed === undefined ||
    (entry.producerEpoch === replayed.producerEpoch &&
      entry.lastSequence === replayed.lastSequence &&
      entry.lastOffset === replayed.lastOffset &&
      entry.currentTransactionFirstOffset === replayed.currentTransactionFirstOffset)
  )
}

function isSame(one: AbortedTransaction, other: AbortedTransaction): boolean {
  return (
    one.producerId === other.producerId &&
    one.firstOffset === other.firstOffset &&
    one.lastOffset === other.lastOffset &&
    one.lastStableOffset === other.lastStableOffset
  )
}

/** Why the records of a batch cannot be what was written, if `act` comes upon it. */
export function malformedReason(act: () => void): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof MalformedMessageError) return error.message
    throw error
  }
}
