import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../src/wire/crc32c.ts'

/** Published vectors: RFC 3720 B.4, and the check value of the catalogue of CRCs. */
const vectors = [
  { name: 'nothing', bytes: new Uint8Array(0), crc: 0 },
  { name: 'the digits', bytes: Buffer.from('123456789'), crc: 0xe306_9283 },
  { name: '32 bytes of zero', bytes: new Uint8Array(32), crc: 0x8a91_36aa },
  { name: '32 bytes of ones', bytes: new Uint8Array(32).fill(0xff), crc: 0x62a8_ab43 },
  { name: '32 bytes counting up', bytes: Uint8Array.from({ length: 32 }, (_, i) => i), crc: 0x46dd_794e },
  { name: '32 bytes counting down', bytes: Uint8Array.from({ length: 32 }, (_, i) => 31 - i), crc: 0x113f_db5c },
  {
    name: 'an iSCSI read command',
    bytes: Buffer.from(
      '01c00000000000000000000000000000140000000000040000000014000000182800000000000000' + '0200000000000000',
      'hex',
    ),
    crc: 0xd996_3a56,
  },
]

describe('crc32c', () => {
  test.each(vectors)('knows $name', ({ bytes, crc }) => {
    expect(crc32c(bytes)).toBe(crc)
  })

  test('is the division by the polynomial, bit by bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 0xffff_ffff }), (bytes, seed) => {
        expect(crc32c(bytes, seed)).toBe(crcBitByBit(bytes, seed))
      }),
    )
  })

  test('goes on from the CRC of what came before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (a, b) => {
        expect(crc32c(b, crc32c(a))).toBe(crc32c(Buffer.concat([a, b])))
      }),
    )
  })

  test('does not care where in its buffer a view lies', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i * 7)
    const shifted = new Uint8Array(103)
    shifted.set(bytes, 3)
    expect(crc32c(shifted.subarray(3))).toBe(crc32c(bytes))
  })
})

function crcBitByBit(bytes: Uint8Array, seed: number): number {
  let crc = ~seed
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0)
  }
  return ~crc >>> 0
}
