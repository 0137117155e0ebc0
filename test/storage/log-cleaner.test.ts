import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Offset, offset } from '../../src/base/brands.ts'
import { seededRandom } from '../../src/base/random.ts'
import { GoneError } from '../../src/disk/memory-disk.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { plainBatchWindow } from '../../src/record/batch-window.ts'
import { type CompressionCodec, compressionCodecs } from '../../src/record/codec.ts'
import { decompress } from '../../src/record/compression/compression.ts'
import { scanBatch } from '../../src/record/log-batch.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { forEachRecord } from '../../src/record/records.ts'
import { createCleanerKernel } from '../../src/storage/kernel/cleaner-kernel.ts'
import { type CleanedLog, cleanPartition, planOf } from '../../src/storage/log-cleaner.ts'
import { LogDirectory } from '../../src/storage/log-directory.ts'
import { readOffsetCheckpoint } from '../../src/storage/offset-checkpoints.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'

const where = { topic: 't', partition: 0 }
const T0 = 1_700_000_000_000
const secret = new Uint8Array(16)

interface Kept {
  readonly offset: Offset
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

type Given = Omit<Kept, 'offset'>

/** A compacted topic in memory, with a clock that stands still until it is moved. */
class CleanerScene {
  readonly fileSystem: MemoryFileSystem
  readonly directory: LogDirectory
  now = T0
  readonly #kernel: ReturnType<typeof createCleanerKernel>

  constructor(
    configs: Readonly<Record<string, string>> = {},
    mapBytes = 64 * 1024,
    fileSystem = new MemoryFileSystem(),
  ) {
    this.fileSystem = fileSystem
    this.#kernel = createCleanerKernel({ mapBytes, secret })
    this.directory = LogDirectory.openToWrite(this.options)
    const all = { 'cleanup.policy': 'compact', 'segment.bytes': '600', 'min.cleanable.dirty.ratio': '0', ...configs }
    this.directory.createTopic({ name: 't', partitionCount: 1, configs: new Map(Object.entries(all)) })
  }

  get options(): Parameters<typeof LogDirectory.openToWrite>[0] {
    const clock = { now: () => this.now }
    return { fileSystem: this.fileSystem, clock, random: seededRandom(1), path: '/log', lockWaitMs: 0 }
  }

  /** The same disk as a process sees it that comes after this one. */
  asNext(): CleanerScene {
    return new CleanerScene({}, undefined, this.fileSystem.asProcess('next'))
  }

  append(records: readonly Given[], codec: CompressionCodec = 'none'): void {
    const builder = new RecordBatchBuilder({ codec, sizeMax: 2 ** 30 })
    for (const { key, value, timestamp } of records)
      builder.append({ key: bytesOf(key), value: bytesOf(value), timestamp })
    this.appendBytes(builder.build())
  }

  appendBytes(bytes: Uint8Array): void {
    this.directory.openLog(where).append(bytes, 'never')
  }

