import { compressBatch } from '../../record/compress-batch.ts'
import type { CompressionCodec } from '../../record/codec.ts'
import type { TopicConfig } from '../../storage/topic-configs.ts'
import type { BatchSink, FinishedBatch } from './batch-sink.ts'
import type { ProduceSettings } from './settings.ts'

/** Between a feeder and the log: compresses batches as `-z` or the topic says, and hands them on in order. */
export class BatchOutlet {
  readonly config: TopicConfig
  readonly #sink: BatchSink
  readonly #codec: CompressionCodec
  readonly #level: number | undefined
  /** Records that were left out for being too large. */
  skipped = 0

  constructor(sink: BatchSink, settings: ProduceSettings) {
    const { codec, level } = codecOf(settings, sink.config)
    this.config = sink.config
    this.#sink = sink
    this.#codec = codec
    this.#level = level
  }

  /** Takes an uncompressed batch, whose bytes may be used again after the call. */
  async write(batch: FinishedBatch): Promise<void> {
    if (this.#codec === 'none') return this.#sink.write(batch)
    await this.#sink.write({ ...batch, bytes: compressBatch(batch.bytes, this.#codec, this.#level) })
  }
}

/** A topic may say how its batches are stored, whatever the producer wants (compression.type). */
export function codecOf(
  { codec, level }: Pick<ProduceSettings, 'codec' | 'level'>,
  config: TopicConfig,
): { readonly codec: CompressionCodec; readonly level: number | undefined } {
  switch (config.compressionType) {
    case 'producer':
      return { codec, level }
    case 'uncompressed':
      return { codec: 'none', level: undefined }
    case 'gzip':
      return { codec: 'gzip', level: config.compressionGzipLevel < 0 ? undefined : config.compressionGzipLevel }
    case 'lz4':
      return { codec: 'lz4', level: config.compressionLz4Level }
    case 'zstd':
      return { codec: 'zstd', level: config.compressionZstdLevel }
    case 'snappy':
      return { codec: 'snappy', level: undefined }
  }
}
