import { expect, test } from 'vitest'
import { codecId, codecOfId, compressionCodecs, compressionLevels } from '../../src/record/codec.ts'

test('codecs have the ids of the attributes field', () => {
  expect(compressionCodecs.map((codec) => [codec, codecId(codec)])).toEqual([
    ['none', 0],
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
    ['zstd', 4],
  ])
})

test.each([5, 6, 7, -1, 8])('id %i stands for no codec', (id) => {
  expect(codecOfId(id)).toBeUndefined()
})

test('the id of a codec leads back to it', () => {
  expect(compressionCodecs.map((codec) => codecOfId(codecId(codec)))).toEqual(compressionCodecs)
})

test('a default level is a level, and codecs without levels say so', () => {
  const withLevels = compressionCodecs.filter((codec) => {
    const levels = compressionLevels(codec)
    if (levels !== undefined) expect(levels.default >= levels.min && levels.default <= levels.max).toBe(true)
    return levels !== undefined
  })
  expect(withLevels).toEqual(['gzip', 'lz4', 'zstd'])
})
