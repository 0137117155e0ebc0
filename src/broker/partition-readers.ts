import type { Offset } from '../base/brands.ts'
import { type BatchWindow, plainBatchWindow } from '../record/batch-window.ts'
import { scanBatch } from '../record/log-batch.ts'
import type { Damage, PartitionReader } from '../storage/partition-reader.ts'

/** What a fetch of one partition asks for. */
export interface ReadRequest {
  readonly fetchOffset: Offset
  /** No record at or above it is given. */
  readonly endOffset: Offset
  /** Bytes; the first batch is given even if it is larger, when `mayExceed`. */
  readonly bytesMax: number
  readonly mayExceed: boolean
}

export interface PartitionReadersOptions {
  readonly open: () => PartitionReader
  /** Memory that all reads of the broker go through, one after the other. */
  readonly window: () => BatchWindow
  /** Told once of each damaged stretch that a reader came upon. */
  readonly onDamage: (damage: Damage) => void
}

/** As many places of one partition are kept open as consumers are likely to read at; each costs a file or two. */
const readersMax = 4

const nothing = new Uint8Array(0)

/**
 * The open readers of one partition. A consumer that reads on where its last fetch ended finds the reader that stands there, so that nothing is
 * looked up again.
 */
export class PartitionReaders {
  readonly #options: PartitionReadersOptions
  /** The one used last is last. */
  #readers: PartitionReader[] = []

  constructor(options: PartitionReadersOptions) {
    this.#options = options
  }

  /**
   * Whole batches from the one with `fetchOffset` on, or the first after it, as bytes of their own. Empty when there is none, or the first one is
   * larger than allowed.
   */
  read(request: ReadRequest): Uint8Array {
    const { fetchOffset, endOffset, bytesMax, mayExceed } = request
    if (fetchOffset >= endOffset) return nothing
    const reader = this.#readerAt(fetchOffset)
    const window = this.#options.window()
    const size = Math.min(Math.max(bytesMax, bytesMin), window.bytes.length)
    let target: BatchWindow = {
      bytes: window.bytes.subarray(0, size),
      crc32c: (start, end) => window.crc32c(start, end),
    }
    for (;;) {
      const read = reader.read(target)
      switch (read.kind) {
        case 'batches':
          return target.bytes.slice(0, endBelow(target.bytes, read.end, request))
        case 'large':
          if (!mayExceed && read.sizeInBytes > bytesMax) return nothing
          target = plainBatchWindow(read.sizeInBytes)
          break
        case 'damage':
          this.#options.onDamage(read.damage)
          break
        case 'trimmed':
        case 'end':
          return nothing
      }
    }
  }

  close(): void {
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
