import { expect, test } from 'vitest'
import { NotFoundError } from '../../src/base/errors.ts'
import { ScratchLog } from '../cli/scratch-log.ts'

test('a source whose topic was deleted says so, also when the topic was made again', async () => {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.append('t', 0, { values: ['a'] })
  await log.use(async (store) => {
    const source = await store.openSource({ topic: 't', partition: 0 }, 'read_committed')
    await source.refresh()
    await log.use((other) => other.deleteTopic('t'))
    await log.createTopic('t')
    expect(() => source.refresh()).toThrow(NotFoundError)
    source.close()
  })
})
