/** SipHash-1-3 of 128 bits, in halves of 64-bit words: what `sip-hash.as.ts` computes. Words are [low, high] in a `Uint32Array`. */
export class PlainSipHash {
  readonly #secret: DataView
  readonly #state = new Uint32Array(8)
  /** The digest of the last `hash`, as four words of 32 bits, lowest first. */
  readonly digest = new Uint32Array(4)

  /** `secret`: 16 bytes. */
  constructor(secret: Uint8Array) {
    this.#secret = new DataView(secret.buffer, secret.byteOffset, 16)
  }

  hash(bytes: Uint8Array, start: number, end: number): void {
    const v = this.#begin()
    let at = start
    for (; at + 8 <= end; at += 8) absorb(v, wordAt(bytes, at, at + 4), wordAt(bytes, at + 4, at + 8))
    const last = wordAt(bytes, Math.min(at + 4, end), end) | ((end - start) << 24)
    absorb(v, wordAt(bytes, at, Math.min(at + 4, end)), last)
    v[4] = at32(v, 4) ^ 0xee
    this.#finish(v, 0)
    v[2] = at32(v, 2) ^ 0xdd
    this.#finish(v, 2)
  }

  #begin(): Uint32Array {
    const v = this.#state
    for (let half = 0; half < 2; half++) {
      const first = this.#secret.getUint32(4 * half, true)
      const second = this.#secret.getUint32(8 + 4 * half, true)
      for (let i = 0; i < 4; i++) v[2 * i + half] = (i % 2 === 0 ? first : second) ^ (initial[2 * i + half] ?? 0)
    }
    v[2] = at32(v, 2) ^ 0xee
    return v
  }

  #finish(v: Uint32Array, into: number): void {
    for (let i = 0; i < 3; i++) round(v)
    for (let half = 0; half < 2; half++) {
      this.digest[into + half] = at32(v, half) ^ at32(v, 2 + half) ^ at32(v, 4 + half) ^ at32(v, 6 + half)
    }
  }
}

/** "somepseudorandomlygeneratedbytes", low half first. */
const initial = [0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462]

/** Up to four bytes, lowest first. */
function wordAt(bytes: Uint8Array, start: number, end: number): number {
  let word = 0
  for (let at = end - 1; at >= start; at--) word = (word << 8) | (bytes[at] ?? 0)
  return word
}

function absorb(v: Uint32Array, low: number, high: number): void {
  v[6] = at32(v, 6) ^ low
  v[7] = at32(v, 7) ^ high
  round(v)
  v[0] = at32(v, 0) ^ low
  v[1] = at32(v, 1) ^ high
}

function round(v: Uint32Array): void {
  mix(v, [0, 2, 13])
  swap(v, 0)
  mix(v, [4, 6, 16])
  mix(v, [0, 6, 21])
  mix(v, [4, 2, 17])
  swap(v, 4)
}

/** a += b; b = rotl(b, bits) ^ a. */
function mix(v: Uint32Array, [a, b, bits]: readonly [number, number, number]): void {
  const low = at32(v, b)
  const high = at32(v, b + 1)
  const sum = at32(v, a) + low
  v[a + 1] = at32(v, a + 1) + high + Number(sum > 0xffff_ffff)
  v[a] = sum
  v[b] = ((low << bits) | (high >>> (32 - bits))) ^ at32(v, a)
  v[b + 1] = ((high << bits) | (low >>> (32 - bits))) ^ at32(v, a + 1)
}

/** Rotates by 32 bits. */
function swap(v: Uint32Array, at: number): void {
  const low = at32(v, at)
  v[at] = at32(v, at + 1)
  v[at + 1] = low
}

function at32(v: Uint32Array, index: number): number {
  return v[index] ?? 0
}
