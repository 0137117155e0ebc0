import type { FilePosition, LeaderEpoch, Offset, TimestampMs } from '../base/brands.ts'
import { NotFoundError, ServedError, type TslogError } from '../base/errors.ts'
import { crc32c } from '../wire/crc32c.ts'

/**
 * What the last writer of a partition left for the next one in `tslog.lock`, so that a process that holds the partition open
 * learns in one small read what changed, and a new one need not scan the log. Only hints for speed: every field can be found
 * again from Kafka's own files (see `log-recovery.ts`), and nothing here is believed across a reboot but `syncedEndOffset`.
 *
 * ```
 *   0  8 magic "TSLOGPS1"          64  8 visibleEndOffset
 *   8  4 crc32c of 12..119         72  8 syncedEndOffset
 *  12  2 cutCount                  80  4 indexBytes
 *  14  2 flags
 *  16  8 generation                84  4 timeIndexBytes
 *  24 16 boot id                   88  4 bytesSinceLastIndexEntry
 *  40  8 activeBaseOffset          92  8 maxTimestamp
 *  48  8 logEndOffset             100  8 offsetOfMaxTimestamp
 *  56  8 endPosition              108  4 leaderEpoch
 *                                 112  8 logStartOffset      120  8 mark of a change under way, see `WriteStateFile`
 * ```
 */
export interface WriteState {
  /** Grows at each roll, deletion, swap and truncation: who holds the partition open must list it again. */
  generation: bigint
  /** How often the log was cut or begun anew, modulo 2^16: with another one, what was known of offsets is of a history that is gone. */
  cutCount: number
  /** 32 hex digits; the machine's boot during which this was written. */
  bootId: string
  /** A running `serve` holds the partition: appends go through its socket. */
  isServed: boolean
  /** The topic was deleted under whoever still holds the partition open. */
  isDeleted: boolean
  /** Batches of idempotent or transactional producers may be in the log. */
  hasProducers: boolean
  /** What is in the log came from a leader: the first append of our own begins another leader epoch. */
  isReplica: boolean
  activeBaseOffset: Offset
  logEndOffset: Offset
  /** Bytes of the active segment's `.log` that hold whole batches. */
  endPosition: FilePosition
  /** Readers read below it. */
  visibleEndOffset: Offset
  /** Written only after the fsync that made it true, so it holds after a power cut too. */
  syncedEndOffset: Offset
  indexBytes: number
  timeIndexBytes: number
  bytesSinceLastIndexEntry: number
  /** Of the active segment; -1 when it is empty. */
  maxTimestamp: TimestampMs
  offsetOfMaxTimestamp: Offset
  leaderEpoch: LeaderEpoch
  logStartOffset: Offset
}

/** Bytes of a write state in `tslog.lock`. */
export const WRITE_STATE_BYTES = 128

/** Where the mark of an append under way stands; outside of the CRC, so that it is set by one store. */
export const appendingAt = 120

const magic = 0x5453_4c4f_4750_5331n
const bootIdStart = 24
const bootIdEnd = 40
const flag = { isServed: 1, isDeleted: 2, hasProducers: 4, isReplica: 8 } as const

/** Whether all that happened between two states were appends to one segment. */
export function isSameSegment(before: WriteState, now: WriteState): boolean {
  return (
    before.generation === now.generation &&
    before.activeBaseOffset === now.activeBaseOffset &&
    before.bootId === now.bootId
  )
}

/** Notes that the end of the log went back, or that it is another log altogether. */
export function countCut(state: Pick<WriteState, 'cutCount'>): void {
  state.cutCount = (state.cutCount + 1) % 2 ** 16
}

/** Moves the log start offset forward to `target`; returns where it is then. Throws `NotFoundError` beyond what readers may see. */
export function moveLogStart(state: WriteState, target: Offset): Offset {
  const { logStartOffset, visibleEndOffset } = state
  if (target > visibleEndOffset || target < 0n) {
    throw new NotFoundError(`offset ${target} is not in the log [${logStartOffset}, ${visibleEndOffset}]`)
  }
  if (target > logStartOffset) state.logStartOffset = target
  return state.logStartOffset
}

/** Turns write states into bytes and back, once or twice per append: what seldom changes is kept in both forms. */
export class WriteStateCodec {
  readonly #bootBytes = new Uint8Array(bootIdEnd - bootIdStart)
  #bootId = ''

