import { offset, producerId } from '../../../src/base/brands.ts'
import { describeInternalRecord } from '../../../src/coordinator/describe-record.ts'
import { groupMetadataRecord } from '../../../src/coordinator/group-metadata-record.ts'
import { GroupTable } from '../../../src/coordinator/group-table.ts'
import { offsetCommitRecord } from '../../../src/coordinator/offset-commit-record.ts'
import { writeSubscription } from '../../../src/protocol/consumer-protocol.ts'
import { decompress } from '../../../src/record/compression/compression.ts'
import { readControlRecord } from '../../../src/record/control-record.ts'
import { LineDecoder } from '../../../src/record/line-decoder.ts'
import { scanBatch } from '../../../src/record/log-batch.ts'
import type { RecordBatch } from '../../../src/record/record-batch.ts'
import { forEachRecord, type RecordView } from '../../../src/record/records.ts'
import { readMetadataRecord } from '../../../src/storage/metadata-log/metadata-record.ts'
import { batchOf } from '../../record/batches.ts'
import { type FuzzTarget, tried } from '../fuzz-target.ts'
import { batchSeeds, mendBatch } from './batch-seeds.ts'

/** More than the inputs need, and little enough that a bomb among them costs little. */
const limitBytes = 1024 * 1024

/** One batch whose records are read by all who read records. */
export const record: FuzzTarget = {
  name: 'record',
  bytesMax: 4096,
  seeds: () => [...batchSeeds(), ...groupBatches()],
  mend: mendBatch,
  run: (bytes) => {
    const scanned = scanBatch(bytes, 0, bytes.length)
    if (scanned.kind !== 'batch') return
    const one = scanned.batch
    const table = new GroupTable()
    const seen = tried(() => {
      let count = 0
      const visit = (view: RecordView): void => {
        count++
        readInside(view, table)
      }
      forEachRecord(one, visit, { decompress, limitBytes })
      return count
    })
    table.groups()
    if (one.magic !== 2) return
    if (one.isControl) tried(() => readControlRecord(one))
    if (tried(() => one.codec) === undefined) return
    const lines = tried(() => linesOf(one))
    if ((lines === undefined) !== (seen === undefined))
      throw new Error(`one reader sees ${seen} records, the other ${lines}`)
  },
}

function readInside(view: RecordView, table: GroupTable): void {
  tried(() => view.headers())
  const key = view.keyBytes()
  const value = view.valueBytes()
  table.replay({ offset: offset(view.offset), key, value }, { isTransactional: false, producerId: producerId(-1) })
  for (const topic of ['__consumer_offsets', '__transaction_state', '__share_group_state'])
    describeInternalRecord(topic, key, value)
  if (value !== null) tried(() => readMetadataRecord(value))
}

let decoder: LineDecoder | undefined

/** As many records as become lines. */
function linesOf(one: RecordBatch): number {
  decoder ??= new LineDecoder({
    delimiter: 10,
    windowBytes: 65_536,
    pieceBytes: 4096,
    decompressedBytesMax: limitBytes,
  })
  try {
    decoder.open(one)
    while (decoder.next() !== undefined);
    return decoder.recordsWritten
  } finally {
    decoder.flush()
  }
}

/** Batches with the records of groups, offsets and members. */
function groupBatches(): Uint8Array[] {
  const member = {
    memberId: 'm-1',
    groupInstanceId: null,
    clientId: 'c',
    clientHost: '/127.0.0.1',
    rebalanceTimeout: 60_000,
    sessionTimeout: 45_000,
    subscription: writeSubscription(['t', 'u']),
    assignment: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  }
  const group = { protocolType: 'consumer', generation: 3, protocol: 'range', leader: 'm-1', currentStateTimestamp: 5n }
  const records = [
    groupMetadataRecord('g', { ...group, members: [member] } as never),
    groupMetadataRecord('g', null),
    offsetCommitRecord(
      { group: 'g', topic: 't', partition: 2 } as never,
      { offset: offset(5), leaderEpoch: 1, metadata: 'm', commitTimestamp: 5 } as never,
    ),
  ]
  return [
    batchOf(
      'none',
      records.map(({ key, value }) => ({ key, value, timestamp: 1 })),
    ),
  ]
}
