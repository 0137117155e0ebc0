import { describe, expect, test } from 'vitest'
import { type Offset, offset, producerId } from '../../src/base/brands.ts'
import { seededRandom } from '../../src/base/random.ts'
import { GoneError, type Operation } from '../../src/disk/memory-disk.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { PartitionMaintenance } from '../../src/storage/partition-maintenance.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { RewrittenSegment } from '../../src/storage/rewritten-segment.ts'
import { swapSegments } from '../../src/storage/segment-swap.ts'
import { TransactionIndex } from '../../src/storage/transaction-index.ts'
import { crc32c } from '../../src/wire/crc32c.ts'
import { batch } from '../support/batches.ts'
import { directory, expected, type PartitionScene, readAll, segmentPath } from './partition-scene.ts'
import {
  after,
  batchBytes,
  interrupt,
  rewrite,
  type Shape,
  shapes,
  steps,
  swap,
  values,
  written,
} from './swap-scene.ts'

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

/** A swap that was killed as late as it can be with a log on its way. */
function cutWithSwap(shape: Shape): PartitionScene {
  for (let step = steps(shape) - 1; ; step--) {
    const scene = written()
    interrupt(scene, shape, step, () => scene.fileSystem.kill('cleaner'))
    if (scene.names().some((name) => name.endsWith('.log.swap'))) return scene
  }
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

  test('is refused when what was rewritten is not there any more', () => {
    const scene = written()
    const fileSystem = scene.fileSystem.asProcess('cleaner')
    const log = scene.open('cleaner')
    log.offsets()
    const { identity = '', size: sizeInBytes = 0 } = fileSystem.stat(segmentPath(2)) ?? {}
    const replaced = [{ baseOffset: offset(2), identity, sizeInBytes }]
    expect(() => swapSegments(log, fileSystem, { replaced, replacements: [offset(2)] })).toThrow('was removed before')
    log.close()
    expect(scene.read().records).toEqual(expected(values))
  })

  test('hides an aborted transaction from nobody, at no step', () => {
    const aborted = {
      producerId: producerId(7n),
      firstOffset: offset(2),
      lastOffset: offset(3),
      lastStableOffset: offset(4),
    }
    const scene = written()
    noteProducers(scene)
    const index = scene.fileSystem.open(segmentPath(2, 'txnindex'), 'create')
    new TransactionIndex(index).append(aborted)
    index.close()
    const fileSystem = scene.fileSystem.asProcess('cleaner')
    const log = scene.open('cleaner')
    log.offsets()
    const { identity = '', size: sizeInBytes = 0 } = fileSystem.stat(segmentPath(2)) ?? {}
    const options = { fileSystem, directory, baseOffset: offset(2), indexIntervalBytes: 100 }
    const rewritten = new RewrittenSegment(options)
    rewritten.noteAborted(aborted)
    rewritten.finish(1000)
    const seen: number[] = []
    const end = scene.fileSystem.beforeOperation(({ process, isChange }) => {
      if (process !== 'cleaner' || !isChange) return
      const reader = new PartitionReader({ fileSystem: scene.fileSystem.asProcess('reader'), directory })
      seen.push(reader.abortedTransactions(offset(0), offset(10)).length)
      reader.close()
    })
    const replaced = [{ baseOffset: offset(2), identity, sizeInBytes }]
    swapSegments(log, fileSystem, { replaced, replacements: [offset(2)] })
    end()
    expect(new Set(seen)).toEqual(new Set([1]))
    expect(seen.length).toBeGreaterThan(10)
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

  test('gives each log its name on the disk before its indexes get theirs, when it is settled too', () => {
    const seen: string[] = []
    const watch = ({ process, name, path }: Operation, scene: PartitionScene): void => {
      if (name !== 'rename' || !path.endsWith('index.swap') || process === 'main') return
      if (!seen.includes(process)) expect(scene.fileSystem.hasUnsynced(directory), process).toBe(false)
      seen.push(process)
    }
    const scene = written()
    swap(scene, shape, (operation) => watch(operation, scene))
    const cut = cutWithSwap(shape)
    cut.fileSystem.beforeOperation((operation) => watch(operation, cut))
    cut.open('opener').offsets()
    expect([...new Set(seen)]).toEqual(['cleaner', 'opener'])
  })

  test('renames nothing before the names of what was rewritten are on the disk: of a part of them the rest would be taken for whole', () => {
    const scene = written()
    const unsynced: boolean[] = []
    swap(scene, shape, ({ name, path }) => {
      if (name === 'rename' && path.endsWith('.cleaned')) unsynced.push(scene.fileSystem.hasUnsynced(directory))
    })
    expect(unsynced[0]).toBe(false)
  })

  test('begins only when whoever removes what another one left, that was killed, is done with it', () => {
    const scene = written()
    rewrite(scene, scene.fileSystem.asProcess('killed'), shape)
    scene.fileSystem.kill('killed')
    let looks = 0
    const stop = scene.fileSystem.beforeOperation(({ process, name, path }) => {
      if (process !== 'opener' || name !== 'remove' || !path.endsWith('.cleaned')) return
      looks++
      expect(() => PartitionMaintenance.begin(scene.fileSystem, directory)).toThrow('another process')
    })
    scene.open('opener').offsets()
    stop()
    expect(looks).toBe(3)
    PartitionMaintenance.begin(scene.fileSystem, directory).end()
  })

  test.each(shapes.slice(1, 4))('whose settling is cut short by the power is settled the next time: $name', (shape) => {
    const count = steps(shape)
    for (let step = 0; step < count; step++) {
      for (let cut = step % 3; cut < 12; cut += 3) {
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

/** Says in the state of the last writer that there are batches of idempotent producers. */
function noteProducers(scene: PartitionScene): void {
  const path = `${directory}/tslog.lock`
  const state = scene.bytes(path)
  const view = new DataView(state.buffer)
  view.setInt32(12, 4)
  view.setUint32(8, crc32c(state.subarray(12, 120)))
  scene.overwrite(path, state)
}

test('no index is left without its log, wherever a swap is killed that keeps nothing of the last segment', () => {
  const shape: Shape = { name: 'the first three by one', replaced: [0, 2, 4], replacements: { 0: [1] } }
  const count = steps(shape)
  for (let step = 0; step < count; step++) {
    const scene = written()
    interrupt(scene, shape, step, () => scene.fileSystem.kill('cleaner'))
    expect(scene.logEndOffset()).toBe(10n)
    const names = scene.names()
    const orphans = names.filter((name) => name.endsWith('index') && !names.includes(`${name.slice(0, 20)}.log`))
    expect(orphans, `step ${step} of ${count}`).toEqual([])
    expect(scene.read().damages).toEqual([])
  }
})
