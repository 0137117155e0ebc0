/**
 * SipHash-1-3 with 128 bits of result: keyed, so that nobody can choose keys that collide. The round stands there twice, on local variables:
 * what a module keeps in globals an engine reads and writes in memory each time.
 */
let secret0: u64 = 0
let secret1: u64 = 0
let second: u64 = 0

export function setSecret(firstHalf: u64, lastHalf: u64): void {
  secret0 = firstHalf
  secret1 = lastHalf
}

/** Hashes [start, end) and returns the first half; `secondHalf` has the other. Reads up to 7 bytes behind the end. */
export function sipHash(start: usize, end: usize): u64 {
  let v0: u64 = secret0 ^ 0x736f6d6570736575
  let v1: u64 = secret1 ^ 0x646f72616e646f6d ^ 0xee
  let v2: u64 = secret0 ^ 0x6c7967656e657261
  let v3: u64 = secret1 ^ 0x7465646279746573
  const size = end - start
  const lastWord = start + (size & ~7)
  const bits = (size & 7) << 3
  const last = (load<u64>(lastWord) & (((<u64>1) << bits) - 1)) | ((<u64>size) << 56)
  for (let at = start; at <= lastWord; at += 8) {
    const word = at < lastWord ? load<u64>(at) : last
    v3 ^= word
    v0 += v1
    v2 += v3
    v1 = rotl<u64>(v1, 13) ^ v0
    v3 = rotl<u64>(v3, 16) ^ v2
    v0 = rotl<u64>(v0, 32) + v3
    v2 += v1
    v3 = rotl<u64>(v3, 21) ^ v0
    v1 = rotl<u64>(v1, 17) ^ v2
    v2 = rotl<u64>(v2, 32)
    v0 ^= word
  }
  v2 ^= 0xee
  let first: u64 = 0
  for (let i = 0; i < 6; i++) {
    if (i === 3) {
      first = v0 ^ v1 ^ v2 ^ v3
      v1 ^= 0xdd
    }
    v0 += v1
    v2 += v3
    v1 = rotl<u64>(v1, 13) ^ v0
    v3 = rotl<u64>(v3, 16) ^ v2
    v0 = rotl<u64>(v0, 32) + v3
    v2 += v1
    v3 = rotl<u64>(v3, 21) ^ v0
    v1 = rotl<u64>(v1, 17) ^ v2
    v2 = rotl<u64>(v2, 32)
  }
  second = v0 ^ v1 ^ v2 ^ v3
  return first
}

// @inline
export function secondHalf(): u64 {
  return second
}
