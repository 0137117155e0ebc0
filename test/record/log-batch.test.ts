import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scanBatch } from '../../src/record/log-batch.ts'
import { golden, goldenLegacy, hex } from './golden-batches.ts'

function scan(bytes: Uint8Array) {
  return scanBatch(bytes, 0, bytes.length)
}

function withInt32(source: string, at: number, value: number): Uint8Array {
  const bytes = hex(source)
  new DataView(bytes.buffer).setInt32(at, value)
  return bytes
}

function withMagic(source: string, magic: number): Uint8Array {
  return hex(source).with(16, magic)
}

describe('scanBatch', () => {
  test.each([
    ['magic 0', goldenLegacy.magic0, 0],
    ['magic 1', goldenLegacy.magic1, 1],
    ['magic 2', golden.tombstone, 2],
    ['an empty batch', golden.empty, 2],
  ])('finds a batch of %s', (_name, source, magic) => {
    const bytes = hex(source)
    const scanned = scan(bytes)
    expect(scanned).toMatchObject({ kind: 'batch', batch: { magic, sizeInBytes: bytes.length, baseOffset: 5n } })
  })

  test('looks only between start and end', () => {
    const bytes = new Uint8Array([...hex(goldenLegacy.magic1), ...hex(golden.tombstone), ...hex(golden.empty)])
    const start = hex(goldenLegacy.magic1).length
    const end = start + hex(golden.tombstone).length
    expect(scanBatch(bytes, start, end)).toMatchObject({ kind: 'batch', batch: { sizeInBytes: end - start } })
    expect(scanBatch(bytes, start, end - 1)).toEqual({ kind: 'incomplete', sizeInBytes: end - start })
    expect(scanBatch(bytes, start, start + 16)).toEqual({ kind: 'incomplete' })
    expect(scanBatch(bytes, start, start)).toEqual({ kind: 'incomplete' })
  })

  test.each(Object.entries({ ...golden, ...goldenLegacy }))(
    'takes every prefix of %s for incomplete',
    (_name, source) => {
      const bytes = hex(source)
      for (let length = 0; length < bytes.length; length++) {
        const sizeInBytes = bytes.length
        expect(scanBatch(bytes, 0, length)).toEqual(
          length < 17 ? { kind: 'incomplete' } : { kind: 'incomplete', sizeInBytes },
        )
      }
    },
  )

  test.each([
    ['a tail of zeros', new Uint8Array(4096), /length 0/],
    ['a length below any batch', withInt32(golden.tombstone, 8, 13), /length 13/],
    ['a negative length', withInt32(golden.tombstone, 8, -1), /length -1/],
    [
      'a length below the header of magic 2',
      withInt32(golden.tombstone, 8, 48),
      /length 48, magic 2 needs at least 49/,
    ],
    [
      'a length below the header of magic 1',
      withInt32(goldenLegacy.magic1, 8, 21),
      /length 21, magic 1 needs at least 22/,
    ],
    ['magic 3', withMagic(golden.tombstone, 3), /magic 3/],
    ['magic -1', withMagic(golden.tombstone, 255), /magic -1/],
  ])('says of %s that it is malformed', (_name, bytes, reason) => {
    expect(scan(bytes)).toEqual({ kind: 'malformed', reason: expect.stringMatching(reason) })
  })

  test('takes the largest length there is for incomplete', () => {
    expect(scan(withInt32(golden.tombstone, 8, 0x7fff_ffff))).toEqual({
      kind: 'incomplete',
      sizeInBytes: 0x7fff_ffff + 12,
    })
  })

  test('answers whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 200, size: 'max' }), fc.nat(2), (bytes, magic) => {
        bytes.set([0, 0, 0], 8)
        const scanned = scan(bytes.length > 16 ? bytes.with(16, magic) : bytes)
        expect(['batch', 'incomplete', 'malformed']).toContain(scanned.kind)
      }),
      { numRuns: 500 },
    )
  })
})
