import { offset, type Offset, producerId, type ProducerId, type TimestampMs } from '../base/brands.ts'
import { crc32c } from '../wire/crc32c.ts'
import { readTimestamp, writeTimestamp } from './timestamp-field.ts'

/** What is known of one idempotent or transactional producer. Kafka: `ProducerStateEntry`, but only with its last batch. */
export interface ProducerSnapshotEntry {
  readonly producerId: ProducerId
  readonly producerEpoch: number
  /** Sequence number of the last record of its last batch; -1 when no batch of it is known. */
  readonly lastSequence: number
  /** Offset of that record; -1 when no batch is known. */
  readonly lastOffset: Offset
  /** `lastOffset` less the base offset of that batch. */
  readonly offsetDelta: number
  /** Largest timestamp of its last batch, or the time of its last marker. */
  readonly timestamp: TimestampMs
  /** Of the coordinator that wrote its last marker; -1 when there was none. */
  readonly coordinatorEpoch: number
  /** Where its open transaction begins; -1 when none is open. */
  readonly currentTransactionFirstOffset: Offset
}

export type ProducerSnapshotRead =
  | { readonly kind: 'entries'; readonly entries: readonly ProducerSnapshotEntry[] }
  /** Written in place, so a crash may tear it: an older snapshot or the log itself gives the same state. */
  | { readonly kind: 'damaged'; readonly reason: string }

const header = { version: 0, crc: 2, count: 6, entries: 10 } as const
const field = {
  producerId: 0,
  producerEpoch: 8,
  lastSequence: 10,
  lastOffset: 14,
  offsetDelta: 22,
  timestamp: 26,
  coordinatorEpoch: 34,
  currentTransactionFirstOffset: 38,
} as const
const entryBytes = 46

/**
 * Writes `<offset>.snapshot`. Kafka: `ProducerStateManager.writeSnapshot`, `ProducerSnapshot.json`.
 *
 * ```
 *  0 2 version 1     2 4 CRC-32C of everything from byte 6     6 4 count     10 46 entries, in the order of the fields above:
 *  8 producerId  2 epoch  4 lastSequence  8 lastOffset  4 offsetDelta  8 timestamp  4 coordinatorEpoch  8 transaction start
 * ```
 * The entries stand in the order in which Kafka's hash map would give them, so that equal states are equal bytes.
 */
export function encodeProducerSnapshot(entries: readonly ProducerSnapshotEntry[]): Uint8Array {
  const bytes = new Uint8Array(header.entries + entries.length * entryBytes)
  const view = new DataView(bytes.buffer)
  view.setInt16(header.version, 1)
  view.setInt32(header.count, entries.length)
  inHashMapOrder(entries).forEach((entry, at) => encodeEntry(view, header.entries + at * entryBytes, entry))
  view.setUint32(header.crc, crc32c(bytes.subarray(header.count)))
  return bytes
}

/** Reads a snapshot; whatever the bytes are, nothing is thrown. */
export function decodeProducerSnapshot(bytes: Uint8Array): ProducerSnapshotRead {
  if (bytes.length < header.entries) return { kind: 'damaged', reason: `${bytes.length} bytes are no snapshot` }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getInt16(header.version)
  if (version !== 1) return { kind: 'damaged', reason: `version ${version} is not 1` }
  const crc = crc32c(bytes.subarray(header.count))
  if (view.getUint32(header.crc) !== crc) return { kind: 'damaged', reason: 'its checksum is wrong' }
  const count = view.getInt32(header.count)
  if (bytes.length !== header.entries + count * entryBytes) {
    return { kind: 'damaged', reason: `${count} producers do not take ${bytes.length} bytes` }
  }
  const entries = Array.from({ length: count }, (_, at) => decodeEntry(view, header.entries + at * entryBytes))
  return { kind: 'entries', entries }
}

/**
 * The snapshots that do not help to open a log of [logStartOffset, logEndOffset] and are to be removed: outside of it, or
 * belonging to no segment, but for the newest one when it is not older than the last segment. Ascending.
 */
export function uselessSnapshots(
  snapshots: readonly Offset[],
  log: {
    readonly logStartOffset: Offset
    readonly logEndOffset: Offset
    readonly segmentBaseOffsets: readonly Offset[]
  },
): Offset[] {
  const bases = new Set<bigint>(log.segmentBaseOffsets)
  const lastBase = log.segmentBaseOffsets.reduce<bigint>((last, base) => (base > last ? base : last), -1n)
  const inRange = (end: Offset): boolean => end > log.logStartOffset && end <= log.logEndOffset
  const strays = snapshots.filter((end) => inRange(end) && !bases.has(end))
  const newestStray = strays.reduce<bigint>((newest, end) => (end > newest ? end : newest), -1n)
  const isUseful = (end: Offset): boolean => bases.has(end) || (end === newestStray && end >= lastBase)
  return snapshots.filter((end) => !inRange(end) || !isUseful(end)).toSorted((one, other) => (one < other ? -1 : 1))
}

function encodeEntry(view: DataView, at: number, entry: ProducerSnapshotEntry): void {
  view.setBigInt64(at + field.producerId, entry.producerId)
  view.setInt16(at + field.producerEpoch, entry.producerEpoch)
  view.setInt32(at + field.lastSequence, entry.lastSequence)
  view.setBigInt64(at + field.lastOffset, entry.lastOffset)
  view.setInt32(at + field.offsetDelta, entry.offsetDelta)
  writeTimestamp(view, at + field.timestamp, entry.timestamp)
  view.setInt32(at + field.coordinatorEpoch, entry.coordinatorEpoch)
  view.setBigInt64(at + field.currentTransactionFirstOffset, entry.currentTransactionFirstOffset)
}

function decodeEntry(view: DataView, at: number): ProducerSnapshotEntry {
  const lastOffset = view.getBigInt64(at + field.lastOffset)
  const first = view.getBigInt64(at + field.currentTransactionFirstOffset)
  return {
    producerId: producerId(view.getBigInt64(at + field.producerId)),
    producerEpoch: view.getInt16(at + field.producerEpoch),
    lastSequence: view.getInt32(at + field.lastSequence),
    lastOffset: offset(lastOffset < 0n ? -1n : lastOffset),
    offsetDelta: view.getInt32(at + field.offsetDelta),
    timestamp: readTimestamp(view, at + field.timestamp),
    coordinatorEpoch: view.getInt32(at + field.coordinatorEpoch),
    currentTransactionFirstOffset: offset(first < 0n ? -1n : first),
  }
}

/** By bucket of a `java.util.HashMap<Long, …>` that has grown to this size; within one by insertion. */
function inHashMapOrder(entries: readonly ProducerSnapshotEntry[]): ProducerSnapshotEntry[] {
  let capacity = 16
  while (entries.length > capacity * 0.75) capacity *= 2
  const bucketOf = (entry: ProducerSnapshotEntry): number => hashOfLong(entry.producerId) & (capacity - 1)
  return entries.toSorted((one, other) => bucketOf(one) - bucketOf(other))
}

function hashOfLong(value: bigint): number {
  const low = Number(BigInt.asIntN(32, value))
  const high = Number(BigInt.asIntN(32, value >> 32n))
  const hash = low ^ high
  return hash ^ (hash >>> 16)
}
