/** The module: what `wasm-kernel.ts` calls. Every range is the caller's and is followed by 64 bytes of slack. */
export { crc32c, initializeCrc } from './crc32c.as'
export { decodeLines } from './decode-lines.as'
export { encodeLines } from './encode-lines.as'
export { lz4Compress, lz4Decompress } from './lz4.as'
export { snappyCompress, snappyDecompress } from './snappy.as'
export { walkBatches } from './walk-batches.as'
