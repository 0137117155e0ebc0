import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { asTheyAre, packed, unpacked } from '../../src/replication/travelling-batches.ts'

test('what travels is what was sent, and never longer', () => {
  const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ max: 3, maxLength: 300 }))
  fc.assert(
    fc.property(anything, (bytes) => {
      const travelling = packed(bytes)
      expect(travelling.batches.length).toBeLessThanOrEqual(bytes.length)
      expect(unpacked(travelling)).toEqual(bytes)
      expect(unpacked(asTheyAre(bytes))).toEqual(bytes)
    }),
    { numRuns: 300 },
  )
})

test('a frame that is longer or shorter than it says, or none, is refused before there is memory for it', () => {
  const travelling = packed(new Uint8Array(1000))
  const lies = [
    { ...travelling, plainBytes: 999 },
    { ...travelling, plainBytes: 1001 },
    { ...travelling, plainBytes: 2 ** 31 - 1 },
    { plainBytes: 4, batches: Uint8Array.of(1, 2, 3, 4) },
  ]
  for (const lie of lies) expect(() => unpacked(lie)).toThrow(MalformedMessageError)
})
