/** Varints of unsigned 32 bits, seven bits a byte, lowest first; the callers do the zig-zag. */

// @inline
export function sizeOfUnsigned(value: u32): usize {
  return value < 16384 ? 1 + usize(value > 127) : sizeOfLong(value)
}

function sizeOfLong(value: u32): usize {
  return value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
}

/** The varint of `value`, below 16384, as it stands in memory; `hasTwo` is 1 when it is over 127. */
// @inline
export function unsignedOfTwo(value: u32, hasTwo: u32): u32 {
  return value + (value & 0x3f80) + (hasTwo << 7)
}

/** The varint of `value`, below 2^21, as it stands in memory. */
export function unsignedOfThree(value: u32): u32 {
  if (value < 16384) return unsignedOfTwo(value, u32(value > 127))
  return (value & 127) | 128 | ((((value >> 7) | 128) & 255) << 8) | ((value >> 14) << 16)
}

/** Writes `value` at `at`, and returns where the next byte goes; may write one byte too many. */
// @inline
export function writeUnsigned(at: usize, value: u32): usize {
  if (value < 16384) {
    const hasTwo = value > 127
    store<u16>(at, <u16>(hasTwo ? (value & 127) | 128 | ((value >> 7) << 8) : value))
    return at + 1 + usize(hasTwo)
  }
  return writeLong(at, value)
}

function writeLong(at: usize, value: u32): usize {
  while (value > 127) {
    store<u8>(at++, <u8>(value | 128))
    value >>= 7
  }
  store<u8>(at, <u8>value)
  return at + 1
}

/** Writes the zig-zag varlong of `value` at `at`, and returns where the next byte goes. */
export function writeVarlong(at: usize, value: i64): usize {
  let rest = <u64>((value << 1) ^ (value >> 63))
  while (rest > 127) {
    store<u8>(at++, <u8>(rest | 128))
    rest >>= 7
  }
  store<u8>(at, <u8>rest)
  return at + 1
}

/**
 * Reads a varint at `at`: its size in bytes in the upper half of the answer, its value (still zig-zag) in the lower. The size
 * is 0 when it does not fit into 32 bits. Reads at most 5 bytes and does not know where the data ends: the caller compares.
 */
// @inline
export function readUnsigned(at: usize): u64 {
  const first = <u64>load<u8>(at)
  if (first < 128) return first | (1 << 32)
  const second = <u64>load<u8>(at, 1)
  if (second < 128) return (first & 127) | (second << 7) | (2 << 32)
  return readLong(at)
}

function readLong(at: usize): u64 {
  let value: u64 = 0
  for (let i: usize = 0; i < 5; i++) {
    const byte = <u64>load<u8>(at + i)
    value |= (byte & 127) << (i * 7)
    if (byte < 128) return value < 0x1_0000_0000 ? value | ((<u64>i + 1) << 32) : 0
  }
  return 0
}

/** Size in bytes of the varlong at `at`, or 0 when it does not fit into 64 bits. */
// @inline
export function sizeOfVarlongAt(at: usize): usize {
  return load<u8>(at) < 128 ? 1 : sizeOfLongVarlongAt(at)
}

function sizeOfLongVarlongAt(at: usize): usize {
  for (let size: usize = 2; size < 10; size++) {
    if (load<u8>(at + size - 1) < 128) return size
  }
  return load<u8>(at, 9) < 2 ? 10 : 0
}

/** The value of the varlong at `at`, whose size was looked at before. */
export function readVarlong(at: usize): i64 {
  let value: u64 = 0
  let shift: u64 = 0
  let byte: u64
  do {
    byte = <u64>load<u8>(at++)
    value |= (byte & 127) << shift
    shift += 7
  } while (byte > 127)
  return <i64>(value >> 1) ^ -(<i64>(value & 1))
}

/** Size in bytes of the varlong that `writeVarlong` makes of `value`. */
export function sizeOfVarlong(value: i64): usize {
  let rest = <u64>((value << 1) ^ (value >> 63))
  let size: usize = 1
  while (rest > 127) {
    rest >>= 7
    size++
  }
  return size
}