  async clean(
    onBytes: (bytes: number) => Promise<void> | undefined = () => undefined,
  ): Promise<CleanedLog | undefined> {
    return cleanPartition(this.directory, where, { ...this.options, kernel: this.#kernel, onBytes })
  }

  plan(): ReturnType<typeof planOf> {
    return planOf(this.directory, where, this.options)
  }

  read(): Kept[] {
    const reader = this.directory.openReader(where)
    try {
      return readRecords(reader)
    } finally {
      reader.close()
    }
  }

  checkpoint(): Offset | undefined {
    return readOffsetCheckpoint(this.fileSystem, '/log', 'cleaner-offset-checkpoint').offsets.get('t-0')
  }

  names(): string[] {
    return (this.fileSystem.list('/log/t-0') ?? []).map(({ name }) => name).toSorted()
  }
}

function readRecords(reader: PartitionReader): Kept[] {
  const window = plainBatchWindow(256 * 1024)
  const records: Kept[] = []
  for (;;) {
    const read = reader.read(window)
    if (read.kind === 'end') return records
    if (read.kind !== 'batches') throw new Error(`a reader gave ${read.kind}`)
    for (let start = 0; start < read.end;) {
      const scanned = scanBatch(window.bytes, start, read.end)
      if (scanned.kind !== 'batch') throw new Error('a reader gives whole batches')
      start += scanned.batch.sizeInBytes
      forEachRecord(
        scanned.batch,
        (record) => {
          const { timestamp } = record
          records.push({
            offset: record.offset,
            key: textOf(record.keyBytes()),
            value: textOf(record.valueBytes()),
            timestamp,
          })
        },
        { decompress },
      )
    }
  }
}

function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : new TextEncoder().encode(text)
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

/** Records, a compaction, or time that goes by. */
type Step =
  | { readonly kind: 'append'; readonly records: readonly Omit<Given, 'timestamp'>[]; readonly codec: CompressionCodec }
  | { readonly kind: 'clean' }
  | { readonly kind: 'wait'; readonly ms: number }

const givenRecord = fc.record({
  key: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { freq: 8 }),
  value: fc.option(fc.string({ maxLength: 60 }), { freq: 3 }),
})
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('append' as const),
        records: fc.array(givenRecord, { minLength: 1, maxLength: 6 }),
        codec: fc.constantFrom(...compressionCodecs),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'clean' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 1000) }) },
  ),
  { minLength: 5, maxLength: 60, size: 'max' },
)

const deleteRetentionMs = 1000

/** What a compacted log holds, said as simply as can be. */
class Model {
  records: Kept[] = []
  /** When a tombstone may go. */
  readonly #horizons = new Map<Offset, number>()

  clean(end: Offset, now: number): void {
    const last = new Map<string, Offset>()
    for (const { key, offset: at } of this.records) if (key !== null && at < end) last.set(key, at)
    this.records = this.records.filter(({ key, value, offset: at }) => {
      if (at >= end) return true
      if (key === null || last.get(key) !== at) return false
      const horizon = this.#horizons.get(at)
      if (value === null && horizon === undefined) this.#horizons.set(at, now + deleteRetentionMs)
      return value !== null || horizon === undefined || now < horizon
    })
  }
}

