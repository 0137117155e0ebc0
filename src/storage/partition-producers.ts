import type { Offset } from '../base/brands.ts'
import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { ActiveSegment } from './active-segment.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import type { PlacedBatches } from './placed-batches.ts'
import { loadProducerState, replayProducers } from './producer-loading.ts'
import { recallBatches } from './producer-recall.ts'
import { ProducerState, type ProducerVerdict, stableBelow } from './producer-state.ts'
import type { WriteState } from './write-state.ts'

/** producer.id.expiration.ms and how often it is looked at, in ms. */
const expirationMs = 86_400_000
const expirationCheckMs = 600_000

/**
 * What the writing side of a partition knows of its producers: read from the log when it is first asked for, and kept up with appends from then
 * on, those of other processes included. Costs nothing in a log without idempotent or transactional producers.
 */
export class PartitionProducers {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #clock: Clock
  readonly #expirationMs: number
  #known: ProducerState | undefined
  #expiredMs = 0

  constructor({ fileSystem, clock, producerIdExpirationMs = expirationMs }: PartitionLogOptions, directory: string) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#clock = clock
    this.#expirationMs = producerIdExpirationMs
  }

  /** The state at the log end offset of `state`. */
  at(state: WriteState): ProducerState {
    if (!state.hasProducers) return new ProducerState(state.logEndOffset)
    const known = this.#known
    // What others have appended since may be deleted already: then a snapshot alone tells of it.
    if (known === undefined || known.endOffset > state.logEndOffset || known.endOffset < state.logStartOffset) {
      this.#known = loadProducerState(this.#fileSystem, this.#directory, state.logEndOffset)
    } else if (known.endOffset < state.logEndOffset) {
      replayProducers(known, { fileSystem: this.#fileSystem, directory: this.#directory, end: state.logEndOffset })
    }
    return (this.#known ??= new ProducerState(state.logEndOffset))
  }

  /** The log may have been cut, or written anew: what is known of it counts no longer. */
  forget(): void {
    this.#known = undefined
  }

  /** Whether a batch that a client sent may be appended. */
  validate(batch: RecordBatch, state: WriteState): ProducerVerdict {
    if (!batch.hasProducer) return { kind: 'new' }
    const producers = this.at(state)
    this.#expire(producers)
    const verdict = producers.validate(batch)
    if (verdict.kind !== 'out-of-order' || producers.briefBelow === undefined) return verdict
    // It may be a retry of what a snapshot has left out.
    recallBatches(producers, { fileSystem: this.#fileSystem, directory: this.#directory })
    return producers.validate(batch)
  }

  /** Every client that comes has a producer id of its own: those that are gone would fill the memory. */
  #expire(producers: ProducerState): void {
    const now = this.#clock.now()
    if (now - this.#expiredMs < expirationCheckMs) return
    this.#expiredMs = now
    producers.expire(now, this.#expirationMs)
  }

  /** Takes note of whole batches that were just written at the log end offset of `state`, which does not count them yet. */
  note(bytes: Uint8Array, { hasProducers }: PlacedBatches, at: { state: WriteState; segment: ActiveSegment }): void {
    const { state, segment } = at
    const producers = hasProducers ? this.at(state) : this.#known
    // What nobody has asked for yet, or is behind already, is read from the log when it is.
    if (producers?.endOffset !== state.logEndOffset) return
    if (hasProducers) {
      state.hasProducers = true
      this.#known = producers
    }
    for (let position = 0; position < bytes.length;) {
      const batch = new RecordBatch(bytes, position)
      position += batch.sizeInBytes
      const ended = producers.replay(batch)
      if (ended?.isAborted === true) segment.noteAborted(ended)
    }
  }

  /** First offset of a transaction that is open below the visible end, or that end. */
  lastStableOffset(state: WriteState): Offset {
    const { visibleEndOffset, logStartOffset } = state
    if (!state.hasProducers) return visibleEndOffset
    return stableBelow(visibleEndOffset, this.at(state).firstOpenTransactionOffset, logStartOffset)
  }
}
