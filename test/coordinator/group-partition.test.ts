import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { abs32, javaHash, partitionFor } from '../../src/coordinator/group-partition.ts'
import { text } from '../wire/support/text.ts'

describe('partitionFor', () => {
  test.each([
    ['g1', 3242, 42],
    ['test-group', 627841412, 12],
    ['console-consumer-1', 35782224, 24],
    ['ümlaut', -1271410363, 13],
    ['', 0, 0],
  ])('places %s where Kafka does', (id, hash, partition) => {
    expect(javaHash(id)).toBe(hash)
    expect(partitionFor(id, 50)).toBe(partition)
  })

  test('hashes the units of UTF-16, not characters', () => {
    expect(javaHash('😀')).toBe(0xd83d * 31 + 0xde00)
  })

  test('takes the magnitude of -2^31, which has none, for 0', () => {
    // A text with that hash; Java's `"polygenelubricants".hashCode()` is known for it.
    expect(javaHash('polygenelubricants')).toBe(-(2 ** 31))
    expect(abs32(-(2 ** 31))).toBe(0)
    expect(partitionFor('polygenelubricants', 50)).toBe(0)
  })

  test('is always one of the partitions', () => {
    fc.assert(
      fc.property(text(60), fc.integer({ min: 1, max: 1000 }), (id, count) => {
        const partition = partitionFor(id, count)
        expect(Number.isInteger(partition) && partition >= 0 && partition < count).toBe(true)
      }),
    )
  })
})
