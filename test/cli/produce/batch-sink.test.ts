import { expect, test } from 'vitest'
import { NotFoundError } from '../../../src/base/errors.ts'
import { fastParse } from '../../../src/cli/fast-parse.ts'
import { optionsOf } from '../../../src/cli/options-of.ts'
import { BatchSink } from '../../../src/cli/produce/batch-sink.ts'
import { produceSettings, type ProduceSettings } from '../../../src/cli/produce/settings.ts'
import { produceSpec } from '../../../src/cli/specs/produce.ts'
import { batch } from '../../support/batches.ts'
import { ScratchLog } from '../scratch-log.ts'

const inThree = { partition: 3, records: 1, payloadBytes: 1 }

test('a batch for a partition that the topic did not get, since another process made it, goes to one that it has', async () => {
  const log = new ScratchLog()
  await log.use(async (store) => {
    const sink = await BatchSink.open(store, settingsOf(['--partitions', '4']), log.clock)
    expect(sink.partitionCount).toBe(4)
    await log.createTopic('t', 2)
    await sink.write({ ...inThree, bytes: batch({ values: ['a'] }) })
    expect(sink.partitionCount).toBe(2)
    expect(sink.partitions.map(({ partition }) => partition)).toEqual([1])
  })
})

test('a partition that was asked for and is not there after all is an error before anything is appended', async () => {
  const log = new ScratchLog()
  await log.use(async (store) => {
    const sink = await BatchSink.open(store, settingsOf(['--partitions', '4', '-p', '3']), log.clock)
    await log.createTopic('t', 2)
    await expect(sink.write({ ...inThree, bytes: batch({ values: ['a'] }) })).rejects.toThrow(NotFoundError)
  })
})

function settingsOf(flags: readonly string[]): ProduceSettings {
  const parsed = fastParse(produceSpec, ['t', ...flags])
  if (parsed === undefined) throw new Error(`flags that only the slow parser takes: ${flags.join(' ')}`)
  return produceSettings(optionsOf(produceSpec, parsed), 0)
}
