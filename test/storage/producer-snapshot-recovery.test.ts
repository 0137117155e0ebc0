import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { loadProducerState } from '../../src/storage/producer-loading.ts'
import { decodeProducerSnapshot } from '../../src/storage/producer-snapshot.ts'
import { writeProducerSnapshot } from '../../src/storage/snapshot-files.ts'
import type { PartitionLog } from '../../src/storage/partition-log.ts'
import { deleteOldSegments } from '../../src/storage/segment-deletion.ts'
import { directory, PartitionScene, segmentPath } from './partition-scene.ts'
import { offerOne, sequenced } from './sequenced-batches.ts'

/** One batch of an idempotent producer in each segment. */
const tiny = { segmentBytes: 80 }
const torn = new Uint8Array(40)

function snapshotKind(scene: PartitionScene, at: number): string {
  return decodeProducerSnapshot(scene.bytes(segmentPath(at, 'snapshot'))).kind
}

/** Segments 0 to `count` - 1, each with one batch of producer 7; synced when `durability` says so. */
function written(count: number, durability: 'now' | 'never'): PartitionScene {
  const scene = new PartitionScene(tiny)
  const log = scene.open()
  for (let i = 0; i < count; i++) log.offer([sequenced(i)], durability)
  log.close()
  return scene
}

describe('a retry that comes after a start anew', () => {
  const offers = (log: PartitionLog, ...sequences: readonly number[]): unknown[] =>
    sequences.map((sequence) => offerOne(log, sequenced(sequence)))
  const duplicates = (...offsets: readonly bigint[]): unknown[] =>
    offsets.map((baseOffset) => expect.objectContaining({ kind: 'duplicate', baseOffset }))

  test.each([
    ['in segments of its own each', tiny],
    ['in one segment', {}],
  ])('is known five batches back, whatever the last snapshot holds: %s', (_, config) => {
    const scene = new PartitionScene(config)
    const log = scene.open()
    for (let i = 0; i < 8; i++) {
      log.offer([sequenced(i)], 'never')
      // Others come between.
      log.offer([sequenced(i, { producerId: 8n })], 'never')
    }
    log.close()
    // As a server does that ends in order.
    writeProducerSnapshot(scene.fileSystem, directory, loadProducerState(scene.fileSystem, directory, offset(16n)))
    const again = scene.open()
    expect(offers(again, 3, 4, 5, 6, 7)).toEqual(duplicates(6n, 8n, 10n, 12n, 14n))
    expect(offers(again, 2, 9)).toEqual([
      expect.objectContaining({ kind: 'out-of-order' }),
      expect.objectContaining({ kind: 'out-of-order' }),
    ])
    expect(offers(again, 8)).toEqual([expect.objectContaining({ kind: 'appended' })])
    expect(offers(again, 4, 5)).toEqual(duplicates(8n, 10n))
    again.close()
  })

  test('is not taken for one of an epoch before', () => {
    const scene = new PartitionScene(tiny)
    const log = scene.open()
    for (let i = 0; i < 3; i++) log.offer([sequenced(i)], 'never')
    log.offer([sequenced(0, { producerEpoch: 1 })], 'never')
    log.offer([sequenced(1, { producerEpoch: 1 })], 'never')
    log.close()
    const again = scene.open()
    expect(offerOne(again, sequenced(0, { producerEpoch: 1 }))).toMatchObject({ kind: 'duplicate', baseOffset: 3n })
    expect(offerOne(again, sequenced(2, { producerEpoch: 0 }))).toMatchObject({ kind: 'fenced' })
    again.close()
  })
})

