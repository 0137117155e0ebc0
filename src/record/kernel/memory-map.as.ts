/**
 * What the module keeps for itself in the first 64 KiB of its memory. All of it is written at run time, so that the module
 * carries no data; the caller's arena begins at `arenaStart` of `wasm-kernel.ts`.
 *
 *       0   16384   CRC tables: 16 x 256 x uint32 (slicing by 16)
 *   16384     512   CRC fold tables: 8 nibbles x 4 byte planes x 16 bytes
 *   16896      64   CRC fold state, 16 x uint32
 *   16960      64   report: up to 16 x int32, the answer of `encodeLines` and `decodeLines`
 *   17024     128   bytes that are the same in each record of a call
 *   17152    8320   positions of delimiters: 2048 x uint32 and 128 bytes of slack; also what `walkBatches` tells of 256 batches
 *   32768   32768   hash table of LZ4 and Snappy: 16384 x uint16; also what a long CRC takes away from its input
 */
export const CRC_TABLES: usize = 0
export const FOLD_TABLES: usize = 16384
export const FOLD_STATE: usize = 16896
export const REPORT: usize = 16960
export const CONSTANTS: usize = 17024
export const POSITIONS: usize = 17152
export const WALKED: usize = 17152
export const HASH_TABLE: usize = 32768
export const SHORTENED: usize = 32768
