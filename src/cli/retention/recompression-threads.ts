import { availableParallelism } from 'node:os'
import { BatchCompressor } from '../../record/batch-compressor.ts'
import type { BatchRecompressor, RecompressionTarget } from '../../storage/recompression.ts'
import { CompressionPool } from '../produce/compression-pool.ts'

/** Batches of this size and below go to the threads; what is larger is compressed by the caller's. */
const batchBytesMax = 1024 * 1024 + 4096
/** Each takes 10 MB and more at the highest levels. */
const threadsMax = 4
/** The highest levels take a second for a batch of this size, on a machine that is busy with others several. */
const answerMsMax = 600_000

/** Compresses batches in as many threads as the machine runs at once. */
export class RecompressionThreads implements BatchRecompressor {
  readonly #pool: CompressionPool
  readonly #compressor: BatchCompressor
  readonly #waiting: ((compressed: Uint8Array) => void)[] = []

  constructor({ codec, level }: RecompressionTarget) {
    this.#compressor = new BatchCompressor({ codec, level })
    this.#pool = new CompressionPool({
      codec,
      level,
      batchBytesMax,
      answerMsMax,
      threads: Math.min(availableParallelism(), threadsMax),
      compressor: this.#compressor,
      append: async ({ bytes }) => this.#waiting.shift()?.(bytes),
    })
  }

  async write(batch: Uint8Array, done: (compressed: Uint8Array) => void): Promise<void> {
    if (!this.#pool.takes(batch)) {
      await this.drain()
      done(this.#compressor.compress(batch))
      return
    }
    this.#waiting.push(done)
    await this.#pool.write({ bytes: batch, partition: 0, records: 0, payloadBytes: 0 })
  }

  async drain(): Promise<void> {
    await this.#pool.drain()
  }

  close(): void {
    this.#pool.close()
  }
}
