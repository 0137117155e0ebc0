/** Bytes taken in one step; each has a table of its own. */
const sliceBytes = 8

/** So many bytes are done one by one before the tables of a step pay for their making. */
const slicesFromBytes = 1024

/**
 * The CRC-32C (Castagnoli, RFC 3720) of `bytes` as uint32: what record batches of magic 2 carry. `seed` is the CRC of the
 * bytes before, so that `crc32c(b, crc32c(a))` is that of both. About 1 GB/s once warm, and laid out to be quick in its first
 * calls, which an interpreter runs; where all bytes of a pipe go through, the kernel's (`record/kernel`) is several times faster.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  bytesSeen += bytes.length
  const tableCount = bytesSeen < slicesFromBytes ? 1 : sliceBytes
  if (tables === undefined || tables.length < tableCount * 256) tables = makeTables(tableCount)
  return ~(tableCount === 1 ? byBytes(tables, bytes, 0, ~seed) : bySlices(tables, bytes, ~seed)) >>> 0
}

/** Made by the first calls, since most commands that start check a hundred bytes, if any. */
let tables: Int32Array | undefined
let bytesSeen = 0

/** Entry 256 * n + b is what byte b does to the CRC when n more bytes follow it in the step. */
function makeTables(count: number): Int32Array {
  const made = new Int32Array(count * 256)
  let crc = 1
  for (let bit = 128; bit > 0; bit >>>= 1) {
    crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1))
    // What a byte does is the sum of what its bits do.
    for (let byte = 0; byte < 256; byte += 2 * bit) made[byte + bit] = crc ^ (made[byte] as number)
  }
  for (let entry = 256; entry < made.length; entry++) {
    const before = made[entry - 256] as number
    made[entry] = (before >>> 8) ^ (made[before & 0xff] as number)
  }
  return made
}

function bySlices(table: Int32Array, bytes: Uint8Array, seed: number): number {
  let crc = seed
  let i = 0
  for (const end = bytes.length - sliceBytes; i <= end; i += sliceBytes) {
    crc =
      (table[1792 + ((crc ^ (bytes[i] as number)) & 0xff)] as number) ^
      (table[1536 + (((crc >>> 8) ^ (bytes[i + 1] as number)) & 0xff)] as number) ^
      (table[1280 + (((crc >>> 16) ^ (bytes[i + 2] as number)) & 0xff)] as number) ^
      (table[1024 + ((crc >>> 24) ^ (bytes[i + 3] as number))] as number) ^
      (table[768 + (bytes[i + 4] as number)] as number) ^
      (table[512 + (bytes[i + 5] as number)] as number) ^
      (table[256 + (bytes[i + 6] as number)] as number) ^
      (table[bytes[i + 7] as number] as number)
  }
  return byBytes(table, bytes, i, crc)
}

/** From byte `start` on. */
function byBytes(table: Int32Array, bytes: Uint8Array, start: number, seed: number): number {
  let crc = seed
  for (let i = start; i < bytes.length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number)
  return crc
}
