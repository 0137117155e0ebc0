import { crc32c } from './crc32c.ts'

/** Some bytes in the middle of checksummed ones that were overwritten. */
export interface ChangedBytes {
  readonly before: Uint8Array
  /** As many. */
  readonly after: Uint8Array
  /** Bytes that are checksummed behind them. */
  readonly behind: number
}

/**
 * The CRC-32C after a few bytes changed, without a look at any others: a CRC is linear, so the change of the bytes, moved up by those behind
 * it, is the change of the checksum. Costs 1 to 3 us whatever the length; zlib's crc32_combine does the same.
 */
export function crc32cAfterChange(crc: number, { before, after, behind }: ChangedBytes): number {
  const change = after.map((byte, index) => byte ^ (before[index] as number))
  // With this seed nothing is inverted on the way in, and once on the way out.
  const changeOfCrc = ~crc32c(change, 0xffff_ffff)
  return (crc ^ product(changeOfCrc, powerOfX(8 * behind))) >>> 0
}

/** Of the polynomials over two elements that CRC-32C computes with, the highest power of x in the lowest bit. */
const polynomial = 0x82f63b78
const one = 0x8000_0000 | 0
const x = 0x4000_0000

function product(factor: number, other: number): number {
  let sum = 0
  let shifted = other
  for (let bit = 31; bit >= 0; bit--) {
    if (((factor >>> bit) & 1) !== 0) sum ^= shifted
    shifted = (shifted >>> 1) ^ (polynomial & -(shifted & 1))
  }
  return sum
}

/** x to the power `exponent`, a non-negative integer up to 2^53, modulo the polynomial. */
function powerOfX(exponent: number): number {
  let power = one
  let square = x
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = product(power, square)
    square = product(square, square)
  }
  return power
}
