import type { Offset, ProducerId } from '../base/brands.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { Appended } from './appended.ts'
import type { ProducerVerdict } from './producer-state.ts'

/** What became of a batch that a client sent: appended, or why not. */
export type Offered = ({ readonly kind: 'appended' } & Appended) | Exclude<ProducerVerdict, { readonly kind: 'new' }>

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
 * are written together.
 */
export function offerAll(batches: readonly Uint8Array[], steps: OfferSteps): Offered[] {
  const answers: Offered[] = []
  const joined = new JoinedBatches(steps, answers)
  for (const bytes of batches) {
    const batch = new RecordBatch(bytes)
    // What a producer may send next depends on what is in the log of it.
    if (joined.hasProducerOf(batch) || !joined.hasRoomFor(batch)) joined.append()
    const verdict = steps.validate(batch)
    if (verdict.kind === 'new') {
      joined.add(batch, answers.length)
      // Its place is filled in by the append.
      answers.push({ kind: 'appended', baseOffset: batch.baseOffset, nextOffset: batch.nextOffset })
    } else answers.push(verdict)
  }
  joined.append()
  return answers
}

/** Batches that wait to be appended together. */
class JoinedBatches {
  readonly #steps: OfferSteps
  readonly #answers: Offered[]
  readonly #batches: { readonly batch: RecordBatch; readonly answerAt: number }[] = []
  readonly #producers = new Set<ProducerId>()
  #bytes = 0

  constructor(steps: OfferSteps, answers: Offered[]) {
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
    for (const { batch, answerAt } of this.#batches) {
      const nextOffset = (baseOffset + BigInt(batch.lastOffsetDelta) + 1n) as Offset
      this.#answers[answerAt] = { kind: 'appended', baseOffset, nextOffset }
      baseOffset = nextOffset
    }
    this.#batches.length = 0
    this.#producers.clear()
    this.#bytes = 0
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
