import type { Offset } from '../base/brands.ts'
import { CheckedOffsets } from './checked-offsets.ts'
import { FileBytes } from '../storage/file-bytes.ts'
import type { LentBuffers } from '../network/lent-buffers.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import { scanBatch } from '../record/log-batch.ts'
import type { FileRange } from '../storage/file-range.ts'
import type { Damage, PartitionReader } from '../storage/partition-reader.ts'

/** What a fetch of one partition asks for. */
export interface ReadRequest {
  readonly fetchOffset: Offset
  /** No record at or above it is given. */
  readonly endOffset: Offset
  /** Bytes; the first batch is given even if it is larger, when `mayExceed`. */
  readonly bytesMax: number
  readonly mayExceed: boolean
  /** Who only sends them wants so many bytes rather than fast ones, where there are as many. */
  readonly bytesWanted?: number
}

/** Whole batches, in bytes that nobody may look at while they are unread (see `LentBuffers`). */
export interface FoundBatches {
  readonly bytes: Uint8Array
  /** The offset after them, when they are unread. */
  readonly nextOffset?: Offset
  /** They are less than was wanted, and not the last: one read gives no more of them. */
  readonly isCut: boolean
}

export interface PartitionReadersOptions {
  readonly open: () => PartitionReader
  /** What large reads lie in until their answer is sent. */
  readonly buffers: LentBuffers
  readonly crc32c: (bytes: Uint8Array) => number
  /** Told once of each damaged stretch that a reader came upon. */
  readonly onDamage: (damage: Damage) => void
}

/** As many places of one partition are kept open as consumers are likely to read at; each costs a file or two. */
const readersMax = 4

const nothing: Uint8Array = new Uint8Array(0)

/**
 * The open readers of one partition. A consumer that reads on where its last fetch ended finds the reader that stands there, so that nothing is
 * looked up again.
 */
export class PartitionReaders {
  readonly #options: PartitionReadersOptions
  /** What need not be checked again. */
  #checked = new CheckedOffsets()
  /** What was found last and may not be sent yet: it goes before anything is done that could close its file. */
  #unsent: FileBytes | undefined
  /** The one used last is last. */
  #readers: PartitionReader[] = []

  constructor(options: PartitionReadersOptions) {
    this.#options = options
  }

  /**
   * Whole batches from the one with `fetchOffset` on, or the first after it, perhaps in a lent buffer. Empty when there is none, or the
   * first one is larger than allowed.
   */
  read(request: ReadRequest): Uint8Array {
    const { fetchOffset, endOffset, bytesMax, mayExceed } = request
    if (fetchOffset >= endOffset) return nothing
    this.#settle()
    const reader = this.#readerAt(fetchOffset)
    const { buffers, crc32c } = this.#options
    const lent = buffers.take(Math.min(Math.max(bytesMax, bytesMin), bytesAtOnce))
    let target = windowOver(lent, crc32c)
    let found = nothing
    for (let isDone = false; !isDone;) {
      const read = reader.read(target)
      isDone = read.kind !== 'large' && read.kind !== 'damage'
      if (read.kind === 'batches') found = target.bytes.subarray(0, endBelow(target.bytes, read.end, request))
      if (read.kind === 'damage') this.#options.onDamage(read.damage)
      if (read.kind !== 'large') continue
      isDone = !mayExceed && read.sizeInBytes > bytesMax
      if (!isDone) target = windowOver(new Uint8Array(read.sizeInBytes), crc32c)
    }
    this.#noteChecked(found, reader.nextOffset)
    return this.#keep(found, lent)
  }

  /** The same for who only sends them, at once: what is large and was checked before is left where it lies. */
  find(request: ReadRequest): FoundBatches {
    const located = this.#locate(request)
    if (located !== undefined) return located
    const bytes = this.read(request)
    return { bytes, isCut: this.#isCut(bytes, request) }
  }

  #locate(request: ReadRequest): FoundBatches | undefined {
    const { fetchOffset, bytesMax } = request
    const checkedEnd = this.#checked.endFrom(fetchOffset)
    if (checkedEnd === undefined || fetchOffset >= request.endOffset) return undefined
    this.#settle()
    const endOffset = checkedEnd < request.endOffset ? checkedEnd : request.endOffset
    const range = this.#readerAt(fetchOffset).locate({ bytesMax: Math.min(bytesMax, bytesAtOnce), endOffset })
    if (range === undefined || isTooLittle(range, request)) return undefined
    const bytes = this.#options.buffers.take(range.bytes)
    this.#unsent = new FileBytes(range, bytes)
    this.#options.buffers.leaveUnread(bytes, this.#unsent)
    return { bytes, nextOffset: range.nextOffset, isCut: false }
  }

