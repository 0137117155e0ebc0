import { expect, test } from 'vitest'
import type { OpenFile } from '../../src/disk/file-system.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { SyncOrder } from '../../src/storage/sync-order.ts'

test('a sync that is done first is not answered before one that began earlier', async () => {
  const [order, file] = [new SyncOrder(), fileOfTest()]
  const slow = Promise.withResolvers<void>()
  const said: string[] = []
  const first = order.add(file, slow.promise).then(() => said.push('first'))
  const second = order.add(file, Promise.resolve()).then(() => said.push('second'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(said).toEqual([])
  slow.resolve()
  await Promise.all([first, second])
  expect(said).toEqual(['first', 'second'])
})

test('a failure is told to its own caller, when the earlier ones are answered', async () => {
  const [order, file] = [new SyncOrder(), fileOfTest()]
  const slow = Promise.withResolvers<void>()
  const first = order.add(file, slow.promise)
  const failed = order.add(file, Promise.reject(new Error('EIO')))
  const third = order.add(file, Promise.resolve())
  slow.resolve()
  await first
  await expect(failed).rejects.toThrow('EIO')
  await third
})

test('a file counts as being synced until the last sync of it is answered, whatever it says', async () => {
  const [order, file, other] = [new SyncOrder(), fileOfTest(), fileOfTest()]
  const [slow, slower] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const syncs = [order.add(file, slow.promise), order.add(file, slower.promise)]
  expect([order.isSyncing(file), order.isSyncing(other), order.isIdle]).toEqual([true, false, false])
  slow.reject(new Error('EIO'))
  await expect(syncs[0]).rejects.toThrow('EIO')
  expect(order.isSyncing(file)).toBe(true)
  slower.resolve()
  await order.settled()
  expect([order.isSyncing(file), order.isIdle]).toEqual([false, true])
})

function fileOfTest(): OpenFile {
  return new MemoryFileSystem().open('/file', 'create')
}
