import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { numbered } from '../support/batches.ts'
import { directory, expected, PartitionScene, segmentPath } from './partition-scene.ts'

const values = numbered(12)
const active = segmentPath(0)

/** One segment, whose batch `index` says that it begins at `base`, which no CRC covers. */
function misplaced(index: number, base: bigint): PartitionScene {
  const scene = new PartitionScene()
  scene.append(...values.slice(0, 10))
  scene.append(...values.slice(10))
  const bytes = scene.bytes(active)
  batchAt(bytes, index).setBigInt64(0, base)
  scene.overwrite(active, bytes)
  return scene
}

function batchAt(bytes: Uint8Array, index: number): DataView {
  const starts = [0]
  for (let at = 0; at < bytes.length;) {
    at += 12 + new DataView(bytes.buffer, bytes.byteOffset + at).getInt32(8)
    starts.push(at)
  }
  return new DataView(bytes.buffer, bytes.byteOffset + (starts[index] ?? 0))
}

const others = (index: number): string[] => expected(values).filter((_, i) => i !== index)

describe('a batch in the middle with a wrong base offset', () => {
  test.each([5n, 8n, 1000n, 2n ** 40n, 2n ** 62n, 2n ** 63n - 1n])(
    '(%i for 4) costs a reader that batch and no other',
    (base) => {
      const seen = misplaced(4, base).read()
      expect(seen.records).toEqual(others(4))
      expect(seen.damages).toEqual([expect.objectContaining({ firstOffset: 4n, nextOffset: 5n })])
    },
  )

  test.each([5n, 8n, 1000n, 2n ** 62n])('(%i for 4) costs no other after a power cut either', (base) => {
    const scene = misplaced(4, base)
    scene.reboot()
    // Kafka's own directory: nothing but the bytes tells where it ends.
    expect(scene.read().records).toEqual(others(4))
    expect(scene.logEndOffset()).toBe(12n)
    expect(scene.names().filter((name) => name.endsWith('.corrupt'))).toEqual([])
    expect(scene.warnings).toEqual([expect.stringContaining('offsets 4 to 4: its offsets do not fit')])
    scene.append('next')
    expect(scene.read().records).toEqual([...others(4), '12 next'])
  })

  test.each([0n, 2n ** 62n])('(%i for 11) at the end is kept beside the log when recovery cuts it', (base) => {
    const scene = misplaced(11, base)
    scene.reboot()
    expect(scene.logEndOffset()).toBe(11n)
    expect(scene.names().filter((name) => name.endsWith('.corrupt')).length).toBe(1)
  })
})

test('offsets that compaction left out are no damage', () => {
  const scene = new PartitionScene()
  scene.append(...values)
  const bytes = scene.bytes(active)
  const from = batchAt(bytes, 3).byteOffset - bytes.byteOffset
  const to = batchAt(bytes, 7).byteOffset - bytes.byteOffset
  scene.overwrite(active, Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(to)]))
  scene.fileSystem.remove(`${directory}/tslog.lock`)
  const left = expected(values).filter((_, i) => i < 3 || i >= 7)
  expect(scene.read()).toMatchObject({ records: left, damages: [] })
  expect(scene.logEndOffset()).toBe(12n)
  expect(scene.warnings).toEqual([])
})

describe('where only the bytes tell the end', () => {
  test.each([8, 9, 10, 11, 16])('a bad byte %i of a batch in the middle does not hide those behind it', (at) => {
    const scene = new PartitionScene({ indexIntervalBytes: 100_000 })
    scene.append(...values)
    const bytes = scene.bytes(active)
    const head = batchAt(bytes, 4)
    head.setUint8(at, head.getUint8(at) ^ 0x41)
    scene.overwrite(active, bytes)
    scene.fileSystem.remove(`${directory}/tslog.lock`)
    const reader = new PartitionReader({ fileSystem: scene.fileSystem, directory })
    expect(reader.refresh().visibleEndOffset).toBe(offset(12n))
    reader.close()
    const seen = scene.read()
    expect(seen.records).toEqual(others(4))
    expect(seen.damages.length).toBe(1)
  })
})