  #isCut(found: Uint8Array, { bytesMax, bytesWanted = 0, endOffset }: ReadRequest): boolean {
    const reader = this.#readers.at(-1)
    if (reader === undefined || found.length === 0 || found.length >= bytesWanted) return false
    return reader.nextOffset < endOffset && (bytesMax > bytesAtOnce || reader.isAtSegmentEnd)
  }

  /** What was found is not sent after all: others may have its memory. */
  drop(found: Uint8Array): void {
    const { buffers } = this.#options
    if (this.#unsent !== undefined && buffers.unreadOf(found) === this.#unsent) this.#unsent = undefined
    buffers.give([found])
  }

  /** The batches from `from` on, up to `to`, were appended after they had been checked. */
  appended(from: Offset, to: Offset): void {
    this.#checked.add(from, to)
  }

  #noteChecked(found: Uint8Array, nextOffset: Offset): void {
    const scanned = scanBatch(found, 0, found.length)
    if (scanned.kind === 'batch') this.#checked.add(scanned.batch.baseOffset, nextOffset)
  }

  #settle(): void {
    try {
      this.#unsent?.fill()
    } catch {
      // Who sends it meets the same, and can tell nobody but its client.
    }
    this.#unsent = undefined
  }

  /** A large buffer is not held for a few bytes. */
  #keep(found: Uint8Array, lent: Uint8Array): Uint8Array {
    if (found.length > smallBytes && found.buffer === lent.buffer) return found
    const kept = found.buffer === lent.buffer ? found.slice() : found
    this.#options.buffers.give([lent])
    return kept
  }

  close(): void {
    this.#settle()
    // Whoever wants the readers closed has changed what they read.
    this.#checked = new CheckedOffsets()
    for (const reader of this.#readers) reader.close()
    this.#readers = []
  }

  /** The reader that stands at `target`, or the one that was not used for longest. */
  #readerAt(target: Offset): PartitionReader {
    const at = this.#readers.findIndex((reader) => reader.nextOffset === target)
    const [found] =
      at >= 0 ? this.#readers.splice(at, 1) : this.#readers.splice(0, this.#readers.length < readersMax ? 0 : 1)
    const reader = found ?? this.#options.open()
    this.#readers.push(reader)
    if (reader.nextOffset !== target) reader.seek(target)
    return reader
  }
}

/** Ranges end where batches get small; reads do not. */
function isTooLittle({ bytes, nextOffset }: FileRange, { bytesWanted = 0, endOffset }: ReadRequest): boolean {
  return bytes < bytesWanted && nextOffset < endOffset
}

function windowOver(bytes: Uint8Array, crc32c: (bytes: Uint8Array) => number): BatchWindow {
  return { bytes, crc32c: (start, end) => crc32c(bytes.subarray(start, end)) }
}

/** Copying so much costs less than a buffer that is not there for others. */
const smallBytes = 64 * 1024

/** As much as one read gives, unless the first batch alone is larger. */
const bytesAtOnce = 1024 * 1024

/** Smaller reads gain nothing, and the smallest batch must fit. */
const bytesMin = 4096

/** Where the batches end that lie below the wanted end, and within the wanted bytes unless the first alone exceeds them. */
function endBelow(bytes: Uint8Array, filled: number, { endOffset, bytesMax, mayExceed }: ReadRequest): number {
  let end = 0
  while (end < filled) {
    const scanned = scanBatch(bytes, end, filled)
    if (scanned.kind !== 'batch' || scanned.batch.nextOffset > endOffset) break
    const next = end + scanned.batch.sizeInBytes
    if (next > bytesMax && !(end === 0 && mayExceed)) break
    end = next
  }
  return end
}
