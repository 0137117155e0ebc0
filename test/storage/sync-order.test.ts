import { expect, test } from 'vitest'
import { SyncOrder } from '../../src/storage/sync-order.ts'

test('a sync that is done first is not answered before one that began earlier', async () => {
  const order = new SyncOrder()
  const slow = Promise.withResolvers<void>()
  const said: string[] = []
  const first = order.add(slow.promise).then(() => said.push('first'))
  const second = order.add(Promise.resolve()).then(() => said.push('second'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(said).toEqual([])
  slow.resolve()
  await Promise.all([first, second])
  expect(said).toEqual(['first', 'second'])
})

test('a failure is told to its own caller, when the earlier ones are answered', async () => {
  const order = new SyncOrder()
  const slow = Promise.withResolvers<void>()
  const first = order.add(slow.promise)
  const failed = order.add(Promise.reject(new Error('EIO')))
  const third = order.add(Promise.resolve())
  slow.resolve()
  await first
  await expect(failed).rejects.toThrow('EIO')
  await third
})
