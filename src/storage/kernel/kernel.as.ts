/** The module: what `wasm-cleaner-kernel.ts` calls. Every range is the caller's and is followed by 64 bytes of slack. */
export { crc32c, initializeCrc } from '../../record/kernel/crc32c.as'
export { filterRecords } from './filter-records.as'
export { noteKeys } from './note-keys.as'
export { beginMap, clearSlots, keyCount } from './offset-map.as'
export { setSecret } from './sip-hash.as'
