import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { segmentTimestamp } from '../../src/storage/segment-timestamp.ts'
import { batch, T0 } from '../support/batches.ts'
import { directory, PartitionScene, readBytes, segmentPath } from './partition-scene.ts'

/** A sealed segment of single records with these timestamps, relative to T0, and an active one behind it. */
function sealed(...times: readonly number[]): PartitionScene {
  const scene = new PartitionScene()
  const log = scene.open()
  for (const time of times)
    log.append(batch({ values: ['some value that takes a few bytes'], timestamp: T0 + time }), 'never')
  log.roll(offset(times.length))
  log.close()
  return scene
}

function look(scene: PartitionScene, count: number, confirm: boolean): unknown {
  const span = { directory, baseOffset: offset(0), endOffset: offset(count), isActive: false }
  return segmentTimestamp(scene.fileSystem, span, confirm)
}

const rising = [1, 2, 3, 4, 5, 6, 7, 8]
const peaked = [1, 2, 900, 4, 5, 6, 7, 8]
const indexPath = segmentPath(0, 'timeindex')

const damages: [string, (bytes: Uint8Array) => Uint8Array][] = [
  ['as it was written', (bytes) => bytes],
  ['without bytes', () => new Uint8Array(0)],
  ['padded with zeros, as a killed Kafka leaves it', (bytes) => join(bytes, new Uint8Array(12 * 100))],
  ['all zeros', () => new Uint8Array(12 * 100)],
  ['one zero entry', () => new Uint8Array(12)],
  ['without its last entry', (bytes) => bytes.slice(0, -12)],
  ['cut in the middle of an entry', (bytes) => bytes.slice(0, -5)],
  ['with its last entry padded away', (bytes) => join(bytes.slice(0, -12), new Uint8Array(12 * 3))],
]

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  return Uint8Array.from([...one, ...other])
}

describe.each([
  ['times that grow', rising, 8],
  ['an early peak', peaked, 900],
])('the largest timestamp of a segment with %s', (_, times, largest) => {
  test.each(damages)('is found with a time index %s', (__, damage) => {
    const scene = sealed(...times)
    scene.overwrite(indexPath, damage(readBytes(scene.fileSystem, indexPath)))
    for (const confirm of [false, true]) {
      expect(look(scene, times.length, confirm)).toEqual({ source: 'records', timestamp: T0 + largest })
    }
  })

  test('is found without a time index', () => {
    const scene = sealed(...times)
    scene.fileSystem.remove(indexPath)
    scene.fileSystem.remove(segmentPath(0, 'index'))
    expect(look(scene, times.length, true)).toEqual({ source: 'records', timestamp: T0 + largest })
  })
})

test('looked up in the log it is right whatever stands in the indexes (300 random damages)', () => {
  const times = fc.array(fc.nat(50), { minLength: 1, maxLength: 12 })
  const garbage = fc.uint8Array({ maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(times, garbage, garbage, fc.boolean(), (some, time, index, keepsOffsets) => {
      const scene = sealed(...some)
      scene.overwrite(indexPath, time)
      if (!keepsOffsets) scene.overwrite(segmentPath(0, 'index'), index)
      expect(look(scene, some.length, true)).toEqual({ source: 'records', timestamp: T0 + Math.max(...some) })
    }),
    { numRuns: 300 },
  )
})

test('one flipped bit of the index never makes a segment older that is looked up in the log', () => {
  const scene = sealed(...rising)
  const bytes = readBytes(scene.fileSystem, indexPath)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    scene.overwrite(indexPath, flipped)
    expect(look(scene, rising.length, true)).toEqual({ source: 'records', timestamp: T0 + 8 })
  }
})

test('records without a timestamp are as old as their file', () => {
  const scene = sealed(-1 - T0, -1 - T0)
  const log = scene.fileSystem.open(segmentPath(0), 'write')
  log.touch(T0 - 77)
  log.close()
  expect(look(scene, 2, false)).toEqual({ source: 'file', timestamp: T0 - 77 })
})

test('a batch that cannot be hopped over leaves the age unknown, unless the index speaks for all', () => {
  const scene = sealed(...rising)
  const bytes = scene.bytes(segmentPath(0))
  const size = bytes.length / rising.length
  bytes.fill(0xff, size * 3 + 8, size * 3 + 12)
  scene.overwrite(segmentPath(0), bytes)
  scene.fileSystem.remove(indexPath)
  scene.fileSystem.remove(segmentPath(0, 'index'))
  expect(look(scene, rising.length, false)).toEqual({ source: 'damaged', position: size * 3 })
})

test('of the active segment, what is only being written does not count', () => {
  const scene = new PartitionScene()
  const log = scene.open()
  for (const time of rising) log.append(batch({ values: ['v'], timestamp: T0 + time }), 'never')
  log.close()
  scene.overwrite(
    segmentPath(0),
    join(scene.bytes(segmentPath(0)), batch({ values: ['torn'], timestamp: T0 + 99 }).slice(0, 70)),
  )
  const span = { directory, baseOffset: offset(0), endOffset: offset(rising.length), isActive: true }
  expect(segmentTimestamp(scene.fileSystem, span, false)).toEqual({ source: 'records', timestamp: T0 + 8 })
})
