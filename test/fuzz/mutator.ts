import type { Dice } from '../../src/disk/dice.ts'

const borders = [0n, 1n, -1n, 2n, -2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn, 0x7fff_ffffn, 0x8000_0000n]
const farBorders = [...borders, 0xffff_ffffn, 0x7fff_ffff_ffff_ffffn, -(2n ** 63n), 104_857_601n, 2n ** 53n]

type Mutation = (bytes: Uint8Array, other: Uint8Array) => Uint8Array

/** Changes bytes as files and frames go wrong, and as somebody would who wants them to. */
export class Mutator {
  readonly #dice: Dice
  readonly #tokens: readonly Uint8Array[]
  readonly #bytesMax: number
  readonly #mutations: readonly Mutation[]

  constructor(dice: Dice, { tokens, bytesMax }: { readonly tokens: readonly string[]; readonly bytesMax: number }) {
    this.#dice = dice
    this.#tokens = tokens.map((token) => new TextEncoder().encode(token))
    this.#bytesMax = bytesMax
    this.#mutations = [
      (bytes) => this.#changed(bytes, (copy, at) => (copy[at] = (copy[at] as number) ^ (1 << dice.below(8)))),
      (bytes) => this.#changed(bytes, (copy, at) => (copy[at] = dice.below(256))),
      (bytes) => this.#changed(bytes, (copy, at) => (copy[at] = (copy[at] as number) + dice.below(9) - 4)),
      (bytes) => this.#withNumber(bytes),
      (bytes) => this.#withNumber(bytes),
      (bytes) => bytes.subarray(0, dice.below(bytes.length + 1)),
      (bytes) => this.#without(bytes),
      (bytes) => this.#inserted(bytes, this.#span(bytes)),
      (bytes) =>
        this.#inserted(
          bytes,
          Uint8Array.from({ length: 1 + dice.below(16) }, () => dice.below(256)),
        ),
      (bytes) => this.#inserted(bytes, new Uint8Array(1 + dice.below(64)).fill(dice.oneIn(2) ? 0 : dice.below(256))),
      (bytes, other) => this.#inserted(bytes, this.#span(other)),
      (bytes, other) => this.#overwritten(bytes, this.#span(other)),
      (bytes, other) => this.#crossed(bytes, other),
      (bytes) => this.#inserted(bytes, this.#token()),
      (bytes) => this.#overwritten(bytes, this.#token()),
    ]
  }

  /** Another input, made of one and at times of parts of another; the bytes given stay as they are. */
  mutate(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    let mutated = bytes
    // Mostly one change or two: many at once end at the first check.
    for (let left = 1 + this.#dice.below(1 << this.#dice.below(5)); left > 0; left--) {
      const mutation = this.#mutations[this.#dice.below(this.#mutations.length)] as Mutation
      mutated = mutation(mutated, other).subarray(0, this.#bytesMax)
    }
    return mutated.slice()
  }

  #changed(bytes: Uint8Array, change: (copy: Uint8Array, at: number) => void): Uint8Array {
    if (bytes.length === 0) return bytes
    const copy = bytes.slice()
    change(copy, this.#dice.below(copy.length))
    return copy
  }

  /** A whole number at a border of its width, or a little off. */
  #withNumber(bytes: Uint8Array): Uint8Array {
    const width = 1 << this.#dice.below(4)
    if (bytes.length < width) return bytes
    const copy = bytes.slice()
    const border = farBorders[this.#dice.below(farBorders.length)] as bigint
    const number = this.#dice.oneIn(4) ? border + BigInt(this.#dice.below(9) - 4) : border
    const at = this.#dice.below(copy.length - width + 1)
    for (let byte = 0; byte < width; byte++)
      copy[at + byte] = Number((number >> BigInt(8 * (width - 1 - byte))) & 0xffn)
    return copy
  }

  #without(bytes: Uint8Array): Uint8Array {
    const start = this.#dice.below(bytes.length + 1)
    const count = this.#dice.below(1 + Math.min(bytes.length - start, 1 << this.#dice.below(10)))
    return joined(bytes.subarray(0, start), bytes.subarray(start + count))
  }

  #inserted(bytes: Uint8Array, piece: Uint8Array): Uint8Array {
    const at = this.#dice.below(bytes.length + 1)
    return joined(bytes.subarray(0, at), piece, bytes.subarray(at))
  }

  #overwritten(bytes: Uint8Array, piece: Uint8Array): Uint8Array {
    const at = this.#dice.below(bytes.length + 1)
    return joined(bytes.subarray(0, at), piece, bytes.subarray(at + piece.length))
  }

  #crossed(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    const end = this.#dice.below(bytes.length + 1)
    return joined(bytes.subarray(0, end), other.subarray(this.#dice.below(other.length + 1)))
  }

  #span(bytes: Uint8Array): Uint8Array {
    const start = this.#dice.below(bytes.length + 1)
    return bytes.subarray(start, start + 1 + this.#dice.below(1 << this.#dice.below(9)))
  }

  #token(): Uint8Array {
    return this.#tokens[this.#dice.below(this.#tokens.length || 1)] ?? new Uint8Array(0)
  }
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
