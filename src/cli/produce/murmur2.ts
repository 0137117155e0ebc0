/** The hash by which Java clients place keyed records: MurmurHash2, 32 bit, as in Kafka's `Utils.murmur2`. Signed. */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wholeBytes = bytes.length & ~3
  let hash = 0x9747b28c ^ bytes.length
  for (let at = 0; at < wholeBytes; at += 4) {
    let word = Math.imul(view.getInt32(at, true), multiplier)
    word = Math.imul(word ^ (word >>> 24), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  for (let at = bytes.length - 1; at >= wholeBytes; at--) hash ^= (bytes[at] ?? 0) << (8 * (at - wholeBytes))
  if (bytes.length > wholeBytes) hash = Math.imul(hash, multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

const multiplier = 0x5bd1e995