describe('a snapshot that a power cut tore', () => {
  test.each([
    ['empty', new Uint8Array(0)],
    ['zeros', torn],
  ])('is not believed, and recovery writes it anew: %s', (_, bytes) => {
    const scene = written(4, 'never')
    const whole = scene.bytes(segmentPath(2, 'snapshot'))
    scene.overwrite(segmentPath(2, 'snapshot'), bytes)
    scene.reboot()
    expect(scene.logEndOffset()).toBe(4n)
    expect(scene.bytes(segmentPath(2, 'snapshot'))).toEqual(whole)
    expect(offerOne(scene.open(), sequenced(3))).toMatchObject({ kind: 'duplicate', baseOffset: 3n })
  })

  test('cannot be one below the recovery point: it is synced before that moves', () => {
    const scene = written(4, 'now')
    scene.powerCut()
    for (const at of [1, 2, 3]) expect(snapshotKind(scene, at)).toBe('entries')
  })

  test('cannot be the one that stands for deleted segments', () => {
    for (const durability of ['now', 'never'] as const) {
      const scene = written(4, durability)
      const log = scene.open()
      log.advanceLogStart(offset(3n))
      deleteOldSegments(log, scene.fileSystem, 0)
      log.close()
      scene.powerCut()
      expect(snapshotKind(scene, 3), durability).toBe('entries')
      expect(offerOne(scene.open(), sequenced(2)), durability).toMatchObject({ kind: 'duplicate', baseOffset: 2n })
    }
  })

  test('cannot be that one either where its sync failed once: the segments stay until it is there', () => {
    const scene = written(4, 'never')
    const log = scene.open()
    log.advanceLogStart(offset(3n))
    const heal = scene.fileSystem.failOn(({ name, path }) =>
      name === 'sync' && path.includes('.snapshot') ? { code: 'EIO' } : undefined,
    )
    expect(deleteOldSegments(log, scene.fileSystem, 0)).toMatchObject({ count: 0, failure: { code: 'EIO' } })
    heal()
    expect(deleteOldSegments(log, scene.fileSystem, 0)).toMatchObject({ count: 3, failure: undefined })
    log.close()
    scene.powerCut()
    expect(snapshotKind(scene, 3)).toBe('entries')
  })

  test('is the one that is there when the disk is full: deleting makes room', () => {
    const scene = written(4, 'never')
    const log = scene.open()
    log.advanceLogStart(offset(3n))
    scene.fileSystem.failOn(({ name, path }) =>
      name === 'write' && path.includes('.snapshot') ? { code: 'ENOSPC' } : undefined,
    )
    expect(deleteOldSegments(log, scene.fileSystem, 0)).toMatchObject({ count: 3, failure: undefined })
    log.close()
    scene.powerCut()
    expect(snapshotKind(scene, 3)).toBe('entries')
  })

  test.each([
    ['torn', torn],
    ['missing', undefined],
  ])('is written anew before the segments go that it stands for: %s', (_, bytes) => {
    const scene = written(4, 'now')
    const path = segmentPath(3, 'snapshot')
    const whole = scene.bytes(path)
    if (bytes === undefined) scene.fileSystem.remove(path)
    else scene.overwrite(path, bytes)
    const log = scene.open()
    log.advanceLogStart(offset(3n))
    deleteOldSegments(log, scene.fileSystem, 0)
    log.close()
    expect(scene.bytes(path)).toEqual(whole)
  })
})

test('a snapshot of what a power cut took is not believed when the log has grown past it again', () => {
  const scene = written(4, 'never')
  const stale = scene.bytes(segmentPath(3, 'snapshot'))
  for (const at of [1, 2, 3]) {
    for (const part of ['log', 'index', 'timeindex']) scene.fileSystem.remove(segmentPath(at, part))
    if (at < 3) scene.fileSystem.remove(segmentPath(at, 'snapshot'))
  }
  scene.reboot()
  const log = scene.open()
  expect(log.offsets().logEndOffset).toBe(1n)
  expect(scene.names().filter((name) => name.endsWith('.snapshot'))).toEqual([])
  // Of another producer: what producer 7 sent with the numbers 1 and 2 is gone, and it sends them again.
  for (let i = 0; i < 3; i++) log.offer([sequenced(i, { producerId: 8n })], 'never')
  log.close()
  expect(scene.bytes(segmentPath(3, 'snapshot'))).not.toEqual(stale)
  expect(offerOne(scene.open(), sequenced(1))).toMatchObject({ kind: 'appended', baseOffset: 4n })
})