  /** Writes `state` over the first 128 bytes of `target`. */
  encode(state: WriteState, target: Uint8Array): void {
    const view = new DataView(target.buffer, target.byteOffset, WRITE_STATE_BYTES)
    if (state.bootId !== this.#bootId) this.#learn(state.bootId)
    target.set(this.#bootBytes, bootIdStart)
    view.setBigUint64(0, magic)
    view.setUint16(12, state.cutCount)
    view.setUint16(14, flagsOf(state))
    view.setBigInt64(16, state.generation)
    view.setBigInt64(40, state.activeBaseOffset)
    view.setBigInt64(48, state.logEndOffset)
    setInt53(view, 56, state.endPosition)
    view.setBigInt64(64, state.visibleEndOffset)
    view.setBigInt64(72, state.syncedEndOffset)
    view.setInt32(80, state.indexBytes)
    view.setInt32(84, state.timeIndexBytes)
    view.setInt32(88, state.bytesSinceLastIndexEntry)
    setInt53(view, 92, state.maxTimestamp)
    view.setBigInt64(100, state.offsetOfMaxTimestamp)
    view.setInt32(108, state.leaderEpoch)
    view.setBigInt64(112, state.logStartOffset)
    view.setBigInt64(appendingAt, 0n)
    view.setUint32(8, crc32c(target.subarray(12, appendingAt)))
  }

  /** Reads a write state; `undefined` for a file that is too short, of another layout, or caught in the middle of a write. */
  decode(bytes: Uint8Array): WriteState | undefined {
    if (bytes.length < WRITE_STATE_BYTES) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, WRITE_STATE_BYTES)
    if (view.getBigUint64(0) !== magic) return undefined
    if (view.getUint32(8) !== crc32c(bytes.subarray(12, appendingAt))) return undefined
    const flags = view.getUint16(14)
    return {
      generation: view.getBigInt64(16),
      cutCount: view.getUint16(12),
      bootId: this.#bootIdOf(bytes),
      isServed: (flags & flag.isServed) !== 0,
      isDeleted: (flags & flag.isDeleted) !== 0,
      hasProducers: (flags & flag.hasProducers) !== 0,
      isReplica: (flags & flag.isReplica) !== 0,
      activeBaseOffset: view.getBigInt64(40) as Offset,
      logEndOffset: view.getBigInt64(48) as Offset,
      endPosition: getInt53(view, 56) as FilePosition,
      visibleEndOffset: view.getBigInt64(64) as Offset,
      syncedEndOffset: view.getBigInt64(72) as Offset,
      indexBytes: view.getInt32(80),
      timeIndexBytes: view.getInt32(84),
      bytesSinceLastIndexEntry: view.getInt32(88),
      maxTimestamp: getInt53(view, 92),
      offsetOfMaxTimestamp: view.getBigInt64(100) as Offset,
      leaderEpoch: view.getInt32(108) as LeaderEpoch,
      logStartOffset: view.getBigInt64(112) as Offset,
    }
  }

  #learn(hex: string): void {
    this.#bootId = hex
    for (let i = 0; i < this.#bootBytes.length; i++) {
      this.#bootBytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16) || 0
    }
  }

  #bootIdOf(bytes: Uint8Array): string {
    const isKnown = this.#bootId !== '' && this.#bootBytes.every((byte, i) => byte === bytes[bootIdStart + i])
    if (!isKnown) {
      this.#bootBytes.set(bytes.subarray(bootIdStart, bootIdEnd))
      this.#bootId = hexOf(this.#bootBytes)
    }
    return this.#bootId
  }
}

/** What of a write state counts for whoever knew the log before it was recovered. */
export type EnduringState = Pick<WriteState, 'generation' | 'cutCount' | 'isReplica'>

/** What a state that is torn still tells, a mix of two that follow each other: `undefined` when it is none. */
export function enduringOfTorn(bytes: Uint8Array): EnduringState | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, WRITE_STATE_BYTES)
  if (view.getBigUint64(0) !== magic) return undefined
  const isReplica = (view.getUint16(14) & flag.isReplica) !== 0
  return { generation: view.getBigInt64(16), cutCount: view.getUint16(12), isReplica }
}

/** The boot that the bytes of a state name, also of one that is torn: a write of the same boot changes neither magic nor boot id. */
export function bootOf(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, WRITE_STATE_BYTES)
  return view.getBigUint64(0) === magic ? hexOf(bytes.subarray(bootIdStart, bootIdEnd)) : undefined
}

/** `Buffer` would be loaded for these few bytes alone, and the engine compile the iterator of bytes for a `for of`. */
function hexOf(bytes: Uint8Array): string {
  let hex = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    hex += (byte < 16 ? '0' : '') + byte.toString(16)
  }
  return hex
}

/** An int64 that is a number here: exact within 2^53, which no position or time reaches. */
function setInt53(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 2 ** 32))
  view.setUint32(at + 4, value >>> 0)
}

function getInt53(view: DataView, at: number): number {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4)
}

function flagsOf(state: WriteState): number {
  return (
    (state.isServed ? flag.isServed : 0) |
    (state.isDeleted ? flag.isDeleted : 0) |
    (state.hasProducers ? flag.hasProducers : 0) |
    (state.isReplica ? flag.isReplica : 0)
  )
}

/** Why the partition is no longer for its writers to change, if the state says so: deleted, or a server's, unless that is the writer. */
export function refusalOf(state: WriteState | undefined, directory: string, isServer = false): TslogError | undefined {
  if (state?.isDeleted === true) return new NotFoundError(`${directory}: the topic was deleted`)
  if (state?.isServed === true && !isServer) return new ServedError(`${directory} is held by a running tslog serve`)
  return undefined
}
