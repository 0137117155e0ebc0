import { expect } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { GoneError, type Operation } from '../../src/disk/memory-disk.ts'
import type { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { PartitionMaintenance } from '../../src/storage/partition-maintenance.ts'
import { RewrittenSegment } from '../../src/storage/rewritten-segment.ts'
import { swapSegments } from '../../src/storage/segment-swap.ts'
import { batch, numbered } from '../support/batches.ts'
import { directory, expected, PartitionScene, segmentPath } from './partition-scene.ts'

/** Two records to a segment: those at 0, 2, 4 and 6 are closed, that at 8 is active. */
const tiny = { segmentBytes: 200 }
export const values = numbered(10)
export const batchBytes = 75

/** What is swapped: the segments that go, and what comes, each with the offsets that it keeps. */
export interface Shape {
  readonly name: string
  readonly replaced: readonly number[]
  readonly replacements: Readonly<Record<number, readonly number[]>>
}

export const shapes: readonly Shape[] = [
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

export function written(): PartitionScene {
  const scene = new PartitionScene(tiny)
  const log = scene.open('main')
  for (const value of values) log.append(batch({ values: [value] }), 'now')
  log.close()
  return scene
}

/** The records of `shape` once it is swapped. */
export function after(shape: Shape): string[] {
  const kept = new Set(Object.values(shape.replacements).flat())
  const gone = (at: number): boolean => shape.replaced.includes(at - (at % 2)) && !kept.has(at)
  return expected(values).filter((_, at) => !gone(at))
}

export function rewrite(scene: PartitionScene, fileSystem: MemoryFileSystem, shape: Shape): void {
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
export function swap(scene: PartitionScene, shape: Shape, watch?: (operation: Operation) => void): void {
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
export function steps(shape: Shape): number {
  let count = 0
  swap(written(), shape, ({ process, isChange }) => {
    if (process === 'cleaner' && isChange) count++
  })
  return count
}

/** Stops a swap before its `step`-th change by `act`. */
export function interrupt(scene: PartitionScene, shape: Shape, step: number, act: () => void): void {
  let count = 0
  const watch = ({ process, isChange }: Operation): void => {
    if (process === 'cleaner' && isChange && count++ === step) act()
  }
  expect(() => swap(scene, shape, watch)).toThrow(GoneError)
}
