import { readUnsigned, readVarlong, sizeOfVarlongAt } from '../../record/kernel/varint.as'
import { GROUP } from './memory-map.as'
import { firstSlot } from './offset-map.as'
import { secondHalf, sipHash } from './sip-hash.as'

/** So many records are read and hashed before the map is asked for the first: their cache misses overlap. */
export const GROUP_RECORDS: u32 = 16
const ENTRY_BYTES: usize = 64

/**
 * One record of the group, as offsets into its entry:
 *  0 digest 16 | 16 offset 8 | 24 timestamp delta 8 | 32 slot 4 | 36 start 4 | 40 end 4 | 44 flags 4
 */
export const HAS_KEY: u32 = 1
export const HAS_VALUE: u32 = 2

/** What is loaded instead of a slot for a record without a key. */
const NO_SLOT: u32 = <u32>GROUP

/** Keeps the compiler from leaving out loads that are there for their side effect. */
let touched: u64 = 0

// @inline
export function entry(index: u32): usize {
  return GROUP + <usize>index * ENTRY_BYTES
}

/** The first byte after the record at `at`, which must end by `end`; 0 when it is malformed. */
// @inline
function recordEnd(at: usize, end: usize): usize {
  const length = readUnsigned(at)
  if (length >> 32 === 0 || length & 1) return 0
  const next = at + <usize>(length >> 32) + <usize>((length & 0xffff_ffff) >> 1)
  return next <= end ? next : 0
}

/** Reads up to `count` records from `at` on into the group, with the digests of their keys. Returns where the next one begins, or 0 for a malformed one. */
export function readGroup(at: usize, end: usize, count: u32, baseOffset: i64): usize {
  for (let i: u32 = 0; i < count; i++) {
    const next = at < end ? recordEnd(at, end) : 0
    if (next === 0 || !readRecord(at, next, entry(i), baseOffset)) return 0
    at = next
  }
  touchSlots(count)
  return at
}

/** Nothing but loads that do not wait for each other: the cache misses of the whole group are under way at once. */
function touchSlots(count: u32): void {
  let sum: u64 = 0
  for (let i: u32 = 0; i < count; i++) {
    const slot = <usize>load<u32>(entry(i), 32)
    // A slot may lie on two cache lines.
    sum += load<u64>(slot) ^ load<u64>(slot, 16)
  }
  touched += sum
}

/** Reads the record [start, end) into the group's entry `into`. False when it is malformed. */
function readRecord(start: usize, end: usize, into: usize, baseOffset: i64): bool {
  // Length, attributes, two deltas, two lengths and a header count take a byte each.
  let at = start + <usize>(readUnsigned(start) >> 32) + 1
  const timestampBytes = sizeOfVarlongAt(at)
  if (timestampBytes === 0 || at + timestampBytes >= end) return false
  store<i64>(into, readVarlong(at), 24)
  const delta = readUnsigned(at + timestampBytes)
  at += timestampBytes + <usize>(delta >> 32)
  if (delta >> 32 === 0 || delta & 1 || at >= end) return false
  store<i64>(into, baseOffset + <i64>((delta & 0xffff_ffff) >> 1), 16)
  store<u32>(into, <u32>start, 36)
  store<u32>(into, <u32>end, 40)
  return readKey(at, end, into)
}

function readKey(start: usize, end: usize, into: usize): bool {
  const length = readUnsigned(start)
  let at = start + <usize>(length >> 32)
  if (length >> 32 === 0 || at > end) return false
  let flags: u32 = 0
  store<u32>(into, NO_SLOT, 32)
  if (!(length & 1)) {
    const keyEnd = at + <usize>((length & 0xffff_ffff) >> 1)
    if (keyEnd >= end) return false
    noteDigest(at, keyEnd, into)
    flags = HAS_KEY
    at = keyEnd
  } else if ((length & 0xffff_ffff) !== 1) return false
  const valueLength = readUnsigned(at)
  const valueStart = at + <usize>(valueLength >> 32)
  if (valueLength >> 32 === 0 || valueStart >= end) return false
  if (!(valueLength & 1)) {
    if (valueStart + <usize>((valueLength & 0xffff_ffff) >> 1) >= end) return false
    flags |= HAS_VALUE
  } else if ((valueLength & 0xffff_ffff) !== 1) return false
  store<u32>(into, flags, 44)
  return true
}

// @inline
function noteDigest(start: usize, end: usize, into: usize): void {
  const first = sipHash(start, end)
  const slot = firstSlot(first)
  store<u64>(into, first)
  store<u64>(into, secondHalf(), 8)
  store<u32>(into, <u32>slot, 32)
}
