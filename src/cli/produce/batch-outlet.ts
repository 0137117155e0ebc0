import { BatchCompressor } from '../../record/batch-compressor.ts'
import type { CompressionCodec } from '../../record/codec.ts'
import type { TopicConfig } from '../../storage/topic-configs.ts'
import { batchCodec } from './batch-codec.ts'
import type { BatchSink, FinishedBatch } from './batch-sink.ts'
import type { CompressionPool } from './compression-pool.ts'
import type { ProduceSettings } from './settings.ts'
import { sizeLimits } from './size-limits.ts'

/** After so many bytes without a pause more are likely to follow, and it pays to start threads (20 ms) for them. */
const inlineBytesMax = 2 * 1024 * 1024
/** One thread reads and writes 300 to 600 MB of compressed lines a second; more than this cannot be kept busy. */
const threadsMax = 4

/** What of a `BatchSink` is needed. */
type BatchTaker = Pick<BatchSink, 'config' | 'tryJoin' | 'write' | 'endTurn' | 'hasPending' | 'drain'>

/**
 * Between a feeder and the log: compresses batches as `-z` or the topic says, and hands them on in order. When there is much to do,
 * other threads compress: a batch is in the log some time after `write` then, at the latest after `drain`.
 */
export class BatchOutlet {
  readonly config: TopicConfig
  /** Whether batches are compressed; the CRC that they come with need not be right then. */
  readonly isCompressing: boolean
  readonly #sink: BatchTaker
  readonly #settings: ProduceSettings
  readonly #codec: CompressionCodec
  readonly #level: number | undefined
  readonly #compressor: BatchCompressor
  #pool: CompressionPool | undefined
  #mayStartPool: boolean
  #inlineBytes = 0
  #batches = 0
  /** Records that were left out for being too large, and what to say of the first. */
  skipped: { readonly count: number; readonly first: string } = { count: 0, first: '' }
  /** Waits after each batch as `--rate` asks for. */
  pace: (() => Promise<void>) | undefined

  constructor(sink: BatchTaker, settings: ProduceSettings) {
    const { codec, level } = batchCodec(settings, sink.config)
    this.config = sink.config
    this.isCompressing = codec !== 'none'
    this.#sink = sink
    this.#settings = settings
    this.#codec = codec
    this.#level = level
    this.#compressor = new BatchCompressor({ codec, level })
    // Not where each batch must be on the disk before the next one is read, or is held back to keep a rate.
    this.#mayStartPool = settings.fsync.kind !== 'batch' && settings.rate === Infinity
  }

  /** Batches that were written so far, also those not in the log yet. */
  get batches(): number {
    return this.#batches
  }

  /** Whether other threads were started. */
  get hasThreads(): boolean {
    return this.#pool !== undefined
  }

  /** Whether batches that were written are not in the log yet. */
  get hasPending(): boolean {
    return this.#sink.hasPending || (this.#pool?.hasPending ?? false)
  }

  /** Takes a small batch that said `moreFollows`, when there is nothing to be done or waited for; false: it is to be written. */
  tryJoin(batch: FinishedBatch): boolean {
    if (this.isCompressing || this.pace !== undefined || !this.#sink.tryJoin(batch)) return false
    this.#batches++
    return true
  }

  /** Takes an uncompressed batch, whose bytes may be used again after the call. */
  async write(batch: FinishedBatch): Promise<void> {
    this.#batches++
    if (this.pace === undefined) return this.#put(batch)
    await this.#put({ ...batch, moreFollows: false })
    await this.pace()
  }

  async #put(batch: FinishedBatch): Promise<void> {
    if (!this.isCompressing) return this.#sink.write(batch)
    if (this.#pool?.takes(batch.bytes) === true) return this.#pool.write(batch)
    await this.#pool?.drain()
    await this.#append({ ...batch, bytes: this.#compressor.compress(batch.bytes) })
    this.#inlineBytes += batch.bytes.length
    if (this.#mayStartPool && this.#inlineBytes > inlineBytesMax) await this.#startPool()
  }

  /** Appends what other threads have finished. */
  async collect(): Promise<void> {
    await this.#pool?.collect()
  }

  /** Waits until all that was written is in the log. For when there is nothing else to do: an input that pauses needs no threads. */
  async drain(): Promise<void> {
    this.#inlineBytes = 0
    await this.#pool?.drain()
    await this.#sink.drain()
  }

  /** Due after batches that said `moreFollows`, before waiting for anything. */
  endTurn(): Promise<void> {
    return this.#sink.endTurn()
  }

  /** Gives up the threads. */
  close(): void {
    this.#pool?.close()
  }

  /** The next batch takes its time to be compressed, so other writers have their turn. */
  #append(batch: FinishedBatch): Promise<void> {
    return this.#sink.write({ ...batch, moreFollows: false })
  }

  async #startPool(): Promise<void> {
    this.#mayStartPool = false
    const cores = process.getBuiltinModule('node:os').availableParallelism()
    if (cores === 1) return
    const { CompressionPool: Pool } = await import('./compression-pool.ts')
    this.#pool = new Pool({
      codec: this.#codec,
      level: this.#level,
      batchBytesMax: sizeLimits(this.#settings, this.config, 0).batchBytes,
      threads: Math.min(cores, threadsMax),
      append: (batch) => this.#append(batch),
      compressor: this.#compressor,
    })
  }
}
