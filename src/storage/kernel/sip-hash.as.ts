/**
 * SipHash-1-3 with 128 bits of result: keyed, so that nobody can choose keys that collide. The state lives in globals, since a function
 * of AssemblyScript gives one number back.
 */
let secret0: u64 = 0
let secret1: u64 = 0
let v0: u64 = 0
let v1: u64 = 0
let v2: u64 = 0
let v3: u64 = 0
let low: u64 = 0

export function setSecret(first: u64, second: u64): void {
  secret0 = first
  secret1 = second
}

// @inline
function round(): void {
  v0 += v1
  v1 = rotl<u64>(v1, 13) ^ v0
  v0 = rotl<u64>(v0, 32)
  v2 += v3
  v3 = rotl<u64>(v3, 16) ^ v2
  v0 += v3
  v3 = rotl<u64>(v3, 21) ^ v0
  v2 += v1
  v1 = rotl<u64>(v1, 17) ^ v2
  v2 = rotl<u64>(v2, 32)
}

/** Hashes [start, end) and returns the first half; `secondHalf` has the other. Reads up to 7 bytes behind the end. */
export function sipHash(start: usize, end: usize): u64 {
  v0 = secret0 ^ 0x736f6d6570736575
  v1 = secret1 ^ 0x646f72616e646f6d ^ 0xee
  v2 = secret0 ^ 0x6c7967656e657261
  v3 = secret1 ^ 0x7465646279746573
  const size = end - start
  const lastWord = start + (size & ~7)
  for (let at = start; at < lastWord; at += 8) absorb(load<u64>(at))
  const bits = (size & 7) << 3
  absorb((load<u64>(lastWord) & (((<u64>1) << bits) - 1)) | ((<u64>size) << 56))
  v2 ^= 0xee
  round()
  round()
  round()
  const first = v0 ^ v1 ^ v2 ^ v3
  v1 ^= 0xdd
  round()
  round()
  round()
  low = v0 ^ v1 ^ v2 ^ v3
  return first
}

// @inline
function absorb(word: u64): void {
  v3 ^= word
  round()
  v0 ^= word
}

// @inline
export function secondHalf(): u64 {
  return low
}
