import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from '../../src/wire/crc32c.ts'
import { crc32cAfterChange } from '../../src/wire/crc32c-change.ts'

const cases = fc
  .record({ front: fc.nat(50), changed: fc.nat(40), behind: fc.oneof(fc.nat(100), fc.nat(300_000)), seed: fc.nat() })
  .map(({ front, changed, behind, seed }) => ({ front, changed, behind, bytes: noise(front + changed + behind, seed) }))

test('the checksum after a change of some bytes is that of all bytes', () => {
  fc.assert(
    fc.property(cases, fc.nat(), ({ front, changed, behind, bytes }, seed) => {
      const crc = crc32c(bytes)
      const before = bytes.slice(front, front + changed)
      const after = noise(changed, seed)
      bytes.set(after, front)
      expect(crc32cAfterChange(crc, { before, after, behind })).toBe(crc32c(bytes))
    }),
  )
})

function noise(length: number, seed: number): Uint8Array {
  let state = seed | 1
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 16)
}
