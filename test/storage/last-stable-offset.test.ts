import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { PartitionView } from '../../src/storage/partition-view.ts'
import { deleteOldSegments } from '../../src/storage/segment-deletion.ts'
import { TransactionView } from '../../src/storage/transaction-view.ts'
import { batch } from '../support/batches.ts'
import { directory, PartitionScene } from './partition-scene.ts'
import { offerOne, sequenced } from './sequenced-batches.ts'

/** The same, in a transaction. */
function transactional(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setInt16(21, view.getInt16(21) | 0x10)
  new RecordBatch(bytes).sealCrc()
  return bytes
}

/** What a reader of the files takes it for. */
function readFromFiles(scene: PartitionScene): bigint {
  const view = new PartitionView({ fileSystem: scene.fileSystem, directory })
  try {
    return new TransactionView(scene.fileSystem, directory, view).lastStableOffset(view.visibleEnd)
  } finally {
    view.close()
  }
}

test('a transaction that a trim left open holds nothing below the log start offset', () => {
  const scene = new PartitionScene({ segmentBytes: 170 })
  const log = scene.open()
  offerOne(log, transactional(sequenced(0)))
  for (const value of ['a', 'b', 'c', 'd']) log.append(batch({ values: [value] }), 'never')
  expect([log.offsets().lastStableOffset, readFromFiles(scene)]).toEqual([0n, 0n])
  log.advanceLogStart(offset(3n))
  expect(log.offsets()).toMatchObject({ logStartOffset: 3n, lastStableOffset: 3n, highWatermark: 5n })
  expect(readFromFiles(scene)).toBe(3n)
  deleteOldSegments(log, scene.fileSystem, 0)
  expect(log.offsets()).toMatchObject({ logStartOffset: 3n, lastStableOffset: 3n })
  log.advanceLogStart(offset(5n))
  expect([log.offsets().lastStableOffset, readFromFiles(scene)]).toEqual([5n, 5n])
  log.close()
  expect(scene.open().offsets().lastStableOffset).toBe(5n)
})
