import { afterEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/base/random.ts'
import { CompressionPool, type CompressionPoolOptions } from '../../../src/cli/produce/compression-pool.ts'
import type { FinishedBatch } from '../../../src/cli/produce/batch-sink.ts'
import { BatchCompressor } from '../../../src/record/batch-compressor.ts'
import { type CompressionCodec, compressionCodecs } from '../../../src/record/codec.ts'
import { decompress } from '../../../src/record/compression/compression.ts'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../../src/record/record-batch-builder.ts'
import { forEachRecord } from '../../../src/record/records.ts'

const open: CompressionPool[] = []
afterEach(() => {
  for (const pool of open.splice(0)) pool.close()
})

describe('CompressionPool', () => {
  test.each(compressionCodecs.filter((codec) => codec !== 'none'))(
    'gives back the batches of every partition in order, whatever their sizes, compressed by %s',
    async (codec) => {
      const { pool, appended } = await readyPool({ codec })
      const written = Array.from({ length: 60 }, (_, index) => batchOf(linesOfSomeSize(index), index % 3))
      for (const batch of written) await pool.write(batch)
      await pool.drain()
      expect(appended.map(({ partition }) => partition)).toEqual(written.map(({ partition }) => partition))
      expect(appended.map(linesOf)).toEqual(written.map(linesOf))
      expect(appended.map(({ bytes }) => new RecordBatch(bytes).codec)).toEqual(written.map(() => codec))
    },
  )

  test('leaves the bytes of a batch to the caller after the write', async () => {
    const { pool, appended } = await readyPool({})
    for (let index = 0; index < 20; index++) {
      const batch = batchOf([`line ${index}`])
      await pool.write(batch)
      batch.bytes.fill(0)
    }
    await pool.drain()
    expect(appended.flatMap(linesOf)).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index}`))
  })

  test('says whether batches are under way, and has none after a drain', async () => {
    const { pool, appended } = await readyPool({})
    expect(pool.hasPending).toBe(false)
    await pool.write(batchOf(['one']))
    expect(pool.hasPending).toBe(true)
    await pool.drain()
    expect(pool.hasPending).toBe(false)
    expect(appended.flatMap(linesOf)).toEqual(['one'])
  })

  test('appends what is finished without being waited for', async () => {
    const { pool, appended } = await readyPool({})
    await pool.write(batchOf(['one']))
    while (pool.hasPending) await pool.collect()
    expect(appended.flatMap(linesOf)).toEqual(['one'])
  })

  test('takes nothing before a thread is ready, nor a batch that is larger than its slots', async () => {
    const unready = newPool({}).pool
    expect(unready.takes(batchOf(['one']).bytes)).toBe(false)
    const { pool } = await readyPool({ batchBytesMax: 1000 })
    expect(pool.takes(batchOf(['x'.repeat(800)]).bytes)).toBe(true)
    expect(pool.takes(batchOf(['x'.repeat(1000)]).bytes)).toBe(false)
  })

  test('compresses here what did not shrink to the size of a slot', async () => {
    const noise = Buffer.from(Uint8Array.from({ length: 900 }, () => below(256))).toString('latin1')
    const batch = batchOf([noise])
    const { pool, appended } = await readyPool({ batchBytesMax: batch.bytes.length })
    await pool.write(batch)
    await pool.write(batchOf(['next']))
    await pool.drain()
    expect(appended.flatMap(linesOf)).toEqual([noise, 'next'])
  })

  test('does here what a thread fails to do, so that its error is thrown here', async () => {
    const { pool, appended } = await readyPool({ workerUrl: fixture('failing-worker') })
    await pool.write(batchOf(['one']))
    await pool.drain()
    expect(appended.flatMap(linesOf)).toEqual(['one'])

    const failing = await readyPool({ codec: 'gzip', level: 99 })
    await failing.pool.write(batchOf(['one']))
    await expect(failing.pool.drain()).rejects.toThrow(/level|range/i)
  })

  test('goes on alone, and takes no more, when a thread never answers', async () => {
    const { pool, appended } = await readyPool({ workerUrl: fixture('silent-worker'), answerMsMax: 20 })
    for (const line of ['one', 'two', 'three']) await pool.write(batchOf([line]))
    await pool.drain()
    expect(appended.flatMap(linesOf)).toEqual(['one', 'two', 'three'])
    expect(pool.takes(batchOf(['four']).bytes)).toBe(false)
  })

  test('is never ready when its threads cannot start', async () => {
    const { pool } = newPool({ workerUrl: fixture('missing-worker') })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(pool.takes(batchOf(['one']).bytes)).toBe(false)
  })

  test('hands on the error of an append and keeps the batch', async () => {
    const errors = [new Error('disk full')]
    const appended: FinishedBatch[] = []
    const { pool } = await readyPool({
      append: async (batch) => {
        const error = errors.pop()
        if (error !== undefined) throw error
        appended.push(batch)
      },
    })
    await pool.write(batchOf(['kept']))
    await expect(pool.drain()).rejects.toThrow('disk full')
    await pool.drain()
    expect(appended).toHaveLength(1)
  })
})

const random = seededRandom(7)

function below(end: number): number {
  return Buffer.from(random.fill(new Uint8Array(4))).readUInt32LE() % end
}

function newPool(options: Partial<CompressionPoolOptions>): { pool: CompressionPool; appended: FinishedBatch[] } {
  const appended: FinishedBatch[] = []
  const codec: CompressionCodec = options.codec ?? 'zstd'
  const level = options.level
  const pool = new CompressionPool({
    codec,
    level,
    batchBytesMax: 300_000,
    threads: 2,
    // What it gets is valid during the call only.
    append: async (batch) => void appended.push({ ...batch, bytes: batch.bytes.slice() }),
    compressor: new BatchCompressor({ codec, level }),
    ...options,
  })
  open.push(pool)
  return { pool, appended }
}

/** A pool, one of whose threads has said that it is ready. */
async function readyPool(options: Partial<CompressionPoolOptions>): Promise<ReturnType<typeof newPool>> {
  const made = newPool(options)
  while (!made.pool.takes(new Uint8Array(61))) await new Promise((resolve) => setTimeout(resolve, 2))
  return made
}

function fixture(name: string): URL {
  return new URL(`./fixtures/${name}.ts`, import.meta.url)
}

function batchOf(lines: readonly string[], partition = 0): FinishedBatch {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 1 << 20 })
  for (const line of lines) {
    builder.append({ key: null, value: Buffer.from(line, 'latin1'), headers: [], timestamp: 1000 })
  }
  return { partition, bytes: builder.build(), records: lines.length, payloadBytes: lines.join('').length }
}

/** One line or thousands, so that a later batch is often finished before an earlier one. */
function linesOfSomeSize(seed: number): string[] {
  const count = seed % 4 === 0 ? 1 + below(2500) : 1 + below(20)
  return Array.from({ length: count }, (_, index) => `batch ${seed} line ${index} ${below(1_000_000)} and more of it`)
}

function linesOf({ bytes }: FinishedBatch): string[] {
  const batch = new RecordBatch(bytes)
  expect(batch.isCrcValid()).toBe(true)
  const lines: string[] = []
  forEachRecord(batch, (record) => void lines.push(Buffer.from(record.valueBytes() ?? []).toString('latin1')), {
    decompress,
  })
  return lines
}
