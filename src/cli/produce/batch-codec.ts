import type { CompressionCodec } from '../../record/codec.ts'
import type { TopicConfig } from '../../storage/topic-configs.ts'
import type { ProduceSettings } from './settings.ts'

/** A topic may say how its batches are stored, whatever the producer wants (compression.type). */
export function batchCodec(
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
