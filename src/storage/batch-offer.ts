import type { Offset, ProducerId } from '../base/brands.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { Appended } from './appended.ts'
import type { ProducerVerdict } from './producer-state.ts'

/** What became of a batch that a client sent: appended, or why not. */
export type Offered = ({ readonly kind: 'appended' } & Appended) | Exclude<ProducerVerdict, { readonly kind: 'new' }>

/** The same when it was one of several: the disk may fail after some of them are in the log, and the rest are not. */
export type OfferOutcome = Offered | { readonly kind: 'failed'; readonly error: unknown }

/** What it takes to append batches of clients, with the partition's lock held. */
export interface OfferSteps {
  readonly validate: (batch: RecordBatch) => ProducerVerdict
  readonly append: (batches: Uint8Array) => Appended
  /** Bytes that one append may have at most, so that rolls come where they would by single ones. */
  readonly segmentBytes: number
}

/** Small batches of clients are written together up to this size. */
const joinedBytesMax = 512 * 1024

/** Up to this size a copy costs less than a write of its own. */
const smallBytes = 64 * 1024

/**
 * Appends each of `batches` unless the state of its producer forbids it; the answers are in their order. Small ones that follow each other
 * are written together. Throws what fails before any was appended; what fails later is the answer of those that are not in the log.
 */
export function offerAll(batches: readonly Uint8Array[], steps: OfferSteps): OfferOutcome[] {
  const answers: OfferOutcome[] = []
  const joined = new JoinedBatches(steps, answers)
  try {
    for (const bytes of batches) offerOne(new RecordBatch(bytes), steps, { joined, answers })
    joined.append()
  } catch (error) {
    if (!joined.hasAppended) throw error
    joined.fail(error)
    while (answers.length < batches.length) answers.push({ kind: 'failed', error })
  }
  return answers
}

function offerOne(
  batch: RecordBatch,
  { validate }: OfferSteps,
  { joined, answers }: { readonly joined: JoinedBatches; readonly answers: OfferOutcome[] },
): void {
  // What a producer may send next depends on what is in the log of it.
  if (joined.hasProducerOf(batch) || !joined.hasRoomFor(batch)) joined.append()
  const verdict = validate(batch)
  if (verdict.kind === 'new') {
    joined.add(batch, answers.length)
    // Its place is filled in by the append.
    answers.push({ kind: 'appended', baseOffset: batch.baseOffset, nextOffset: batch.nextOffset })
  } else answers.push(verdict)
}

/** Batches that wait to be appended together. */
class JoinedBatches {
  readonly #steps: OfferSteps
  readonly #answers: OfferOutcome[]
  readonly #batches: { readonly batch: RecordBatch; readonly answerAt: number }[] = []
  readonly #producers = new Set<ProducerId>()
  #bytes = 0
  /** Whether any batch is in the log by now. */
  hasAppended = false

  constructor(steps: OfferSteps, answers: OfferOutcome[]) {
    this.#steps = steps
    this.#answers = answers
  }

  hasProducerOf(batch: RecordBatch): boolean {
    return batch.hasProducer && this.#producers.has(batch.producerId)
  }

  hasRoomFor({ sizeInBytes }: RecordBatch): boolean {
    if (this.#bytes === 0) return true
    return sizeInBytes <= smallBytes && this.#bytes + sizeInBytes <= Math.min(joinedBytesMax, this.#steps.segmentBytes)
  }

  add(batch: RecordBatch, answerAt: number): void {
    this.#batches.push({ batch, answerAt })
    this.#bytes += batch.sizeInBytes
    if (batch.hasProducer) this.#producers.add(batch.producerId)
  }

  append(): void {
    if (this.#batches.length === 0) return
    const [only] = this.#batches
    const bytes = this.#batches.length === 1 && only !== undefined ? only.batch.bytes : this.#concatenated()
    let { baseOffset } = this.#steps.append(bytes)
    this.hasAppended = true
    for (const { batch, answerAt } of this.#batches) {
      const nextOffset = (baseOffset + BigInt(batch.lastOffsetDelta) + 1n) as Offset
      this.#answers[answerAt] = { kind: 'appended', baseOffset, nextOffset }
      baseOffset = nextOffset
    }
    this.#batches.length = 0
    this.#producers.clear()
    this.#bytes = 0
  }

  /** Those that wait will not come into the log. */
  fail(error: unknown): void {
    for (const { answerAt } of this.#batches) this.#answers[answerAt] = { kind: 'failed', error }
  }

  #concatenated(): Uint8Array {
    const whole = new Uint8Array(this.#bytes)
    let at = 0
    for (const { batch } of this.#batches) {
      whole.set(batch.bytes, at)
      at += batch.sizeInBytes
    }
    return whole
  }
}
