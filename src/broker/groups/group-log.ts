import { type Offset, offset, type TimestampMs } from '../../base/brands.ts'
import { GroupTable } from '../../coordinator/group-table.ts'
import type { RecordToAppend } from '../../coordinator/internal-record.ts'
import { replayBatch } from '../../coordinator/replay-batch.ts'
import { scanBatch } from '../../record/log-batch.ts'
import { RecordBatchBuilder } from '../../record/record-batch-builder.ts'
import type { Partition } from '../partition.ts'

/** A partition of `__consumer_offsets`, as far as its coordinator needs it. */
export type GroupLog = Pick<Partition, 'append' | 'offsets' | 'read'>

/** Bytes that are read and replayed at a time; what else the broker does comes in between. */
const sliceBytes = 1024 * 1024

/** What a server that was killed had appended, and not committed, is on the disk after one sync. */
const commitWaitMs = 5

/** What replaying a log gave, once it is at its end. */
export interface LoadedGroups {
  readonly table: GroupTable
  readonly logEndOffset: Offset
}

/** Reads the groups back from their log, a small one at once, another a slice at each turn; yields how long the next turn can wait, in ms. */
export function* loadGroups(open: () => GroupLog, warn: (text: string) => void): Generator<number, LoadedGroups> {
  const log = open()
  const table = new GroupTable()
  let at = log.offsets().logStartOffset
  for (;;) {
    // What was appended meanwhile counts, too; what is not on the disk yet is waited for.
    const { highWatermark, logEndOffset } = log.offsets()
    const bytes = log.read({ fetchOffset: at, endOffset: highWatermark, bytesMax: sliceBytes, mayExceed: true })
    if (bytes.length === 0 && highWatermark === logEndOffset) return { table, logEndOffset }
    at = replayAll(bytes, table, warn) ?? at
    if (bytes.length === 0) yield commitWaitMs
    else if (bytes.length > sliceBytes / 2) yield 0
  }
}

function replayAll(bytes: Uint8Array, table: GroupTable, warn: (text: string) => void): Offset | undefined {
  let next: Offset | undefined
  for (let position = 0; position < bytes.length;) {
    const scanned = scanBatch(bytes, position, bytes.length)
    if (scanned.kind !== 'batch') break
    replayBatch(scanned.batch, table, warn)
    next = offset(scanned.batch.lastOffset + 1n)
    position += scanned.batch.sizeInBytes
  }
  return next
}

/** The records in batches no larger than `sizeMax`, the first record of each whatever its size. */
export function* batchesOf(
  records: readonly RecordToAppend[],
  { timestamp, sizeMax }: { readonly timestamp: TimestampMs; readonly sizeMax: number },
): Generator<Uint8Array> {
  let builder: RecordBatchBuilder | undefined
  for (const record of records) {
    if (builder?.append({ ...record, timestamp }) === true) continue
    if (builder !== undefined) yield builder.build()
    // Each has a buffer of its own: it is appended later.
    builder = new RecordBatchBuilder({ codec: 'none', sizeMax })
    builder.append({ ...record, timestamp })
  }
  if (builder !== undefined) yield builder.build()
}
