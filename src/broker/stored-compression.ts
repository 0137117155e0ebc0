import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { BatchCompressor } from '../record/batch-compressor.ts'
import type { CompressionCodec } from '../record/codec.ts'
import { batchFieldAt, batchLengthOverhead, RecordBatch } from '../record/record-batch.ts'
import { uncompressed } from '../storage/recompressed-batch.ts'
import type { TopicConfig } from '../storage/topic-configs.ts'

/** Brings batches of clients into the compression that their topic is stored with, where that is not the producer's choice. */
export class StoredCompression {
  /** By codec and level: a topic's, of which there are few kinds. */
  readonly #compressors = new Map<string, BatchCompressor>()

  /** The batch as it is to be stored. Throws `KafkaError` when it cannot be opened, or is too large then. */
  apply(batch: RecordBatch, config: TopicConfig): RecordBatch {
    const codec = wantedCodec(config)
    if (codec === undefined || codec === batch.codec) return batch
    const plain = uncompressed(batch)
    if (plain === undefined)
      throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'the records of the batch cannot be decompressed')
    // The compressor's memory is used again by the next batch, while this one waits for its turn.
    const bytes = codec === 'none' ? sealed(plain) : this.#compressor(codec, config).compress(plain).slice()
    if (bytes.length > config.maxMessageBytes) throw new KafkaError(ErrorCode.MESSAGE_TOO_LARGE)
    return new RecordBatch(bytes)
  }

  #compressor(codec: CompressionCodec, config: TopicConfig): BatchCompressor {
    const level = levelOf(codec, config)
    const key = `${codec}:${level}`
    const compressor = this.#compressors.get(key) ?? new BatchCompressor({ codec, level })
    this.#compressors.set(key, compressor)
    return compressor
  }
}

function wantedCodec({ compressionType }: TopicConfig): CompressionCodec | undefined {
  if (compressionType === 'producer') return undefined
  return compressionType === 'uncompressed' ? 'none' : compressionType
}

function levelOf(codec: CompressionCodec, config: TopicConfig): number | undefined {
  switch (codec) {
    case 'gzip':
      return config.compressionGzipLevel < 0 ? undefined : config.compressionGzipLevel
    case 'lz4':
      return config.compressionLz4Level
    case 'zstd':
      return config.compressionZstdLevel
    case 'none':
    case 'snappy':
      return undefined
  }
}

/** Gives what was decompressed the length and the checksum that it has now. */
function sealed(plain: Uint8Array): Uint8Array {
  new DataView(plain.buffer, plain.byteOffset).setInt32(batchFieldAt.batchLength, plain.length - batchLengthOverhead)
  new RecordBatch(plain).sealCrc()
  return plain
}
