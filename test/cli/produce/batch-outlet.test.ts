import { describe, expect, test } from 'vitest'
import { BatchOutlet } from '../../../src/cli/produce/batch-outlet.ts'
import type { FinishedBatch } from '../../../src/cli/produce/batch-sink.ts'
import { type ProduceSettings, produceSettings } from '../../../src/cli/produce/settings.ts'
import { fastParse } from '../../../src/cli/fast-parse.ts'
import { optionsOf } from '../../../src/cli/options-of.ts'
import { produceSpec } from '../../../src/cli/specs/produce.ts'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../../src/record/record-batch-builder.ts'
import { resolveTopicConfig } from '../../../src/storage/topic-configs.ts'

describe('BatchOutlet', () => {
  test('compresses a small input without other threads', async () => {
    const { outlet, codecs } = outletFor(['-z', 'zstd:1'])
    for (let bytes = 0; bytes < 1_500_000; bytes += batchBytes) await outlet.write(batch())
    expect(outlet.hasThreads).toBe(false)
    expect(new Set(codecs)).toEqual(new Set(['zstd']))
  })

  test('starts other threads for a large input, unless it pauses', async () => {
    const { outlet, codecs } = outletFor(['-z', 'lz4'])
    for (let bytes = 0; bytes < 6_000_000; bytes += batchBytes) {
      await outlet.write(batch())
      await outlet.drain()
    }
    expect(outlet.hasThreads).toBe(false)
    for (let bytes = 0; bytes < 3_000_000; bytes += batchBytes) await outlet.write(batch())
    expect(outlet.hasThreads).toBe(true)
    await outlet.drain()
    outlet.close()
    expect(codecs).toHaveLength(outlet.batches)
  })

  test.each([
    { flags: ['-z', 'lz4', '--fsync', 'batch'] },
    { flags: ['-z', 'lz4', '--rate', '1000000/s'] },
    { flags: [] },
  ])('has each batch in the log when its write ends, given $flags', async ({ flags }) => {
    const { outlet, codecs } = outletFor(flags)
    for (let bytes = 0; bytes < 4_000_000; bytes += batchBytes) {
      await outlet.write(batch())
      expect(codecs).toHaveLength(outlet.batches)
    }
    expect(outlet.hasThreads).toBe(false)
  })
})

const batchBytes = 100_000
const line = 'GET /a/page HTTP/1.1 200 '.repeat(400)

function batch(): FinishedBatch {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: batchBytes })
  let records = 0
  while (builder.append({ key: null, value: Buffer.from(line), timestamp: 1 })) records++
  return { partition: 0, bytes: builder.build(), records, payloadBytes: records * line.length }
}

function outletFor(flags: readonly string[]): { outlet: BatchOutlet; codecs: string[] } {
  const codecs: string[] = []
  const sink = {
    config: resolveTopicConfig(new Map()),
    write: async ({ bytes }: FinishedBatch) => void codecs.push(new RecordBatch(bytes).codec),
    tryJoin: () => false,
    endTurn: async () => undefined,
    hasPending: false,
    drain: async () => undefined,
  }
  return { outlet: new BatchOutlet(sink, settingsOf(flags)), codecs }
}

function settingsOf(flags: readonly string[]): ProduceSettings {
  const parsed = fastParse(produceSpec, ['t', ...flags])
  if (parsed === undefined) throw new Error(`flags that only the slow parser takes: ${flags.join(' ')}`)
  return produceSettings(optionsOf(produceSpec, parsed), 0)
}
