import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { plainBatchWindow } from '../../src/record/batch-window.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { deleteOldSegments } from '../../src/storage/segment-deletion.ts'
import { batch, numbered } from '../support/batches.ts'
import { directory, expected, PartitionScene, readAll, segmentPath } from './partition-scene.ts'

const values = numbered(6)
/** Three segments of two batches. */
const tiny = { segmentBytes: 200 }
const batchBytes = 75

function written(): PartitionScene {
  const scene = new PartitionScene(tiny)
  scene.append(...values)
  return scene
}

function reader(scene: PartitionScene): PartitionReader {
  return new PartitionReader({ fileSystem: scene.fileSystem.asProcess('reader'), directory })
}

describe('a flipped byte', () => {
  /** Bytes that no CRC covers and that do not change what is read: the leader epoch. */
  function isUnprotected(at: number): boolean {
    const inBatch = at % batchBytes
    return inBatch >= 12 && inBatch < 16
  }

  test.each([0, 2, 4])('anywhere in the segment from offset %i costs its own batch and no other', (base) => {
    const whole = written().bytes(segmentPath(base))
    expect(whole.length).toBe(2 * batchBytes)
    for (let at = 0; at < whole.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const scene = written()
        const before = scene.names()
        const bad = whole.slice()
        bad[at] = (bad[at] ?? 0) ^ mask
        scene.overwrite(segmentPath(base), bad)
        const seen = scene.read()
        const where = `byte ${at} with ${mask}`
        const hit = base + Math.floor(at / batchBytes)
        expect(scene.bytes(segmentPath(base))).toEqual(bad)
        expect(scene.names()).toEqual(before)
        if (isUnprotected(at)) {
          expect(seen.records, where).toEqual(expected(values))
          continue
        }
        const others = expected(values).filter((_, i) => i !== hit)
        expect(seen.records, where).toEqual(others)
        expect(seen.damages.length, where).toBe(1)
        expect(seen.damages[0], where).toMatchObject({
          path: segmentPath(base),
          position: (hit - base) * batchBytes,
          firstOffset: BigInt(hit),
          nextOffset: BigInt(hit + 1),
        })
      }
    }
  })
})

describe('a reader', () => {
  test('begins at any offset, inside of a batch too', () => {
    const scene = new PartitionScene(tiny)
    const log = scene.open()
    for (let i = 0; i < 10; i++) log.append(batch({ values: [`${3 * i}`, `${3 * i + 1}`, `${3 * i + 2}`] }), 'never')
    const one = reader(scene)
    for (let from = 0; from <= 30; from++) {
      one.seek(offset(from))
      const first = from - (from % 3)
      expect(readAll(one).records[0], `from ${from}`).toBe(first === 30 ? undefined : `${first} ${first}`)
    }
    one.close()
  })

  test('that is there before the first writer sees its batches when they are told of, and each once', () => {
    const scene = new PartitionScene(tiny)
    const one = reader(scene)
    expect(readAll(one).records).toEqual([])
    const seen: string[] = []
    let isReading = false
    scene.fileSystem.beforeOperation(({ process }) => {
      if (isReading || process === 'reader') return
      isReading = true
      seen.push(...readAll(one).records)
      isReading = false
    })
    const log = scene.open('writer')
    for (const [i, value] of values.entries()) {
      log.append(batch({ values: [value] }), 'never')
      expect(seen.length).toBe(i + 1)
    }
    expect(seen).toEqual(expected(values))
  })

  test('that waits at the end gets over offsets that nobody has', () => {
    const scene = new PartitionScene()
    scene.append(...values)
    const whole = scene.bytes(segmentPath(0))
    scene.overwrite('/log/recovery-point-offset-checkpoint', new TextEncoder().encode('0\n1\nt 0 6\n'))
    scene.overwrite(segmentPath(0), whole.subarray(0, whole.length - 1))
    scene.reboot()
    const log = scene.open('writer')
    expect(log.offsets().logEndOffset).toBe(6n)
    const one = reader(scene)
    expect(readAll(one).records).toEqual(expected(values.slice(0, 5)))
    log.append(batch({ values: ['next'] }), 'never')
    expect(readAll(one).records).toEqual(['6 next'])
  })

  test('that read what a power cut left follows when recovery cuts it', () => {
    const scene = written()
    const whole = scene.bytes(segmentPath(4))
    const bad = Uint8Array.from([...whole, ...batch({ values: ['x'], baseOffset: offset(6) })])
    scene.overwrite(segmentPath(4), bad)
    scene.reboot()
    const one = reader(scene)
    expect(readAll(one).nextOffset).toBe(7n)
    bad[40] = 0xee
    scene.overwrite(segmentPath(4), bad)
    expect(scene.logEndOffset()).toBe(4n)
    expect(readAll(one).nextOffset).toBe(4n)
    scene.append('new')
    expect(readAll(one).records).toEqual(['4 new'])
  })

  test('says how large a window the next batch takes', () => {
    const scene = new PartitionScene()
    scene.append('x'.repeat(1000))
    const one = reader(scene)
    const read = one.read(plainBatchWindow(100))
    expect(read).toEqual({ kind: 'large', sizeInBytes: 1070 })
    expect(one.read(plainBatchWindow(1070))).toEqual({ kind: 'batches', end: 1070 })
  })

  test('that a trim overtakes is told once and goes on at the new start', () => {
    const scene = written()
    const one = reader(scene)
    const window = plainBatchWindow(80)
    expect(one.read(window)).toEqual({ kind: 'batches', end: batchBytes })
    const log = scene.open('trimmer')
    log.advanceLogStart(offset(5))
    expect(deleteOldSegments(log, scene.fileSystem, 60_000).count).toBe(2)
    const kinds = []
    const seen: string[] = []
    for (;;) {
      const read = one.read(window)
      kinds.push(read.kind)
      if (read.kind === 'end') break
      seen.push(String(one.nextOffset))
    }
    expect(kinds.filter((kind) => kind === 'trimmed').length).toBe(1)
    expect(seen.at(-1)).toBe('6')
    one.close()
    scene.close()
    expect(scene.fileSystem.openFileCount).toBe(0)
  })

  test('takes a segment of no bytes for one without records', () => {
    const scene = written()
    scene.overwrite(segmentPath(2), new Uint8Array())
    const seen = scene.read()
    expect(seen.records).toEqual([...expected(values.slice(0, 2)), ...expected(values.slice(4), 4)])
  })
})
