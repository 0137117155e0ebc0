import { expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { ScratchLog } from '../cli/scratch-log.ts'

test('offsets that do not fit into one batch are all committed', async () => {
  const log = new ScratchLog()
  const configs = new Map([['max.message.bytes', '1000']])
  await log.use((store) => store.createTopic({ name: '__consumer_offsets', partitionCount: 1, configs }))
  const offsets = Array.from({ length: 100 }, (_, partition) => ({ topic: 't', partition, offset: offset(7n) }))
  await log.use((store) => store.groups.commit('g', offsets))
  const group = await log.use((store) => store.groups.find('g'))
  expect(group?.offsets.get('t')?.size).toBe(100)
})
