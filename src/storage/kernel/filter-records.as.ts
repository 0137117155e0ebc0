import {
  readUnsigned,
  readVarlong,
  sizeOfVarlong,
  sizeOfVarlongAt,
  writeUnsigned,
  writeVarlong,
} from '../../record/kernel/varint.as'
import { REPORT } from './memory-map.as'
import { offsetOf } from './offset-map.as'
import { entry, GROUP_RECORDS, HAS_KEY, HAS_VALUE, readGroup } from './record-group.as'

/** Where the next byte of the output goes. */
let output: usize = 0
/** What timestamp deltas become less by; decided by the first record that stays unless the caller says it. */
let shift: i64 = 0

/**
 * Finds which of `count` records in [start, end) stay: those after `latestOffset`, and those of the last offset of their key which have a value
 * or `keepsTombstones`. When any goes, or `mustCopy`, those that stay are written from `out` on, their timestamp deltas less by `baseShift` or,
 * with `isBaseFree`, by that of the first that stays. False when a record is malformed. Reports: records that stay (u32), how many of them are
 * tombstones (u32), how many went because they have no key (u32), bytes written (u32), smallest shift (i64), largest timestamp delta (i64).
 */
export function filterRecords(
  start: usize,
  end: usize,
  count: u32,
  baseOffset: i64,
  latestOffset: i64,
  keepsTombstones: bool,
  mustCopy: bool,
  isBaseFree: bool,
  baseShift: i64,
  out: usize,
): bool {
  let at = start
  let runStart = start
  let kept: u32 = 0
  let tombstones: u32 = 0
  let keyless: u32 = 0
  let largest: i64 = i64.MIN_VALUE
  output = out
  shift = baseShift
  for (let left = count; left > 0;) {
    const inGroup = min(left, GROUP_RECORDS)
    const next = readGroup(at, end, inGroup, baseOffset)
    if (next === 0) return false
    for (let i: u32 = 0; i < inGroup; i++) {
      const record = entry(i)
      const flags = load<u32>(record, 44)
      if (isKept(record, flags, latestOffset, keepsTombstones)) {
        const delta = load<i64>(record, 24)
        if (kept++ === 0 && isBaseFree) shift = delta
        if (delta > largest) largest = delta
        if ((flags & HAS_VALUE) === 0) tombstones++
      } else {
        if ((flags & HAS_KEY) === 0) keyless++
        copyRun(runStart, <usize>load<u32>(record, 36))
        runStart = <usize>load<u32>(record, 40)
      }
    }
    at = next
    left -= inGroup
  }
  if (at !== end) return false
  if (kept > 0 && (kept < count || mustCopy)) copyRun(runStart, end)
  store<u32>(REPORT, kept)
  store<u32>(REPORT, tombstones, 4)
  store<u32>(REPORT, keyless, 8)
  store<u32>(REPORT, <u32>(output - out), 12)
  store<i64>(REPORT, shift, 16)
  store<i64>(REPORT, largest, 24)
  return true
}

// @inline
function isKept(record: usize, flags: u32, latestOffset: i64, keepsTombstones: bool): bool {
  const offset = load<i64>(record, 16)
  if (offset > latestOffset) return true
  if ((flags & HAS_KEY) === 0) return false
  if ((flags & HAS_VALUE) === 0 && !keepsTombstones) return false
  return offset >= offsetOf(<usize>load<u32>(record, 32), load<u64>(record), load<u64>(record, 8))
}

/** Copies the records in [start, end) to the output; as they are, when their timestamp deltas stay. */
function copyRun(start: usize, end: usize): void {
  if (start === end) return
  if (shift === 0) {
    memory.copy(output, start, end - start)
    output += end - start
    return
  }
  for (let at = start; at < end;) at = copyShifted(at)
}

/** Copies one record with another timestamp delta, and returns where the next one begins. */
function copyShifted(start: usize): usize {
  const length = readUnsigned(start)
  const bodyStart = start + <usize>(length >> 32)
  const end = bodyStart + <usize>((length & 0xffff_ffff) >> 1)
  const deltaBytes = sizeOfVarlongAt(bodyStart + 1)
  const restStart = bodyStart + 1 + deltaBytes
  const delta = readVarlong(bodyStart + 1) - shift
  const body = 1 + <u32>sizeOfVarlong(delta) + <u32>(end - restStart)
  output = writeUnsigned(output, body << 1)
  store<u8>(output++, load<u8>(bodyStart))
  output = writeVarlong(output, delta)
  memory.copy(output, restStart, end - restStart)
  output += end - restStart
  return end
}
