/** What the threads of a verification share: which segment is next, and how far they are. */
export class SegmentQueue {
  readonly memory: SharedArrayBuffer
  readonly #words: BigInt64Array<SharedArrayBuffer>

  /** `memory`: of the queue that another thread made. */
  constructor(memory = new SharedArrayBuffer(wordCount * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#words = new BigInt64Array(memory)
  }

  /** The index of a segment that no thread has taken, below `count`; `undefined` when there is none. */
  claim(count: number): number | undefined {
    const index = Number(Atomics.add(this.#words, nextAt, 1n))
    return index < count ? index : undefined
  }

  /** Some thread has checked so much more. */
  add(bytes: number, records: number): void {
    Atomics.add(this.#words, bytesAt, BigInt(bytes))
    Atomics.add(this.#words, recordsAt, BigInt(records))
  }

  /** What all threads have checked so far. */
  get progress(): { readonly bytes: number; readonly records: number } {
    return { bytes: Number(Atomics.load(this.#words, bytesAt)), records: Number(Atomics.load(this.#words, recordsAt)) }
  }
}

const nextAt = 0
const bytesAt = 1
const recordsAt = 2
const wordCount = 3
