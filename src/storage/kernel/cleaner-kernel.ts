import type { Offset } from '../../base/brands.ts'
import { PlainCleanerKernel } from './plain-cleaner-kernel.ts'
import { tryWasmCleanerKernel } from './wasm-cleaner-kernel.ts'

/**
 * What compaction does to every record: keys are noted with their last offset in a map of fixed size, then records are kept or left out by it.
 * Keys are known by a digest of 128 bits under a secret (SipHash-1-3), so that nobody can choose keys that are taken for one another. All
 * addresses are indexes into `memory`; ranges are half open and followed by 64 bytes that may be read and written.
 */
export interface CleanerKernel {
  readonly kind: 'simd' | 'plain'
  /** Where records are read to and written to. Another array after each `reserve`. */
  readonly memory: Uint8Array<ArrayBuffer>
  /** Keys in the map. */
  readonly keyCount: number

  /** Makes `memory` at least so many bytes long; what is in it stays. */
  reserve(bytes: number): void

  /** CRC-32C of [start, end) as uint32. */
  crc32c(start: number, end: number): number

  /** Empties the map and makes it fit for so many keys, or for as many as its budget allows: the number that it takes. */
  beginMap(keysWanted: number): number

  /** Notes the keys of uncompressed records of magic 2, in the order of their offsets. */
  noteKeys(task: KeyNoting): NotedKeys

  /** Finds which records stay, and copies them unless all do; `undefined` when the records are malformed. */
  filterRecords(task: RecordFiltering): FilteredRecords | undefined
}

/** Uncompressed records in memory, and what their batch says of them. */
export interface RecordsInMemory {
  readonly start: number
  readonly end: number
  readonly recordCount: number
  readonly baseOffset: Offset
}

export interface KeyNoting extends RecordsInMemory {
  /** Records below it are not noted. */
  readonly firstOffset: Offset
  /** The map is full with so many keys. */
  readonly keysMax: number
}

export interface NotedKeys {
  /** `full`: the next key would be one too many, and nothing behind the last noted offset is in the map. */
  readonly stop: 'done' | 'full' | 'malformed'
  /** The last offset that was noted; -1 when none was. */
  readonly lastOffset: Offset
}

export interface RecordFiltering extends RecordsInMemory {
  /** What the map knows ends here: later records stay. */
  readonly latestOffset: Offset
  /** Whether the last record of a key stays although it has no value. */
  readonly keepsTombstones: boolean
  /** Whether the records are written also when all of them stay. */
  readonly mustCopy: boolean
  /** What timestamp deltas become less by; `first`: by the delta of the first record that stays. */
  readonly baseShift: number | 'first'
  /** Where they are written to: room for all of them, and 12 bytes more for each. */
  readonly out: number
}

export interface FilteredRecords {
  readonly kept: number
  /** How many of them have no value. */
  readonly tombstones: number
  /** How many went because they have no key. */
  readonly keyless: number
  /** Bytes written at `out`. */
  readonly outBytes: number
  /** What timestamp deltas became less by. */
  readonly baseShift: number
  /** The largest timestamp delta of those that stay, as it was. */
  readonly largestTimestampDelta: number
}

export interface CleanerKernelOptions {
  /** What the map may take, in bytes: 24 for a slot, of which four in five are used. */
  readonly mapBytes: number
  /** 16 bytes that nobody can guess. */
  readonly secret: Uint8Array
  /** The best to take; the runtime decides when absent. */
  readonly kind?: 'simd' | 'plain'
}

/** The best kernel that the runtime has. */
export function createCleanerKernel(options: CleanerKernelOptions): CleanerKernel {
  const wasm = options.kind === 'plain' ? undefined : tryWasmCleanerKernel(options)
  return wasm ?? new PlainCleanerKernel(options)
}
