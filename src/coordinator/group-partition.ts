/** Which partition of an internal topic holds a group (or a transactional id), as Kafka places them. */

/** `String.hashCode` of Java: over UTF-16 units, wrapping in 32 bits. */
export function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** The magnitude of an int32; that of -2^31, which has none, is 0 (Kafka's `Utils.abs`). */
export function abs32(value: number): number {
  return value === -0x8000_0000 ? 0 : Math.abs(value)
}

/** The partition of `__consumer_offsets` for a group, or of `__transaction_state` for a transactional id; `partitionCount` is at least 1. */
export function partitionFor(id: string, partitionCount: number): number {
  return abs32(javaHash(id)) % partitionCount
}
