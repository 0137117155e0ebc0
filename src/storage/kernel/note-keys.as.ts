import { REPORT } from './memory-map.as'
import { keyCount, putOffset } from './offset-map.as'
import { entry, GROUP_RECORDS, HAS_KEY, readGroup } from './record-group.as'

/** In the order of `noteStops`. */
const DONE: i32 = 0
const FULL: i32 = 1
const MALFORMED: i32 = 2

/**
 * Notes the keys of `count` records in [start, end), those below `firstOffset` left out, until the map has `keysMax`. Reports the last offset
 * noted (-1 for none).
 */
export function noteKeys(start: usize, end: usize, count: u32, baseOffset: i64, firstOffset: i64, keysMax: u32): i32 {
  let at = start
  let left = count
  store<i64>(REPORT, -1)
  while (left > 0) {
    const inGroup = min(left, GROUP_RECORDS)
    at = readGroup(at, end, inGroup, baseOffset)
    if (at === 0) return MALFORMED
    for (let i: u32 = 0; i < inGroup; i++) {
      const record = entry(i)
      const offset = load<i64>(record, 16)
      if ((load<u32>(record, 44) & HAS_KEY) === 0 || offset < firstOffset) continue
      if (keyCount() >= keysMax) return FULL
      putOffset(<usize>load<u32>(record, 32), load<u64>(record), load<u64>(record, 8), offset)
      store<i64>(REPORT, offset)
    }
    left -= inGroup
  }
  return at === end ? DONE : MALFORMED
}
