import { expect, test } from 'vitest'
import { batch } from '../support/batches.ts'
import { PartitionScene, segmentPath } from './partition-scene.ts'

/** Two batches in each segment, and an index entry for the second. */
const tiny = { segmentBytes: 170, indexIntervalBytes: 0 }

/** Batches that are synced fill a segment; another process, which waits for nothing, rolls it away. */
function rolledBehind(): { scene: PartitionScene; indexes: () => Uint8Array[] } {
  const scene = new PartitionScene(tiny)
  const log = scene.open()
  for (const value of ['a', 'b']) log.append(batch({ values: [value] }), 'now')
  const other = scene.open('other')
  other.append(batch({ values: ['c'] }), 'never')
  other.close()
  return { scene, indexes: () => ['index', 'timeindex'].map((part) => scene.bytes(segmentPath(0, part))) }
}

test('the indexes of a segment whose batches are all on the disk are made anew after a power cut', () => {
  const { scene, indexes } = rolledBehind()
  const before = indexes()
  expect(before.map(({ length }) => length)).toEqual([8, 12])
  scene.fileSystem.syncDirectory('/log/t-0')
  syncState(scene)
  scene.powerCut()
  expect(scene.logEndOffset()).toBe(2n)
  expect(indexes()).toEqual(before)
})

test('they are on the disk before the recovery point lies in the next one', () => {
  const { scene, indexes } = rolledBehind()
  const before = indexes()
  scene.open().append(batch({ values: ['d'] }), 'now')
  syncState(scene)
  scene.powerCut()
  expect(indexes()).toEqual(before)
  expect(scene.logEndOffset()).toBe(4n)
  expect(indexes()).toEqual(before)
})

/** What the system writes down by itself some day. */
function syncState({ fileSystem }: PartitionScene): void {
  const state = fileSystem.open('/log/t-0/tslog.lock', 'write')
  state.sync()
  state.close()
}

test('files whose log a power cut took are removed, as Kafka does', () => {
  const scene = new PartitionScene(tiny)
  scene.append('a', 'b', 'c', 'd')
  for (const part of ['log', 'snapshot']) scene.fileSystem.remove(segmentPath(2, part))
  scene.overwrite(segmentPath(1, 'snapshot'), new Uint8Array(0))
  scene.reboot()
  expect(scene.logEndOffset()).toBe(2n)
  const left = scene.names().filter((name) => /^\d/.test(name))
  expect(left).toEqual(['00000000000000000000.index', '00000000000000000000.log', '00000000000000000000.timeindex'])
})
