import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { restartLog, truncateLog } from '../../src/storage/log-cut.ts'
import type { PartitionLog } from '../../src/storage/partition-log.ts'
import { readOffsetCheckpoint } from '../../src/storage/offset-checkpoints.ts'
import type { WriteState } from '../../src/storage/write-state.ts'
import { WriteStateFile } from '../../src/storage/write-state-file.ts'
import { batch, numbered } from '../support/batches.ts'
import { directory, expected, logDirectory, PartitionScene } from './partition-scene.ts'
import { offerOne, sequenced } from './sequenced-batches.ts'

/** Two batches in each segment. */
const tiny = { segmentBytes: 170 }

/** Another process: cuts the log, and leaves to the system what it appends then. */
function cutAndGoOn(scene: PartitionScene, target: number, values: readonly string[], cut = truncateLog): void {
  const log = scene.open('other')
  const { topic, partition, lockWaitMs } = scene.options(scene.fileSystem)
  cut(
    log,
    { fileSystem: scene.fileSystem.asProcess('other'), logDirectory, topic, partition, lockWaitMs },
    offset(target),
  )
  log.close()
  const next = scene.open('other')
  for (const value of values) next.append(batch({ values: [value] }), 'never')
  next.close()
}

function appendAll(log: PartitionLog, values: readonly string[], durability: 'now' | 'later' | 'commit'): void {
  for (const value of values) log.append(batch({ values: [value] }), durability)
}

function stateOf(scene: PartitionScene): WriteState {
  const file = WriteStateFile.find(scene.fileSystem, directory)
  const state = file?.read()
  file?.close()
  if (state === undefined) throw new Error('a writer leaves a state')
  return state
}

test('what another process wrote below after a cut is synced with the next append that must be durable', () => {
  const scene = new PartitionScene(tiny)
  const log = scene.open()
  appendAll(log, numbered(20), 'now')
  cutAndGoOn(scene, 2, numbered(30, 'other-'))
  appendAll(log, ['mine'], 'now')
  scene.powerCut()
  expect(scene.read().records).toEqual(expected([...numbered(2), ...numbered(30, 'other-'), 'mine']))
})

test('what is known of producers does not outlive a cut, though the log ends where it did', () => {
  const scene = new PartitionScene()
  const log = scene.open()
  for (let i = 0; i < 4; i++) offerOne(log, sequenced(i))
  cutAndGoOn(scene, 2, numbered(2, 'other-'))
  expect(log.offsets().logEndOffset).toBe(4n)
  expect(offerOne(log, sequenced(3))).toMatchObject({ kind: 'out-of-order', expectedSequence: 2 })
  expect(offerOne(log, sequenced(2))).toMatchObject({ kind: 'appended', baseOffset: 4n })
})

test('a sync that began before a cut says nothing of what was written since', async () => {
  const scene = new PartitionScene(tiny)
  const log = scene.open()
  appendAll(log, numbered(20), 'later')
  cutAndGoOn(scene, 2, numbered(30, 'other-'))
  await log.sync()
  expect(stateOf(scene).syncedEndOffset).toBeLessThanOrEqual(2n)
})

test('a commit that began before a cut shows nothing that is not there', async () => {
  const scene = new PartitionScene(tiny)
  const log = scene.open()
  appendAll(log, numbered(20), 'commit')
  const committed = log.commit()
  cutAndGoOn(scene, 2, ['other'])
  // Readers see one more, which nobody has synced.
  expect(await committed).toBe(2n)
  expect(stateOf(scene)).toMatchObject({ logEndOffset: 3n, visibleEndOffset: 3n })
  expect(scene.read().records).toEqual(expected([...numbered(2), 'other']))
})

test('a segment that was replaced by one of its name is not taken for the one that was synced', async () => {
  const scene = new PartitionScene(tiny)
  const log = scene.open()
  appendAll(log, numbered(3), 'later')
  cutAndGoOn(scene, 0, numbered(5, 'other-'), restartLog)
  await log.sync()
  const { offsets } = readOffsetCheckpoint(scene.fileSystem, logDirectory, 'recovery-point-offset-checkpoint')
  expect(offsets.get('t-0') ?? 0n).toBe(0n)
  expect(stateOf(scene).syncedEndOffset).toBe(0n)
})
