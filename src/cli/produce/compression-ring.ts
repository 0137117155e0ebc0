import { assert } from '../../base/assert.ts'

/** What a thread needs to work on a ring; may be sent to it. */
export interface CompressionRingHandle {
  readonly memory: SharedArrayBuffer
  readonly slots: number
  /** The largest batch that a slot takes. */
  readonly batchBytesMax: number
}

/** What became of a batch: `failed` when compressing it threw, `late` when no answer came in time. */
export type SlotOutcome = 'done' | 'failed' | 'late'

/** Words that all slots share: a number that changes with every reason to wake, batches published and claimed, threads that are ready. */
const wakeAt = 0
const publishedAt = 1
const claimedAt = 2
const readyAt = 3
const closedAt = 4
const slotWordsAt = 5
/** Words of each slot. */
const stateOf = 0
const inputBytesOf = 1
const outputBytesOf = 2
const wordsOfSlot = 3

const waiting = 0
const done = 1
const failed = 2

/**
 * Batches on their way through other threads, in shared memory: the owner publishes them in order, each is claimed by whichever thread
 * is free, and the owner takes them in order again. Nothing is sent and nothing allocated for a batch.
 *
 * ```
 * words of all, words of each slot | input of each slot | output of each slot
 * ```
 * A slot's output may be as large as its input: what does not shrink to that is the owner's to compress.
 */
export class CompressionRing {
  readonly handle: CompressionRingHandle
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #bytesAt: number

  constructor(handle: CompressionRingHandle) {
    this.handle = handle
    const words = slotWordsAt + handle.slots * wordsOfSlot
    this.#words = new Int32Array(handle.memory, 0, words)
    this.#bytesAt = bytesAt(handle.slots)
  }

  /** `slots` is a power of two, so that the numbers of batches may wrap around. */
  static create({ slots, batchBytesMax }: Omit<CompressionRingHandle, 'memory'>): CompressionRing {
    assert(Number.isInteger(Math.log2(slots)), `a ring of ${slots} slots`)
    const memory = new SharedArrayBuffer(bytesAt(slots) + 2 * slots * batchBytesMax)
    return new CompressionRing({ memory, slots, batchBytesMax })
  }

  // The owner's side.

  /** Threads that have said they take batches. */
  get threadsReady(): number {
    return Atomics.load(this.#words, readyAt)
  }

  /** Puts a batch into the next slot, which must be free; returns the slot. */
  publish(batch: Uint8Array): number {
    const published = Atomics.load(this.#words, publishedAt)
    const slot = this.#slotOf(published)
    this.#input(slot, batch.length).set(batch)
    Atomics.store(this.#words, this.#word(slot, stateOf), waiting)
    Atomics.store(this.#words, this.#word(slot, inputBytesOf), batch.length)
    Atomics.store(this.#words, publishedAt, (published + 1) | 0)
    this.#wake(1)
    return slot
  }

  /** Whether a thread is done with the slot, well or not. */
  isAnswered(slot: number): boolean {
    return Atomics.load(this.#words, this.#word(slot, stateOf)) !== waiting
  }

  /** Blocks until a thread is done with the slot, at most `timeoutMs`. */
  waitFor(slot: number, timeoutMs: number): SlotOutcome {
    const at = this.#word(slot, stateOf)
    if (Atomics.load(this.#words, at) === waiting) Atomics.wait(this.#words, at, waiting, timeoutMs)
    const state = Atomics.load(this.#words, at)
    if (state === waiting) return 'late'
    return state === done ? 'done' : 'failed'
  }

  /** The batch as it was published. */
  input(slot: number): Uint8Array<SharedArrayBuffer> {
    return this.#input(slot, Atomics.load(this.#words, this.#word(slot, inputBytesOf)))
  }

  /** What a thread made of it; the owner's until the slot is published again. */
  output(slot: number): Uint8Array<SharedArrayBuffer> {
    return this.#output(slot, Atomics.load(this.#words, this.#word(slot, outputBytesOf)))
  }

  /** No more batches: threads end once they find none. */
  close(): void {
    Atomics.store(this.#words, closedAt, 1)
    this.#wake(Infinity)
  }

  // The threads' side.

  /** Says that this thread takes batches from now on. */
  announce(): void {
    Atomics.add(this.#words, readyAt, 1)
  }

  /** The next slot to work on; blocks until there is one, or gives nothing when there will be none. */
  claim(): number | undefined {
    for (;;) {
      const wake = Atomics.load(this.#words, wakeAt)
      const claimed = Atomics.load(this.#words, claimedAt)
      if (claimed !== Atomics.load(this.#words, publishedAt)) {
        const won = Atomics.compareExchange(this.#words, claimedAt, claimed, (claimed + 1) | 0) === claimed
        if (won) return this.#slotOf(claimed)
      } else if (Atomics.load(this.#words, closedAt) === 1) return undefined
      else Atomics.wait(this.#words, wakeAt, wake)
    }
  }

  /** Hands back a claimed slot with its result, which is copied, or without one when there is none or it does not fit. */
  answer(slot: number, result: Uint8Array | undefined): void {
    const fits = result !== undefined && result.length <= this.handle.batchBytesMax
    if (fits) {
      this.#output(slot, result.length).set(result)
      Atomics.store(this.#words, this.#word(slot, outputBytesOf), result.length)
    }
    const at = this.#word(slot, stateOf)
    Atomics.store(this.#words, at, fits ? done : failed)
    Atomics.notify(this.#words, at)
  }

  #wake(threads: number): void {
    Atomics.add(this.#words, wakeAt, 1)
    Atomics.notify(this.#words, wakeAt, threads)
  }

  #slotOf(batchNumber: number): number {
    return (batchNumber >>> 0) % this.handle.slots
  }

  #word(slot: number, word: number): number {
    return slotWordsAt + slot * wordsOfSlot + word
  }

  #input(slot: number, bytes: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.handle.memory, this.#bytesAt + slot * this.handle.batchBytesMax, bytes)
  }

  #output(slot: number, bytes: number): Uint8Array<SharedArrayBuffer> {
    const { memory, slots, batchBytesMax } = this.handle
    return new Uint8Array(memory, this.#bytesAt + (slots + slot) * batchBytesMax, bytes)
  }
}

/** Where the slots' bytes begin. */
function bytesAt(slots: number): number {
  return Math.ceil(((slotWordsAt + slots * wordsOfSlot) * Int32Array.BYTES_PER_ELEMENT) / 64) * 64
}
