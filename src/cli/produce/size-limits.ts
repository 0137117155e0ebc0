import { sizeOfVarint } from '../../wire/varint.ts'
import type { CompressionCodec } from '../../record/codec.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import type { TopicConfig } from '../../storage/topic-configs.ts'
import { batchCodec } from './batch-codec.ts'
import type { ProduceSettings } from './settings.ts'

/** How large batches and records of a topic may be, in bytes. */
export interface SizeLimits {
  /** A batch is full at this size, header included, before compression. */
  readonly batchBytes: number
  /** The largest batch that the topic takes. */
  readonly batchBytesMax: number
  /** The longest value with the given key and headers. */
  readonly valueBytesMax: number
}

/** The topic configuration that keeps batches from being larger: both count. */
export function sizeLimitName({ maxMessageBytes, segmentBytes }: TopicConfig): string {
  return segmentBytes < maxMessageBytes ? 'segment.bytes' : 'max.message.bytes'
}

/**
 * Without compression a batch stays in the cache while it grows; twice the size saves half of what each batch costs, half the size loses
 * more than the cache gains. zstd works best on large ones: 1 MiB takes 0.85 of the time of 256 KiB.
 * The others look back 64 KiB at most and gain little from more, while memory grows, most for gzip, which leaves its output to the
 * garbage collector.
 */
const usualBatchBytes: Readonly<Record<CompressionCodec, number>> = {
  none: 256 * 1024,
  gzip: 256 * 1024,
  snappy: 512 * 1024,
  lz4: 512 * 1024,
  zstd: 1024 * 1024,
}

/** `constantBytes`: what key and headers take in each record. */
export function sizeLimits(settings: ProduceSettings, config: TopicConfig, constantBytes: number): SizeLimits {
  const batchBytesMax = Math.min(config.maxMessageBytes, config.segmentBytes)
  const { codec } = batchCodec(settings, config)
  // What does not compress grows a little: room for it, so that no batch is too large afterwards.
  const room = codec === 'none' ? batchBytesMax : batchBytesMax - 128 - Math.ceil(batchBytesMax / 128)
  const batchBytes = Math.max(RecordBatch.overhead + 1, Math.min(settings.batchBytes ?? usualBatchBytes[codec], room))
  return { batchBytes, batchBytesMax, valueBytesMax: valueBytesMax(batchBytesMax, constantBytes) }
}

/** The longest value of a record that is alone in a batch of at most `batchBytesMax`. */
function valueBytesMax(batchBytesMax: number, constantBytes: number): number {
  const body = batchBytesMax - RecordBatch.overhead
  // Attributes and both deltas of a first record take a byte each.
  const around = (value: number): number => 3 + constantBytes + sizeOfVarint(value) + value
  const fits = (value: number): boolean => sizeOfVarint(around(value)) + around(value) <= body
  // Neither length takes more than that of the whole body would.
  let value = Math.max(0, body - 3 - constantBytes - 2 * sizeOfVarint(body))
  while (fits(value + 1)) value++
  return value
}
