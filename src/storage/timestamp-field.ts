import type { TimestampMs } from '../base/brands.ts'

/** Reads an int64 timestamp, ms: exact up to 2^53; beyond, where only garbage lies, the order is still right. */
export function readTimestamp(view: DataView, at: number): TimestampMs {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4)
}

/** Writes a timestamp, ms, as int64. The largest int64 reads as 2^63, which must not wrap around to the smallest. */
export function writeTimestamp(view: DataView, at: number, timestamp: TimestampMs): void {
  view.setBigInt64(at, timestamp < 2 ** 63 ? BigInt(timestamp) : 2n ** 63n - 1n)
}
