import { leaderEpoch, offset, producerId } from '../../../src/base/brands.ts'
import { compressionCodecs } from '../../../src/record/codec.ts'
import { buildEndTransactionMarker } from '../../../src/record/control-record.ts'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import { LegacyMessage } from '../../../src/record/message-set.ts'
import { crc32 } from '../../../src/record/compression/zlib.ts'
import { batchOf, text } from '../../record/batches.ts'
import { golden, goldenByCodec, goldenLegacy, hex, t } from '../../record/golden-batches.ts'

/** Batches of Apache Kafka and of ours, of every magic, codec and kind. */
export function batchSeeds(): Uint8Array[] {
  const many = Array.from({ length: 40 }, (_, n) => ({
    key: n % 3 === 0 ? null : text(`key ${n % 5}`),
    value: n % 7 === 0 ? null : text('a value that comes again '.repeat(n % 4)),
    timestamp: t + 17 * n,
    headers: n % 5 === 0 ? [{ key: 'h', value: n % 2 === 0 ? null : text('v') }] : [],
  }))
  const abort = { type: 'ABORT', producerId: producerId(7), producerEpoch: 1, coordinatorEpoch: 3 } as const
  return [
    ...[golden, goldenByCodec, goldenLegacy].flatMap((set) => Object.values(set).map(hex)),
    ...compressionCodecs.map((codec) => batchOf(codec, many)),
    buildEndTransactionMarker({ ...abort, timestamp: t, baseOffset: offset(9), leaderEpoch: leaderEpoch(0) }),
  ]
}

const sizeAt = 8

/** Gives the first batch the size that there is and the checksum that it has then. */
export function mendBatch(bytes: Uint8Array): void {
  if (bytes.length < RecordBatch.overhead && bytes.length < LegacyMessage.overhead) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = bytes[RecordBatch.magicStart] as number
  if (view.getInt32(sizeAt) + 12 > bytes.length || view.getInt32(sizeAt) < 0) view.setInt32(sizeAt, bytes.length - 12)
  const size = view.getInt32(sizeAt) + 12
  if (magic === 2 && size >= RecordBatch.overhead) new RecordBatch(bytes).sealCrc()
  else if (magic < 2 && size > 16) view.setUint32(12, crc32(bytes.subarray(16, size)))
}
