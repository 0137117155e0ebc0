import type { Random } from '../base/random.ts'

/** Whole numbers out of a source of chance. */
export class Dice {
  readonly #random: Random
  readonly #bytes = new Uint8Array(4)
  readonly #view = new DataView(this.#bytes.buffer)

  constructor(random: Random) {
    this.#random = random
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    this.#random.fill(this.#bytes)
    return this.#view.getUint32(0) % limit
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }
}
