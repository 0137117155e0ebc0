import { offset, type Offset } from '../../base/brands.ts'

/**
 * The last offset of each key by its digest: open addressing, as in `offset-map.as.ts`. A slot is the four words of a digest, and beside them
 * offset + 1, where 0 is an empty slot.
 */
export class PlainOffsetMap {
  readonly #digests: Uint32Array
  readonly #offsets: BigInt64Array
  #size = 0

  constructor(slots: number) {
    this.#digests = new Uint32Array(4 * slots)
    this.#offsets = new BigInt64Array(slots)
  }

  get size(): number {
    return this.#size
  }

  put(digest: Uint32Array, at: Offset): void {
    const slot = this.#find(digest)
    if (this.#offsets[slot] === 0n) {
      this.#digests.set(digest, 4 * slot)
      this.#size++
    }
    this.#offsets[slot] = at + 1n
  }

  /** The offset of the key with this digest, or -1. */
  get(digest: Uint32Array): Offset {
    return offset((this.#offsets[this.#find(digest)] ?? 0n) - 1n)
  }

  /** The slot with the digest, or the empty one where it belongs. */
  #find(digest: Uint32Array): number {
    const slots = this.#offsets.length
    let slot = Math.floor(((digest[1] ?? 0) * slots) / 2 ** 32)
    while (this.#offsets[slot] !== 0n && !this.#isAt(slot, digest)) slot = slot + 1 === slots ? 0 : slot + 1
    return slot
  }

  #isAt(slot: number, digest: Uint32Array): boolean {
    for (let i = 0; i < 4; i++) if (this.#digests[4 * slot + i] !== digest[i]) return false
    return true
  }
}
