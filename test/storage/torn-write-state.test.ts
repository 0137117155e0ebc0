import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { WriteStateFile } from '../../src/storage/write-state-file.ts'
import { batch, numbered } from '../support/batches.ts'
import { directory, expected, PartitionScene, readAll, segmentPath } from './partition-scene.ts'

const lockPath = `${directory}/tslog.lock`

/** A log with `a` visible, and `b` appended but not to be seen before it is on the disk. */
function halfCommitted(): { scene: PartitionScene; whole: Uint8Array; torn: Uint8Array } {
  const scene = new PartitionScene()
  const log = scene.open()
  log.append(batch({ values: ['a'] }), 'now')
  log.append(batch({ values: ['b'] }), 'commit')
  const whole = scene.bytes(lockPath)
  const torn = whole.slice()
  torn.fill(0xff, 48, 64)
  return { scene, whole, torn }
}

test('a reader that meets a state in the midst of its write goes on with what it knew', () => {
  const { scene, whole, torn } = halfCommitted()
  const reader = new PartitionReader({ fileSystem: scene.fileSystem, directory })
  expect(readAll(reader).records).toEqual(expected(['a']))
  scene.overwrite(lockPath, torn)
  for (let i = 0; i < 3; i++) expect(readAll(reader).records).toEqual([])
  scene.overwrite(lockPath, whole)
  expect(readAll(reader).records).toEqual([])
  reader.close()
})

test.each([1, 4, 12])(
  'a reader that comes in the midst of a write, and meets it %i times, waits for its end',
  (times) => {
    const { scene, whole, torn } = halfCommitted()
    scene.overwrite(lockPath, torn)
    let left = times
    scene.fileSystem.beforeOperation(({ process, name, path }) => {
      if (process !== 'reader' || name !== 'read' || path !== lockPath || left-- !== 0) return
      scene.overwrite(lockPath, whole)
    })
    const reader = new PartitionReader({ fileSystem: scene.fileSystem.asProcess('reader'), directory })
    expect(readAll(reader).records).toEqual(expected(['a']))
    reader.close()
  },
)

test('what a writer left that was killed in the midst of it does not keep a reader for ever: whole batches are what the next writer finds', () => {
  const { scene, torn } = halfCommitted()
  scene.overwrite(lockPath, torn)
  expect(scene.read().records).toEqual(expected(['a', 'b']))
  scene.fileSystem.kill('main')
  const log = scene.open('next')
  expect(log.offsets()).toMatchObject({ highWatermark: 2n, logEndOffset: 2n })
  log.close()
})

test('a writer, who has the lock, waits for nobody', () => {
  const { scene, torn } = halfCommitted()
  scene.overwrite(lockPath, torn)
  const file = WriteStateFile.create(scene.fileSystem, directory)
  let reads = 0
  scene.fileSystem.beforeOperation(({ name, path }) => {
    if (name === 'read' && path === lockPath) reads++
  })
  expect(file.read()).toBeUndefined()
  expect(reads).toBe(1)
  file.close()
})

/** Batches that are synced, in three segments; then a kill tore the state. */
async function tornBehindSyncs(options: { isReplica?: boolean } = {}): Promise<PartitionScene> {
  const scene = new PartitionScene({ segmentBytes: 170, indexIntervalBytes: 0 })
  const log = scene.open('writer')
  const from = { rollsByItself: true, leaderEpochs: [] }
  for (const [i, value] of numbered(5).entries()) {
    const bytes = batch({ values: [value], baseOffset: offset(i) })
    if (options.isReplica === true) log.appendAsFollower(bytes, { ...from, logEndOffset: offset(i) })
    else log.append(bytes, 'never')
  }
  await log.sync()
  scene.fileSystem.kill('writer')
  const torn = scene.bytes(lockPath)
  torn.fill(0xff, 48, 64)
  scene.overwrite(lockPath, torn)
  return scene
}

test('recovery writes no index that is right: an earlier state, which the disk may still have, calls it synced', async () => {
  const scene = await tornBehindSyncs()
  const transactions = segmentPath(0, 'txnindex')
  const stale = new Uint8Array(34)
  scene.overwrite(transactions, stale)
  const written: string[] = []
  scene.fileSystem.beforeOperation(({ name, path }) => {
    if ((name === 'write' || name === 'truncate') && path.endsWith('index')) written.push(`${name} ${path}`)
  })
  expect(scene.open('next').offsets().logEndOffset).toBe(5n)
  expect(written).toEqual([`truncate ${transactions}`])
})

test('who knew the log before looks at all of it again', async () => {
  const scene = await tornBehindSyncs()
  const before = scene.bytes(lockPath)
  scene.open('next').offsets()
  const after = scene.bytes(lockPath)
  const [cuts, generation] = [12, 16]
  expect(after.subarray(cuts, 14)).not.toEqual(before.subarray(cuts, 14))
  expect(after.subarray(generation, 24)).not.toEqual(before.subarray(generation, 24))
})

test('a copy stays one: the first append of its own begins another leader epoch', async () => {
  const scene = await tornBehindSyncs({ isReplica: true })
  const log = scene.open('next')
  expect(log.leaderEpoch()).toBe(0)
  log.append(batch({ values: ['own'] }), 'now')
  expect(log.leaderEpoch()).toBe(1)
  log.close()
})
