/**
 * The last offset of each key, by a digest of 128 bits: open addressing in slots of 24 bytes, digest (16) and offset + 1 (8), where 0 is an
 * empty slot. The upper half of the digest's first word, scaled to the number of slots, says where to begin to look.
 */
const SLOT_BYTES: usize = 24

let slotsStart: usize = 0
let slotsEnd: usize = 0
let slotCount: u64 = 0
let used: u32 = 0

/** Empties the map and gives it `count` slots from `start` on. What it used before is cleared by the caller. */
export function beginMap(start: usize, count: u32): void {
  slotsStart = start
  slotCount = count
  slotsEnd = start + <usize>count * SLOT_BYTES
  used = 0
}

/** Clears the memory of `count` slots from `start` on. */
export function clearSlots(start: usize, count: u32): void {
  memory.fill(start, 0, <usize>count * SLOT_BYTES)
}

export function keyCount(): u32 {
  return used
}

/** Where to look for a digest first. Loading from there early hides the time that memory takes. */
// @inline
export function firstSlot(first: u64): usize {
  return slotsStart + <usize>(((first >> 32) * slotCount) >> 32) * SLOT_BYTES
}

// @inline
function nextSlot(slot: usize): usize {
  const next = slot + SLOT_BYTES
  return next === slotsEnd ? slotsStart : next
}

/** Notes that the key with this digest is at `offset`, which is higher than before. */
// @inline
export function putOffset(home: usize, first: u64, second: u64, offset: i64): void {
  let slot = home
  while (load<i64>(slot, 16) !== 0) {
    if (load<u64>(slot) === first && load<u64>(slot, 8) === second) {
      store<i64>(slot, offset + 1, 16)
      return
    }
    slot = nextSlot(slot)
  }
  store<u64>(slot, first)
  store<u64>(slot, second, 8)
  store<i64>(slot, offset + 1, 16)
  used++
}

/** The offset of the key with this digest, or -1. */
// @inline
export function offsetOf(home: usize, first: u64, second: u64): i64 {
  let slot = home
  while (load<i64>(slot, 16) !== 0) {
    if (load<u64>(slot) === first && load<u64>(slot, 8) === second) return load<i64>(slot, 16) - 1
    slot = nextSlot(slot)
  }
  return -1
}
