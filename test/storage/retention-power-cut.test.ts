import { expect, test } from 'vitest'
import { T0 } from '../support/batches.ts'
import { aged, day, partition, type RetentionScene } from './retention-scene.ts'

/** Whether the disk had the names of all files when the first of the log went. */
function watchFirst(scene: RetentionScene): () => boolean | undefined {
  let isSynced: boolean | undefined
  scene.fileSystem.beforeOperation(({ name, path }) => {
    if ((name !== 'rename' && name !== 'remove') || !/\d\.(log|index)$/.test(path)) return
    isSynced ??= !scene.fileSystem.hasUnsynced('/log/t-0')
  })
  return () => isSynced
}

test('the segment that a roll made has its name on the disk before older ones go', async () => {
  const scene = aged()
  scene.now = T0 + day
  const wasSynced = watchFirst(scene)
  expect(await scene.retain()).toMatchObject({ deletedSegments: 4, isRolled: true })
  expect(wasSynced()).toBe(true)
})

test('a trim, too, leaves the names of what stays on the disk first', () => {
  const scene = aged()
  const wasSynced = watchFirst(scene)
  scene.use((directory) => directory.trim(partition, directory.openLog(partition).offsets().logEndOffset))
  expect(wasSynced()).toBe(true)
})
