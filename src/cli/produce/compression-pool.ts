import type { BatchCompressor } from '../../record/batch-compressor.ts'
import type { CompressionCodec } from '../../record/codec.ts'
import type { FinishedBatch } from './batch-sink.ts'
import { CompressionRing } from './compression-ring.ts'
import type { CompressionWorkerData } from './compression-worker.ts'

export interface CompressionPoolOptions {
  readonly codec: CompressionCodec
  readonly level: number | undefined
  /** Larger batches are not taken. */
  readonly batchBytesMax: number
  readonly threads: number
  /** Gets the finished batches, in the order in which they were written; their bytes are valid until it is done. */
  readonly append: (batch: FinishedBatch) => Promise<void>
  /** Compresses what a thread did not. */
  readonly compressor: BatchCompressor
  /** How long a thread may take for a batch before no more is expected of any. */
  readonly answerMsMax?: number
  readonly workerUrl?: URL
}

/** Set at build time: where the binary has the worker, seen from its chunks, which all lie in one place. */
declare const TSLOG_COMPRESSION_WORKER: string | undefined

/** Higher levels take a second for a batch; a process that was stopped for a while only loses speed. */
const answerMsMaxDefault = 60_000

/** A batch that is with the threads. */
interface BatchInFlight {
  readonly slot: number
  readonly batch: Omit<FinishedBatch, 'bytes'>
}

/**
 * Compresses batches in other threads and appends them in order. The thread that owns it never waits for an event: it looks into
 * shared memory, and blocks there when it is ahead of the others. What a thread fails to do is done here, so that its error is thrown here.
 */
export class CompressionPool {
  readonly #options: CompressionPoolOptions
  readonly #ring: CompressionRing
  readonly #inFlight: BatchInFlight[] = []
  #isGivenUp = false

  /** Starts the threads; nothing is taken before one of them is ready. */
  constructor(options: CompressionPoolOptions) {
    this.#options = options
    const { threads, batchBytesMax } = options
    // Each thread has a batch, and another one waits for it.
    this.#ring = CompressionRing.create({ slots: 2 ** Math.ceil(Math.log2(2 * threads)), batchBytesMax })
    for (let thread = 0; thread < threads; thread++) this.#startThread()
  }

  /** Whether a batch may be written now. */
  takes(batch: Uint8Array): boolean {
    return this.#ring.threadsReady > 0 && !this.#isGivenUp && batch.length <= this.#options.batchBytesMax
  }

  /** Whether batches are with the threads. */
  get hasPending(): boolean {
    return this.#inFlight.length > 0
  }

  /** Takes an uncompressed batch, which is copied; appends those that are finished, and waits for one when all slots are in use. */
  async write({ bytes, ...batch }: FinishedBatch): Promise<void> {
    await this.collect()
    if (this.#inFlight.length === this.#ring.handle.slots) await this.#appendOldest()
    this.#inFlight.push({ slot: this.#ring.publish(bytes), batch })
  }

  /** Appends the batches that are finished, as far as those before them are. */
  async collect(): Promise<void> {
    for (let first = this.#inFlight[0]; first !== undefined; first = this.#inFlight[0]) {
      if (!this.#ring.isAnswered(first.slot)) return
      await this.#appendOldest()
    }
  }

  /** Waits for all batches and appends them. */
  async drain(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#appendOldest()
  }

  /** Lets the threads end. What is still with them is lost. */
  close(): void {
    this.#ring.close()
  }

  async #appendOldest(): Promise<void> {
    const oldest = this.#inFlight[0]
    if (oldest === undefined) return
    await this.#options.append({ ...oldest.batch, bytes: this.#result(oldest.slot) })
    // Only now: a batch that the log did not take must not be passed over by those behind it.
    this.#inFlight.shift()
  }

  #result(slot: number): Uint8Array {
    const timeoutMs = this.#isGivenUp ? 0 : (this.#options.answerMsMax ?? answerMsMaxDefault)
    const outcome = this.#ring.waitFor(slot, timeoutMs)
    if (outcome === 'done') return this.#ring.output(slot)
    // A thread that may still write to a slot makes the ring unfit for more.
    if (outcome === 'late') this.#isGivenUp = true
    return this.#options.compressor.compress(this.#ring.input(slot))
  }

  #startThread(): void {
    const { Worker: Thread } = process.getBuiltinModule('node:worker_threads')
    const { codec, level, workerUrl } = this.#options
    const workerData: CompressionWorkerData = { handle: this.#ring.handle, codec, level }
    const worker = new Thread(workerUrl ?? new URL(workerPath(), import.meta.url), { workerData })
    // One that cannot start never says that it is ready.
    worker.on('error', () => undefined)
    worker.unref()
  }
}

function workerPath(): string {
  return typeof TSLOG_COMPRESSION_WORKER === 'string' ? TSLOG_COMPRESSION_WORKER : './compression-worker.ts'
}
