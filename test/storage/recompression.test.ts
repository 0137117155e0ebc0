import { describe, expect, test } from 'vitest'
import { offset, producerId } from '../../src/base/brands.ts'
import { systemRandom } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { BatchCompressor } from '../../src/record/batch-compressor.ts'
import type { CompressionCodec } from '../../src/record/codec.ts'
import { compressionCodecs } from '../../src/record/codec.ts'
import { decompress } from '../../src/record/compression/compression.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { forEachRecord } from '../../src/record/records.ts'
import { BatchWalker } from '../../src/storage/batch-walker.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { listSegments } from '../../src/storage/segment-list.ts'
import {
  type BatchRecompressor,
  recompressPartition,
  type RecompressedPartition,
  segmentsToRecompress,
} from '../../src/storage/recompression.ts'
import { Segment } from '../../src/storage/segment.ts'
import { T0 } from '../support/batches.ts'

const partition = { topic: 't', partition: 0 }
const target = { codec: 'zstd', level: 19 } as const

/** Compresses at once, and hands back what it is told to. */
function inline(spoil: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): BatchRecompressor {
  const compressor = new BatchCompressor(target)
  return {
    write: async (batch, done) => done(spoil(compressor.compress(batch))),
    drain: async () => undefined,
  }
}

class Scene {
  readonly fileSystem = new MemoryFileSystem()
  readonly warnings: string[] = []

  constructor(...batches: readonly Uint8Array[]) {
    this.use((directory) => {
      directory.createTopic({ name: 't', partitionCount: 1, configs: new Map([['segment.bytes', '4000']]) })
      const log = directory.openLog(partition)
      for (const batch of batches) log.append(batch, 'now')
      log.roll(log.offsets().logEndOffset)
    })
    this.fileSystem.syncDirectory('/log/t-0')
  }

  options(process = 'main'): LogDirectoryOptions {
    const fileSystem = this.fileSystem.asProcess(process)
    return { fileSystem, path: '/log', clock: { now: () => T0 }, random: systemRandom, lockWaitMs: 0 }
  }

  use<T>(act: (directory: LogDirectory) => T): T {
    const directory = LogDirectory.openToWrite(this.options())
    try {
      return act(directory)
    } finally {
      directory.close()
    }
  }

  async recompress(process = 'main', recompressor = inline()): Promise<RecompressedPartition> {
    const options = this.options(process)
    const directory = LogDirectory.openToWrite(options)
    const onWarning = (warning: string): number => this.warnings.push(warning)
    const result = await recompressPartition(directory, partition, { ...options, ...target, recompressor, onWarning })
    directory.close()
    return result
  }

  /** Everything that a batch and its records say, but for the codec; and the codecs. */
  content(): { facts: string[]; codecs: CompressionCodec[] } {
    const facts: string[] = []
    const codecs: CompressionCodec[] = []
    for (const base of listSegments(this.fileSystem, '/log/t-0')) {
      const segment = Segment.open(this.fileSystem, '/log/t-0', base)
      const walker = new BatchWalker(segment.log)
      for (let walked = walker.next(); walked.kind === 'batch'; walked = walker.next()) {
        const { batch } = walked
        if (!(batch instanceof RecordBatch) || !walked.isCrcValid) throw new Error('no whole batch')
        codecs.push(batch.codec)
        const { baseOffset, lastOffset, baseTimestamp, maxTimestamp, partitionLeaderEpoch } = batch
        const { producerId: id, producerEpoch, baseSequence, recordCount, attributes } = batch
        const head = [
          base,
          baseOffset,
          lastOffset,
          baseTimestamp,
          maxTimestamp,
          partitionLeaderEpoch,
          id,
          producerEpoch,
          baseSequence,
          recordCount,
          attributes & ~7,
        ]
        facts.push(head.join(' '))
        forEachRecord(
          batch,
          (record) => {
            const text = (bytes: Uint8Array | null): string =>
              bytes === null ? 'null' : Buffer.from(bytes).toString('latin1')
            facts.push(
              [
                record.offset,
                record.timestamp,
                text(record.keyBytes()),
                text(record.valueBytes()),
                JSON.stringify(record.headers()),
              ].join(' '),
            )
          },
          { decompress },
        )
      }
      segment.close()
    }
    return { facts, codecs }
  }

  leftovers(): string[] {
    const names = (this.fileSystem.list('/log/t-0') ?? []).map(({ name }) => name)
    return names.filter((name) => /\.(cleaned|swap|deleted)$/.test(name))
  }
}

function batchOf(
  codec: CompressionCodec,
  more: Partial<ConstructorParameters<typeof RecordBatchBuilder>[0]> = {},
): Uint8Array {
  const builder = new RecordBatchBuilder({ codec, sizeMax: 2 ** 20, ...more })
  for (let i = 0; i < 20; i++) {
    builder.append({
      key: i % 3 === 0 ? null : Buffer.from(`key ${i}`),
      value: i % 5 === 0 ? null : Buffer.from('a value that says the same again and again, again and again'),
      timestamp: T0 + ((i * 7) % 11),
      headers:
        i % 2 === 0
          ? []
          : [
              { key: 'h', value: Buffer.from('x') },
              { key: 'n', value: null },
            ],
    })
  }
  return builder.build()
}

const producer = { id: producerId(77), epoch: 3, baseSequence: 2 ** 31 - 5 }

