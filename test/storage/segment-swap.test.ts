import { describe, expect, test } from 'vitest'
import { type Offset, offset } from '../../src/base/brands.ts'
import type { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { GoneError, type Operation } from '../../src/disk/memory-disk.ts'
import { seededRandom } from '../../src/base/random.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { PartitionMaintenance } from '../../src/storage/partition-maintenance.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { RewrittenSegment } from '../../src/storage/rewritten-segment.ts'
import { swapSegments } from '../../src/storage/segment-swap.ts'
import { batch, numbered } from '../support/batches.ts'
import { directory, expected, PartitionScene, readAll, segmentPath } from './partition-scene.ts'

/** Two records to a segment: those at 0, 2, 4 and 6 are closed, that at 8 is active. */
const tiny = { segmentBytes: 200 }
const values = numbered(10)
const batchBytes = 75

/** What is swapped: the segments that go, and what comes, each with the offsets that it keeps. */
interface Shape {
  readonly name: string
  readonly replaced: readonly number[]
  readonly replacements: Readonly<Record<number, readonly number[]>>
}

const shapes: readonly Shape[] = [
  {
    name: 'three segments by one with all of their records',
    replaced: [2, 4, 6],
    replacements: { 2: [2, 3, 4, 5, 6, 7] },
  },
  { name: 'the first three by one with less', replaced: [0, 2, 4], replacements: { 0: [1, 4] } },
  { name: 'one by two', replaced: [2], replacements: { 2: [2], 3: [3] } },
  { name: 'three by two', replaced: [0, 2, 4], replacements: { 0: [0, 1, 2], 3: [3, 5] } },
  { name: 'one by an empty one', replaced: [4], replacements: { 4: [] } },
]

function written(): PartitionScene {
  const scene = new PartitionScene(tiny)
  const log = scene.open('main')
  for (const value of values) log.append(batch({ values: [value] }), 'now')
  log.close()
  return scene
}

/** The records of `shape` once it is swapped. */
function after(shape: Shape): string[] {
  const kept = new Set(Object.values(shape.replacements).flat())
  const gone = (at: number): boolean => shape.replaced.includes(at - (at % 2)) && !kept.has(at)
  return expected(values).filter((_, at) => !gone(at))
}

function rewrite(scene: PartitionScene, fileSystem: MemoryFileSystem, shape: Shape): void {
  for (const [base, offsets] of Object.entries(shape.replacements)) {
    const baseOffset = offset(Number(base))
    const rewritten = new RewrittenSegment({ fileSystem, directory, baseOffset, indexIntervalBytes: 100 })
    for (const at of offsets) {
      const source = at - (at % 2)
      const start = (at - source) * batchBytes
      const bytes = scene.bytes(segmentPath(source)).slice(start, start + batchBytes)
      const { lastOffset, maxTimestamp, sizeInBytes } = new RecordBatch(bytes)
      rewritten.append(bytes, [{ position: 0, lastOffset, maxTimestamp, sizeInBytes }])
    }
    rewritten.finish(1000)
  }
}

/** Rewrites and swaps as the process `cleaner`. */
function swap(scene: PartitionScene, shape: Shape, watch?: (operation: Operation) => void): void {
  const fileSystem = scene.fileSystem.asProcess('cleaner')
  const maintenance = PartitionMaintenance.begin(fileSystem, directory)
  const log = scene.open('cleaner')
  log.offsets()
  const replaced = shape.replaced.map((base) => {
    const facts = fileSystem.stat(segmentPath(base))
    return { baseOffset: offset(base), identity: facts?.identity ?? '', sizeInBytes: facts?.size ?? 0 }
  })
  rewrite(scene, fileSystem, shape)
  const end = watch === undefined ? undefined : scene.fileSystem.beforeOperation(watch)
  try {
    swapSegments(log, fileSystem, {
      replaced,
      replacements: Object.keys(shape.replacements).map((base) => offset(Number(base))),
    })
    log.close()
    maintenance.end()
  } finally {
    end?.()
  }
}

/** Indexes of the operations of a swap that change something. */
function steps(shape: Shape): number {
  let count = 0
  swap(written(), shape, ({ process, isChange }) => {
    if (process === 'cleaner' && isChange) count++
  })
  return count
}

/** Stops a swap before its `step`-th change by `act`. */
function interrupt(scene: PartitionScene, shape: Shape, step: number, act: () => void): void {
  let count = 0
  const watch = ({ process, isChange }: Operation): void => {
    if (process === 'cleaner' && isChange && count++ === step) act()
  }
  expect(() => swap(scene, shape, watch)).toThrow(GoneError)
}

function expectSettled(scene: PartitionScene, shape: Shape, where: string): void {
  expect(scene.logEndOffset(), where).toBe(10n)
  expect([expected(values), after(shape)], where).toContainEqual(scene.read().records)
  expect(
    scene.names().filter((name) => /\.(swap|cleaned|deleted)$/.test(name)),
    where,
  ).toEqual([])
  scene.append('more')
  const seen = scene.read()
  expect(seen.records.at(-1), where).toBe('10 more')
  expect(seen.damages, where).toEqual([])
  // As if it had never been interrupted.
  expect(scene.fileSystem.openFileCount, where).toBe(0)
}

describe.each(shapes)('$name', (shape) => {
  test('are replaced, with indexes, and the old files are gone', () => {
    const scene = written()
    swap(scene, shape)
    expect(scene.read()).toMatchObject({ records: after(shape), damages: [] })
    expectSettled(scene, shape, 'whole')
    expect(scene.fileSystem.stat(segmentPath(Number(Object.keys(shape.replacements)[0])))?.modifiedMs).toBe(1000)
  })

  test('killed before any step, readers see the log before or after it, and whoever opens next settles it', () => {
    const count = steps(shape)
    expect(count).toBeGreaterThan(10)
    for (let step = 0; step < count; step++) {
      const scene = written()
      interrupt(scene, shape, step, () => scene.fileSystem.kill('cleaner'))
      const where = `step ${step} of ${count}`
      const before = scene.names()
      const seen = scene.read()
      expect([expected(values), after(shape)], where).toContainEqual(seen.records)
      expect(seen.damages, where).toEqual([])
      expect(scene.names(), where).toEqual(before)
      expectSettled(scene, shape, where)
    }
  })

  test.each(['ext4-ordered', 'posix-adversary'] as const)('survives a power cut at any step (%s)', (personality) => {
    const count = steps(shape)
    for (let step = 0; step < count; step++) {
      for (let seed = 1; seed <= 2; seed++) {
        const scene = written()
        interrupt(scene, shape, step, () => scene.fileSystem.stop())
        scene.fileSystem.crash({ personality, random: seededRandom(1000 * step + seed) })
        expectSettled(scene, shape, `step ${step} of ${count}, seed ${seed}`)
      }
    }
  })

  test('a reader sees no gap and nothing twice, wherever it stood and whenever it reads on', () => {
    const count = steps(shape)
    for (const from of [0, 1, 3, 4, 7]) {
      for (let step = 0; step < count; step++) {
        const scene = written()
        const reader = new PartitionReader({ fileSystem: scene.fileSystem.asProcess('reader'), directory })
        const seen = readUpTo(reader, from)
        let changes = 0
        swap(scene, shape, ({ process, isChange }) => {
          if (process !== 'cleaner' || !isChange || changes++ !== step) return
          if (from % 2 === 1) reader.refresh()
          const rest = readAll(reader)
          expect(rest.damages).toEqual([])
          seen.push(...rest.records)
        })
        expectCovers(seen, shape, `from ${from} at step ${step}`)
        reader.close()
      }
    }
  })
})

/** Reads batch by batch until `end`. */
function readUpTo(reader: PartitionReader, end: number): string[] {
  const bytes = new Uint8Array(batchBytes)
  const records: string[] = []
  while (reader.nextOffset < BigInt(end)) {
    const at: Offset = reader.nextOffset
    const read = reader.read({ bytes, crc32c: () => new RecordBatch(bytes).crc })
    if (read.kind !== 'batches') throw new Error(`no batch at ${at}`)
    records.push(`${at} ${values[Number(at)]}`)
  }
  return records
}

/** All that the log has after the swap, perhaps what it had before, in order. */
function expectCovers(seen: readonly string[], shape: Shape, where: string): void {
  expect(seen, where).toEqual(expected(values).filter((record) => seen.includes(record)))
  expect(
    after(shape).filter((record) => !seen.includes(record)),
    where,
  ).toEqual([])
}

describe('a swap', () => {
  const shape = shapes[0] as Shape

  test('is refused when a segment is not what it was', () => {
    const scene = written()
    const fileSystem = scene.fileSystem.asProcess('cleaner')
    const log = scene.open('cleaner')
    log.offsets()
    const replaced = [{ baseOffset: offset(2), identity: 'another file', sizeInBytes: 150 }]
    const before = scene.names()
    expect(() => swapSegments(log, fileSystem, { replaced, replacements: [offset(2)] })).toThrow('was changed while')
    log.close()
    expect(scene.names()).toEqual(before)
    expect(scene.read().records).toEqual(expected(values))
  })

  test('is prepared by one process at a time, and what it prepares is left alone by writers', () => {
    const scene = written()
    const fileSystem = scene.fileSystem.asProcess('cleaner')
    const maintenance = PartitionMaintenance.begin(fileSystem, directory)
    expect(() => PartitionMaintenance.begin(scene.fileSystem, directory)).toThrow('another process')
    rewrite(scene, fileSystem, shape)
    scene.append('more')
    expect(scene.names().filter((name) => name.endsWith('.cleaned'))).toHaveLength(3)
    maintenance.end()
    scene.append('even more')
    expect(scene.names().filter((name) => name.endsWith('.cleaned'))).toEqual([])
  })

  test.each(shapes.slice(1, 4))('whose settling is cut short by the power is settled the next time: $name', (shape) => {
    for (let step = 0; step < steps(shape); step++) {
      for (let cut = 0; cut < 12; cut++) {
        const scene = written()
        interrupt(scene, shape, step, () => scene.fileSystem.kill('cleaner'))
        let count = 0
        const end = scene.fileSystem.beforeOperation(({ isChange }) => {
          if (isChange && count++ === cut) scene.fileSystem.stop()
        })
        const opened = scene.open('next')
        try {
          opened.offsets()
        } catch (error) {
          expect(error).toBeInstanceOf(GoneError)
        }
        end()
        scene.fileSystem.crash({ personality: 'posix-adversary', random: seededRandom(100 * step + cut + 1) })
        expectSettled(scene, shape, `step ${step}, cut ${cut}`)
      }
    }
  })

  test('is seen by a writer that has the partition open, which goes on', () => {
    const scene = written()
    const log = scene.open('main')
    log.append(batch({ values: ['one'] }), 'never')
    swap(scene, shape)
    log.append(batch({ values: ['two'] }), 'never')
    expect(scene.read().records).toEqual([...after(shape), '10 one', '11 two'])
    scene.close()
  })
})
