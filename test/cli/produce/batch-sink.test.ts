import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { NotFoundError } from '../../../src/base/errors.ts'
import { fastParse } from '../../../src/cli/fast-parse.ts'
import { optionsOf } from '../../../src/cli/options-of.ts'
import { BatchSink, type FinishedBatch } from '../../../src/cli/produce/batch-sink.ts'
import { produceSettings, type ProduceSettings } from '../../../src/cli/produce/settings.ts'
import { produceSpec } from '../../../src/cli/specs/produce.ts'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import { batch } from '../../support/batches.ts'
import { readTopic } from '../../support/read-topic.ts'
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

describe('batches that come right after each other', () => {
  test('are appended together, each as it is, when the turn ends', async () => {
    const log = new ScratchLog()
    await log.use(async (store) => {
      await log.createTopic('t', 1)
      const sink = await BatchSink.open(store, settingsOf([]), log.clock)
      await sink.write(small('a'))
      for (const value of ['b', 'c']) expect(sink.tryJoin(small(value))).toBe(true)
      expect(batchesIn(log)).toEqual([])
      await sink.endTurn()
      expect(sink).toMatchObject({ records: 3, payloadBytes: 3 })
      expect(sink.partitions).toEqual([{ partition: 0, firstOffset: 0n, lastOffset: 2n }])
      expect(batchesIn(log)).toEqual(['0 CreateTime', '1 CreateTime', '2 CreateTime'])
    })
  })

  test('are in the log before a batch that is not joined, and at the end', async () => {
    const log = new ScratchLog()
    await log.use(async (store) => {
      await log.createTopic('t', 1)
      const sink = await BatchSink.open(store, settingsOf([]), log.clock)
      await sink.write(small('a'))
      sink.tryJoin(small('b'))
      await sink.write({ ...small('c'), moreFollows: false })
      sink.tryJoin(small('d'))
      await sink.finish()
      const records = await readTopic(log.directory, 't')
      expect(records?.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd'])
    })
  })

  test.each([
    { name: 'another partition', flags: [], batch: { ...small('b'), partition: 1 } },
    { name: 'one with no room', flags: [], batch: small('b'.repeat(65_536)) },
    { name: 'each on the disk before the next', flags: ['--fsync', 'batch'], batch: small('b') },
    { name: 'the last one for now', flags: [], batch: { ...small('b'), moreFollows: false } },
  ])('are not joined: $name', async ({ flags, batch: next }) => {
    const log = new ScratchLog()
    await log.use(async (store) => {
      await log.createTopic('t', 2)
      const sink = await BatchSink.open(store, settingsOf(flags), log.clock)
      await sink.write(small('first'))
      sink.tryJoin(small('a'))
      expect(sink.tryJoin(next)).toBe(false)
    })
  })

  test('carry the time of the append where the topic says so', async () => {
    const log = new ScratchLog()
    await log.use(async (store) => {
      await log.createTopic('t', 1, { 'message.timestamp.type': 'LogAppendTime' })
      const sink = await BatchSink.open(store, settingsOf([]), log.clock)
      await sink.write(small('a'))
      sink.tryJoin(small('b'))
      await sink.endTurn()
      expect(batchesIn(log)).toEqual(['0 LogAppendTime', '1 LogAppendTime'])
    })
  })
})

/** The batches of partition 0, all with a right CRC: base offset and kind of timestamp. */
function batchesIn(log: ScratchLog): string[] {
  const path = log.path('t-0', '00000000000000000000.log')
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.of()
  const found: string[] = []
  for (let at = 0; at < bytes.length;) {
    const next = new RecordBatch(bytes, at)
    expect(next.isCrcValid()).toBe(true)
    found.push(`${next.baseOffset} ${next.timestampType}`)
    at += next.sizeInBytes
  }
  return found
}

function small(value: string): FinishedBatch {
  return { partition: 0, bytes: batch({ values: [value] }), records: 1, payloadBytes: value.length, moreFollows: true }
}

function settingsOf(flags: readonly string[]): ProduceSettings {
  const parsed = fastParse(produceSpec, ['t', ...flags])
  if (parsed === undefined) throw new Error(`flags that only the slow parser takes: ${flags.join(' ')}`)
  return produceSettings(optionsOf(produceSpec, parsed), 0)
}
