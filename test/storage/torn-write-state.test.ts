import { expect, test } from 'vitest'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { WriteStateFile } from '../../src/storage/write-state-file.ts'
import { batch } from '../support/batches.ts'
import { directory, expected, PartitionScene, readAll } from './partition-scene.ts'

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

test('before recovery makes anew what a state of before calls synced, the disk no longer has that state', async () => {
  const scene = new PartitionScene({ segmentBytes: 100 })
  const log = scene.open('writer')
  for (const value of ['a', 'b', 'c']) log.append(batch({ values: [value] }), 'never')
  await log.sync()
  scene.fileSystem.kill('writer')
  const whole = scene.bytes(lockPath)
  sync(scene, lockPath)
  const torn = whole.slice()
  torn.fill(0xff, 48, 64)
  scene.overwrite(lockPath, torn)
  const isStateOld: boolean[] = []
  scene.fileSystem.beforeOperation(({ name, path }) => {
    if (name === 'truncate' && path.endsWith('.timeindex')) isStateOld.push(scene.fileSystem.hasUnsynced(lockPath))
  })
  expect(scene.open('next').offsets().logEndOffset).toBe(3n)
  expect(isStateOld.length).toBeGreaterThan(0)
  expect(isStateOld).not.toContain(true)
})

/** What the system does with any file in its own time. */
function sync(scene: PartitionScene, path: string): void {
  const file = scene.fileSystem.asProcess('system').open(path, 'write')
  file.sync()
  file.close()
}