test('that a snapshot is gone with what it spoke of is durable before anything is appended', () => {
  const scene = written(4, 'never')
  for (const part of ['log', 'index', 'timeindex']) scene.fileSystem.remove(segmentPath(3, part))
  scene.reboot()
  // The snapshot at 3 is at the end; one beyond it is not.
  scene.overwrite(segmentPath(9, 'snapshot'), scene.bytes(segmentPath(3, 'snapshot')))
  scene.reboot()
  expect(scene.logEndOffset()).toBe(3n)
  scene.powerCut()
  expect(scene.names()).not.toContain('00000000000000000009.snapshot')
})

describe('a snapshot that nobody has synced, of a batch that a power cut took out of the midst of the log,', () => {
  const none = new Uint8Array(0)

  test('is written anew, durably: the batch is appended when it is sent again', () => {
    const scene = written(4, 'never')
    for (const at of [2, 3]) scene.overwrite(segmentPath(at, 'log'), none)
    scene.reboot()
    expect(scene.logEndOffset()).toBe(3n)
    scene.powerCut()
    expect(scene.bytes(segmentPath(3, 'snapshot'))).toEqual(scene.bytes(segmentPath(2, 'snapshot')))
    expect(offerOne(scene.open(), sequenced(2))).toMatchObject({ kind: 'appended', baseOffset: 3n })
  })

  test('is removed where its segment is gone too', () => {
    const scene = written(5, 'never')
    for (const at of [2, 4]) scene.overwrite(segmentPath(at, 'log'), none)
    for (const part of ['log', 'index', 'timeindex'] as const) scene.fileSystem.remove(segmentPath(3, part))
    scene.fileSystem.remove(segmentPath(4, 'snapshot'))
    scene.reboot()
    expect(scene.logEndOffset()).toBe(4n)
    expect(scene.names()).not.toContain('00000000000000000003.snapshot')
    expect(offerOne(scene.open(), sequenced(2))).toMatchObject({ kind: 'appended', baseOffset: 4n })
  })

  test('is not compared where it was synced: what it tells of was on the disk', () => {
    const scene = written(4, 'now')
    const whole = scene.bytes(segmentPath(3, 'snapshot'))
    scene.overwrite(segmentPath(2, 'log'), none)
    scene.reboot()
    expect(scene.logEndOffset()).toBe(4n)
    expect(scene.bytes(segmentPath(3, 'snapshot'))).toEqual(whole)
    expect(offerOne(scene.open(), sequenced(3))).toMatchObject({ kind: 'duplicate', baseOffset: 3n })
  })
})

test('what another process appended, and a third one has deleted, is known to a writer that was there all the time', () => {
  const scene = written(2, 'never')
  const waiting = scene.open('waiting')
  expect(offerOne(waiting, sequenced(1))).toMatchObject({ kind: 'duplicate', baseOffset: 1n })
  const other = scene.open('other')
  for (let i = 2; i < 4; i++) offerOne(other, sequenced(i))
  offerOne(other, sequenced(0, { producerId: 8n }))
  other.advanceLogStart(offset(4n))
  expect(deleteOldSegments(other, scene.fileSystem, 0)).toMatchObject({ count: 4, failure: undefined })
  expect(offerOne(waiting, sequenced(3))).toMatchObject({ kind: 'duplicate', baseOffset: 3n })
  expect(offerOne(waiting, sequenced(4))).toMatchObject({ kind: 'appended', baseOffset: 5n })
  scene.close()
  expect(offerOne(scene.open(), sequenced(3))).toMatchObject({ kind: 'duplicate', baseOffset: 3n })
})

test('of segments below the log start that a deletion has left when the power went recovery asks nothing: the snapshot behind them tells more', () => {
  const scene = new PartitionScene(tiny)
  const log = scene.open()
  for (const producerId of [7n, 8n, 9n]) log.offer([sequenced(0, { producerId })], 'never')
  const oldest = scene.bytes(segmentPath(0))
  log.advanceLogStart(offset(2n))
  expect(deleteOldSegments(log, scene.fileSystem, 0)).toMatchObject({ count: 2, failure: undefined })
  log.close()
  scene.overwrite(segmentPath(0), oldest)
  scene.reboot()
  expect(offerOne(scene.open(), sequenced(0, { producerId: 8n }))).toMatchObject({ kind: 'duplicate', baseOffset: 1n })
})
