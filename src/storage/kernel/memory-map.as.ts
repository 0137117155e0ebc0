/**
 * What the module keeps for itself in the first 64 KiB of its memory, behind the tables of the CRC (`src/record/kernel/memory-map.as.ts`).
 *
 *   16960     64   report: the answer of a call, see `wasm-cleaner-kernel.ts`
 *   17152   1024   the records that are looked at together: 16 x 64
 */
export const REPORT: usize = 16960
export const GROUP: usize = 17152
