/** What the TypeScript of both block codecs has in common: unaligned words and LZ77 matches. */

/** The byte at `at`, which is inside: the type of an element does not know. */
export function byteAt(memory: Uint8Array, at: number): number {
  return memory[at] ?? 0
}

/** A little-endian int32. */
export function wordAt(memory: Uint8Array, at: number): number {
  return (
    byteAt(memory, at) | (byteAt(memory, at + 1) << 8) | (byteAt(memory, at + 2) << 16) | (byteAt(memory, at + 3) << 24)
  )
}

/** The upper `bits` of the product of the word at `at` and a `multiplier` that mixes well. */
export function hashAt(memory: Uint8Array, at: number, { multiplier, bits }: WordHash): number {
  return Math.imul(wordAt(memory, at), multiplier) >>> (32 - bits)
}

export interface WordHash {
  readonly multiplier: number
  readonly bits: number
}

/** Where the bytes from `at` stop being those from `candidate`, at most `limit`. */
export function endOfMatch(memory: Uint8Array, at: number, candidate: number, limit: number): number {
  let end = at
  for (let other = candidate; end < limit && memory[end] === memory[other]; other++) end++
  return end
}

/** Repeats the bytes at `target - distance` for `bytes` bytes: source and target may overlap. */
export function copyMatch(memory: Uint8Array, target: number, distance: number, bytes: number): void {
  if (distance >= bytes) {
    memory.copyWithin(target, target - distance, target - distance + bytes)
    return
  }
  for (let at = target; at < target + bytes; at++) memory[at] = byteAt(memory, at - distance)
}
