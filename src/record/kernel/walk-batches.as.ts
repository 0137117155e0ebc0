/**
 * Goes from one record batch to the next and checks their CRCs, as long as there is nothing about a batch that somebody else has to look at: see
 * `BatchWalk` in kernel.ts. What is told of each is put into columns in `WALKED`.
 */
import { crc32c } from './crc32c.as'
import { REPORT, WALKED } from './memory-map.as'

const OVERHEAD: usize = 61
const WALKED_MAX: usize = 256
const TIMES: usize = WALKED
const SIZES: usize = WALKED + 8 * WALKED_MAX
const SPANS: usize = WALKED + 12 * WALKED_MAX
const PRODUCERS: usize = WALKED + 16 * WALKED_MAX

const CODEC_MASK: u8 = 7
const LAST_CODEC: u8 = 4
const CONTROL: u8 = 0x20

/** Returns how many batches were taken; the report has the position behind them and the number of their records. */
export function walkBatches(start: usize, end: usize, nextOffset: i64, endOffset: i64, leaderEpoch: i32): i32 {
  let at = start
  let count: usize = 0
  let records: f64 = 0
  while (count < WALKED_MAX && end - at >= OVERHEAD) {
    const size = sizeAt(at)
    if (size < OVERHEAD || size > end - at || !isOrdinary(at, nextOffset, leaderEpoch)) break
    const lastOffsetDelta = bswap(load<i32>(at, 23))
    const recordCount = bswap(load<i32>(at, 57))
    if (lastOffsetDelta < 0 || recordCount < 0 || recordCount - 1 > lastOffsetDelta) break
    const span = <i64>lastOffsetDelta + 1
    if (span > endOffset - nextOffset || crc32c(at + 21, at + size, 0) !== bswap(load<u32>(at, 17))) break
    store<f64>(TIMES + (count << 3), <f64>bswap(load<i64>(at, 35)))
    store<u32>(SIZES + (count << 2), <u32>size)
    store<u32>(SPANS + (count << 2), <u32>span)
    store<u8>(PRODUCERS + count, u8(load<i8>(at, 43) >= 0))
    nextOffset += span
    records += <f64>recordCount
    at += size
    count++
  }
  store<u32>(REPORT, <u32>at)
  store<f64>(REPORT, records, 8)
  return <i32>count
}

/** Of the whole batch; 0 where the length is none. */
// @inline
function sizeAt(at: usize): usize {
  const length = bswap(load<i32>(at, 8))
  return length < 0 ? 0 : <usize>length + 12
}

// @inline
function isOrdinary(at: usize, nextOffset: i64, leaderEpoch: i32): bool {
  const attributes = load<u8>(at, 22)
  return (
    load<u8>(at, 16) === 2 &&
    bswap(load<i64>(at)) === nextOffset &&
    bswap(load<i32>(at, 12)) === leaderEpoch &&
    (attributes & CODEC_MASK) <= LAST_CODEC &&
    (attributes & CONTROL) === 0
  )
}
