import type { Clock } from '../../base/clock.ts'
import { UsageError } from '../../base/errors.ts'
import { encodedHeaders, encodedKey } from '../../record/constant-sections.ts'
import { LineEncoder } from '../../record/line-encoder.ts'
import type { BatchOutlet } from './batch-outlet.ts'
import type { Feeder } from './feeder.ts'
import type { PartitionChooser } from './partition-chooser.ts'
import { recordPlace } from './record-place.ts'
import { RecordTooLargeError } from './record-too-large-error.ts'
import type { ProduceSettings } from './settings.ts'
import { type SizeLimits, sizeLimitName, sizeLimits } from './size-limits.ts'

export interface LineFeederOptions {
  readonly settings: ProduceSettings
  readonly outlet: BatchOutlet
  readonly chooser: PartitionChooser
  readonly clock: Clock
  /** Records that a batch may have: few, when a rate is to be kept. */
  readonly recordsMax: number
}

/** The fast way: lines with a delimiter of one byte, no key in them, become batches without an object per line. */
export class LineFeeder implements Feeder {
  readonly #options: LineFeederOptions
  readonly #encoder: LineEncoder
  readonly #limits: SizeLimits
  #name = '-'
  /** Lines of this input that are in batches written so far. */
  #linesBefore = 0
  #placeOfFirstSkipped: string | undefined

  constructor(options: LineFeederOptions) {
    const { settings, outlet } = options
    const { key, delimiter, tooLarge } = settings
    const headers = settings.headers.map(({ name, value }) => ({ key: name, value }))
    const constantBytes = encodedKey(key ?? null).length + encodedHeaders(headers).length
    this.#options = options
    this.#limits = sizeLimits(settings, outlet.config, constantBytes)
    this.#encoder = new LineEncoder({
      batchBytes: this.#limits.batchBytes,
      valueBytesMax: this.#limits.valueBytesMax,
      delimiter: delimiter[0] ?? 10,
      headers,
      tooLarge,
      recordsMax: options.recordsMax,
      ...(key && { key }),
      readBytes: readBytesOf(settings, outlet, this.#limits.batchBytes),
    })
  }

  /** Whether these settings need nothing that a line alone does not say. */
  static takes(settings: ProduceSettings, chooser: PartitionChooser): boolean {
    const { delimiter, keyDelimiter, isJson, isEmptyNull } = settings
    if (delimiter.length !== 1 || keyDelimiter !== undefined || isJson || isEmptyNull) return false
    return chooser.isPerBatch || settings.partitioner === 'murmur2'
  }

  get free(): Uint8Array {
    return this.#encoder.free
  }

  get hasOpenBatch(): boolean {
    return !this.#encoder.isEmpty
  }

  get pendingBytes(): number {
    return this.#encoder.pendingBytes
  }

  begin(name: string): void {
    this.#name = name
    this.#linesBefore = 0
  }

  async filled(bytes: number): Promise<void> {
    this.#encoder.filled(bytes)
    await this.#encodeAll(false)
    await this.#options.outlet.endTurn()
  }

  async endInput(): Promise<void> {
    await this.#encodeAll(true)
    await this.flush()
    await this.#options.outlet.endTurn()
  }

  async flush(): Promise<void> {
    await this.#write(false)
  }

  /** `moreFollows`: lines for the next batch are here already. Nothing to wait for when the batch was small. */
  #write(moreFollows: boolean): Promise<void> | undefined {
    const encoder = this.#encoder
    if (encoder.isEmpty) return undefined
    const { chooser, outlet, settings } = this.#options
    const records = encoder.recordCount
    const payloadBytes = encoder.valueBytes + records * (settings.key?.length ?? 0)
    const bytes = encoder.seal({ withCrc: !outlet.isCompressing })
    this.#linesBefore += records
    const batch = { partition: chooser.forBatch(settings.key), bytes, records, payloadBytes, moreFollows }
    if (!outlet.tryJoin(batch)) return outlet.write(batch).then(() => this.#beginBatch())
    this.#beginBatch()
    return undefined
  }

  #beginBatch(): void {
    this.#options.chooser.batchDone()
    this.#encoder.reset()
  }

  async #encodeAll(isFinal: boolean): Promise<void> {
    const { clock, settings } = this.#options
    for (;;) {
      const stop = this.#encoder.next(settings.timestamp ?? clock.now(), isFinal)
      if (this.#encoder.firstSkipped !== undefined) this.#noteSkipped(this.#encoder.firstSkipped)
      if (stop === 'need-input') return
      if (stop === 'too-large') return this.#refuse()
      const written = this.#write(true)
      if (written !== undefined) await written
    }
  }

  #noteSkipped({ recordsBefore, bytes }: { recordsBefore: number; bytes: number }): void {
    this.#placeOfFirstSkipped ??= this.#place(recordsBefore)
    this.#options.outlet.skipped = {
      count: this.#encoder.skippedLines,
      first: `${this.#placeOfFirstSkipped} (${bytes} bytes)`,
    }
  }

  async #refuse(): Promise<void> {
    const place = this.#place(this.#encoder.recordCount)
    const { oversized } = this.#encoder
    const limit = sizeLimitName(this.#options.outlet.config)
    await this.flush()
    throw new RecordTooLargeError({ place, ...oversized, bytesMax: this.#limits.valueBytesMax, limit })
  }

  /** How messages name the line before which there are so many in no written batch. */
  #place(linesOpen: number): string {
    return recordPlace(this.#name, this.#linesBefore + linesOpen + 1, this.#options.settings)
  }
}

/**
 * Reads are so long that the writer of a full pipe is woken once for many of its writes: waking it costs as much as copying what it wrote. More
 * would not stay in the cache until it is encoded.
 */
const readBytesMax = 512 * 1024

/** Where what was read takes its time, little is read at once: a signal waits until it is in the log. With `--fsync batch` that is one batch. */
function readBytesOf({ fsync, rate }: ProduceSettings, { isCompressing }: BatchOutlet, batchBytes: number): number {
  if (fsync.kind === 'batch') return Math.min(pipeBytes, Math.max(4096, batchBytes))
  return rate === Infinity && !isCompressing ? readBytesMax : pipeBytes
}

const pipeBytes = 64 * 1024

/** A compacted topic keeps the last value of each key, so a record without one has no place in it. */
export function refuseKeyless(settings: ProduceSettings, cleanupPolicy: readonly string[]): void {
  const mayHaveKeys = settings.key !== undefined || settings.keyDelimiter !== undefined || settings.isJson
  if (mayHaveKeys || !cleanupPolicy.includes('compact')) return
  throw new UsageError(`topic ${settings.topic} is compacted: its records need a key`, {
    hint: 'give one with -K DELIM or -k KEY',
  })
}