describe('a compacted log', () => {
  test('holds of each key the last record, tombstones for their time, and all that is not compacted yet', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const scene = new CleanerScene({ 'delete.retention.ms': String(deleteRetentionMs) })
        const model = new Model()
        let next = 0n
        for (const step of run) {
          if (step.kind === 'wait') scene.now += step.ms
          if (step.kind === 'append') {
            const records = step.records.map((one, i) => ({ ...one, timestamp: scene.now + i }))
            scene.append(records, step.codec)
            for (const one of records) model.records.push({ ...one, offset: offset(next++) })
          }
          if (step.kind === 'clean') {
            const cleaned = await scene.clean()
            if (cleaned === undefined) continue
            expect(cleaned.passes).toBe(1)
            model.clean(cleaned.cleanedEndOffset, scene.now)
            expect(scene.checkpoint()).toBe(cleaned.cleanedEndOffset)
          }
          expect(scene.read()).toEqual(model.records)
        }
        expect(scene.directory.openLog(where).offsets().logEndOffset).toBe(next)
        expect(scene.names().filter((name) => /\.(cleaned|swap|deleted)$/.test(name))).toEqual([])
        scene.directory.close()
        expect(scene.fileSystem.openFileCount).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  test('is compacted in more passes when the keys are more than the map takes', async () => {
    const scene = new CleanerScene({ 'segment.bytes': '2000' }, 1)
    const given = Array.from({ length: 600 }, (_, i) => ({ key: `key ${i % 170}`, value: `value ${i}`, timestamp: T0 }))
    for (let i = 0; i < given.length; i += 7) scene.append(given.slice(i, i + 7))
    const cleaned = await scene.clean()
    expect(cleaned?.passes).toBeGreaterThan(3)
    expect(cleaned).toMatchObject({ recordsBefore: Number(cleaned?.cleanedEndOffset), recordsAfter: 170 })
    const end = Number(cleaned?.cleanedEndOffset)
    expect(end).toBe(Number(cleaned?.plan.firstUncleanableOffset))
    const last = new Map(given.slice(0, end).map(({ key }, i) => [key, i]))
    const kept = given
      .map((one, i) => ({ ...one, offset: offset(i) }))
      .filter(({ key }, i) => i >= end || last.get(key) === i)
    expect(scene.read()).toEqual(kept)
  })

  test.each(compressionCodecs)('may have batches that are larger than what is read at once (%s)', async (codec) => {
    const scene = new CleanerScene({ 'segment.bytes': '100000' })
    // Bytes of chance, so that no codec makes them small.
    const chance = Buffer.from(seededRandom(7).fill(new Uint8Array(1_000_000))).toString('base64')
    const records = (round: number): Given[] =>
      ['a', 'b', 'c'].map((key) => ({ key, value: `${round} ${key} ${chance}`, timestamp: T0 + round }))
    for (let round = 0; round < 3; round++) scene.append(records(round), codec)
    await scene.clean()
    expect(readLarge(scene)).toEqual([3, 4, 5, 6, 7, 8].map(BigInt))
  })

  test('that is killed at any step of compaction keeps every last record, and the next compaction goes on', async () => {
    const written = (): CleanerScene => {
      const scene = new CleanerScene()
      for (let i = 0; i < 14; i++)
        scene.append([{ key: `k${i % 5}`, value: `value ${i} ${'.'.repeat(80)}`, timestamp: T0 }])
      return scene
    }
    const whole = written()
    const before = whole.read()
    let steps = 0
    const stop = whole.fileSystem.beforeOperation(({ isChange }) => void (isChange && steps++))
    const end = (await whole.clean())?.cleanedEndOffset ?? offset(0n)
    stop()
    const after = whole.read()
    expect(after.length).toBeLessThan(before.length)
    for (let step = 0; step < steps; step++) {
      const scene = written()
      let count = 0
      scene.fileSystem.beforeOperation(({ process, isChange }) => {
        if (process === 'main' && isChange && count++ === step) scene.fileSystem.kill('main')
      })
      await expect(scene.clean(), `step ${step}`).rejects.toThrow(GoneError)
      const next = scene.asNext()
      const seen = next.read()
      expect(before, `step ${step}`).toEqual(expect.arrayContaining(seen))
      expect(seen, `step ${step}`).toEqual(expect.arrayContaining(after))
      await next.clean()
      expect(next.read(), `step ${step} of ${steps}`).toEqual(after)
      expect(next.checkpoint()).toBe(end)
      expect(next.names().filter((name) => /\.(cleaned|swap|deleted)$/.test(name))).toEqual([])
    }
  })

  test('on a full disk keeps all that it could not write anew', async () => {
    const scene = new CleanerScene()
    for (let i = 0; i < 24; i++) scene.append([{ key: `k${i % 5}`, value: `value ${i}`, timestamp: T0 }])
    const before = scene.read()
    const end = scene.fileSystem.failOn(({ name, path }) =>
      name === 'write' && path.endsWith('.cleaned') ? { code: 'ENOSPC', partialBytes: 10 } : undefined,
    )
    await expect(scene.clean()).rejects.toThrow('no space left')
    end()
    expect(scene.names().filter((name) => name.endsWith('.cleaned'))).toEqual([])
    const seen = scene.read()
    expect(before).toEqual(expect.arrayContaining(seen))
    expect(seen.slice(-5)).toEqual(before.slice(-5))
    expect(await scene.clean()).toMatchObject({ recordsAfter: 5 })
  })
})

/** Offsets of all records, read with a window that any batch fits into. */
function readLarge(scene: CleanerScene): bigint[] {
  const reader = scene.directory.openReader(where)
  const window = plainBatchWindow(16 * 1024 * 1024)
  const offsets: bigint[] = []
  for (let read = reader.read(window); read.kind === 'batches'; read = reader.read(window)) {
    for (let start = 0; start < read.end;) {
      const scanned = scanBatch(window.bytes, start, read.end)
      if (scanned.kind !== 'batch') throw new Error('a reader gives whole batches')
      start += scanned.batch.sizeInBytes
      forEachRecord(scanned.batch, (record) => void offsets.push(record.offset), { decompress })
    }
  }
  reader.close()
  return offsets
}