describe('recompressing', () => {
  test('keeps all that batches and records say, of every codec, and makes them zstd', async () => {
    const batches = compressionCodecs.flatMap((codec) => [
      batchOf(codec),
      batchOf(codec, { producer: { ...producer, baseSequence: 0 }, isTransactional: true }),
      batchOf(codec, { timestampType: 'LogAppendTime' }),
    ])
    const scene = new Scene(...batches)
    const before = scene.content()
    const { segments, bytesBefore, bytesAfter, damaged } = await scene.recompress()
    const after = scene.content()
    expect(after.facts).toEqual(before.facts)
    expect(new Set(after.codecs)).toEqual(new Set(['zstd']))
    expect(segments).toBeGreaterThan(1)
    expect([bytesAfter < bytesBefore, damaged, scene.leftovers()]).toEqual([true, 0, []])
  })

  test('leaves the active segment, batches that would not get smaller, and what is done already', async () => {
    const random = new RecordBatchBuilder({ codec: 'none', sizeMax: 2 ** 20 })
    random.append({ key: null, value: systemRandom.fill(new Uint8Array(300)), timestamp: T0 })
    const scene = new Scene(random.build(), batchOf('none'))
    scene.use((directory) => directory.openLog(partition).append(batchOf('none'), 'now'))
    expect(await scene.recompress()).toMatchObject({ segments: 1 })
    expect(scene.content().codecs).toEqual(['none', 'zstd', 'none'])
    expect(segmentsToRecompress(scene.fileSystem, '/log/t-0', target)).toEqual([])
    expect(segmentsToRecompress(scene.fileSystem, '/log/t-0', { codec: 'zstd', level: 22 })).toEqual([0n])
    expect(await scene.recompress()).toMatchObject({ segments: 0 })
  })

  test('keeps a batch whose compressed form would not say the same', async () => {
    const scene = new Scene(batchOf('gzip'), batchOf('none'))
    const before = scene.content()
    const spoil = (bytes: Uint8Array): Uint8Array => {
      const spoiled = bytes.slice()
      const at = spoiled.length - 9
      spoiled[at] = (spoiled[at] ?? 0) ^ 1
      new RecordBatch(spoiled).sealCrc()
      return spoiled
    }
    expect(await scene.recompress('main', inline(spoil))).toMatchObject({ segments: 0 })
    expect(scene.content()).toEqual(before)
  })

  test('leaves a segment with damage as it is, says so, and does the others', async () => {
    const scene = new Scene(...Array.from({ length: 8 }, () => batchOf('none')))
    const file = scene.fileSystem.open('/log/t-0/00000000000000000000.log', 'write')
    file.write(Uint8Array.of(0xff), 100)
    file.close()
    const size = file.path
    const { segments, damaged } = await scene.recompress()
    expect([segments > 0, damaged]).toEqual([true, 1])
    expect(scene.warnings).toEqual([expect.stringContaining(`${size}: damaged at byte 0`)])
    expect(scene.leftovers()).toEqual([])
  })

  test('gives up when the disk is full, and leaves the log and no leftovers', async () => {
    const scene = new Scene(...Array.from({ length: 4 }, () => batchOf('none')))
    const before = scene.content()
    scene.fileSystem.failOn(({ name, path }) =>
      name === 'write' && path.endsWith('.log.cleaned') ? { code: 'ENOSPC', partialBytes: 10 } : undefined,
    )
    await expect(scene.recompress()).rejects.toThrow('no space left')
    expect([scene.content(), scene.leftovers()]).toEqual([before, []])
  })

  test.each<[string, (scene: Scene) => void]>([
    ['a kill', () => undefined],
    ['a power cut', (scene) => scene.fileSystem.crash({ personality: 'lose-unsynced' })],
  ])(
    'after %s at any operation that changes the disk, readers find every record, and the next run finishes',
    async (_, end) => {
      const batches = Array.from({ length: 3 }, () => batchOf('lz4'))
      const whole = new Scene(...batches).content().facts
      for (let at = 0; ; at++) {
        const scene = new Scene(...batches)
        let left = at
        const stop = scene.fileSystem.beforeOperation(({ process, isChange }) => {
          if (process === 'doomed' && isChange && left-- === 0) scene.fileSystem.kill('doomed')
        })
        const isDone = await scene.recompress('doomed').then(
          () => true,
          () => false,
        )
        stop()
        end(scene)
        await scene.recompress()
        expect(scene.content().facts).toEqual(whole)
        expect([new Set(scene.content().codecs), scene.leftovers()]).toEqual([new Set(['zstd']), []])
        if (isDone) break
      }
    },
  )

  test('does not bring back what was deleted meanwhile', async () => {
    const scene = new Scene(...Array.from({ length: 8 }, () => batchOf('none')))
    let isTrimmed = false
    const recompressor: BatchRecompressor = {
      ...inline(),
      drain: async () => {
        if (!isTrimmed) scene.use((directory) => directory.trim(partition, offset(100)))
        isTrimmed = true
      },
    }
    expect(await scene.recompress('other', recompressor)).toMatchObject({ segments: 0 })
    expect(scene.leftovers()).toEqual([])
    await scene.recompress()
    expect(scene.use((directory) => directory.openLog(partition).offsets().logStartOffset)).toBe(100n)
  })
})
