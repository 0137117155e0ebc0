import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/wire/byte-reader.ts'
import { ByteWriter } from '../../src/wire/byte-writer.ts'
import { text } from './support/text.ts'

/** How each kind of value is written and read back. */
const kinds = {
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float64: fc.double(),
  boolean: fc.boolean(),
  uvarint: fc.integer({ min: 0, max: 0xffff_ffff }),
  varint: fc.integer(),
  varlong: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  string: text(80),
  nullableString: fc.option(text(80)),
  compactString: text(80),
  compactNullableString: fc.option(text(80)),
} satisfies Partial<Record<keyof ByteReader & keyof ByteWriter, fc.Arbitrary<unknown>>>

type Kind = keyof typeof kinds
const kindNames = Object.keys(kinds) as Kind[]

function written(kind: Kind, value: unknown): Uint8Array {
  const to = new ByteWriter(0)
  const write = to[kind] as (value: unknown) => void
  write.call(to, value)
  return to.finish()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function fromHex(digits: string): ByteReader {
  return new ByteReader(Buffer.from(digits, 'hex'))
}

describe('ByteReader and ByteWriter', () => {
  test.each(kindNames)('%s reads back what was written, and consumes just that', (kind) => {
    fc.assert(
      fc.property(kinds[kind] as fc.Arbitrary<unknown>, (value) => {
        const from = new ByteReader(written(kind, value))
        expect(from[kind]()).toEqual(value)
        expect(from.remaining).toBe(0)
      }),
    )
  })

  test.each(kindNames)('%s of bytes cut short is malformed', (kind) => {
    fc.assert(
      fc.property(kinds[kind] as fc.Arbitrary<unknown>, fc.nat(), (value, cut) => {
        const whole = written(kind, value)
        const from = new ByteReader(whole.subarray(0, cut % whole.length))
        expect(() => from[kind]()).toThrow(MalformedMessageError)
      }),
    )
  })

  test.each(kindNames)('%s of any bytes gives a value or is malformed, never another error', (kind) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40, size: 'max' }), (bytes) => {
        const from = new ByteReader(bytes)
        try {
          from[kind]()
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError)
        }
      }),
    )
  })

  test.each([
    ['int16', -2, 'fffe'],
    ['int32', 1, '00000001'],
    ['int64', 123n, '000000000000007b'],
    ['uvarint', 300, 'ac02'],
    ['uvarint', 0xffff_ffff, 'ffffffff0f'],
    ['varint', -1, '01'],
    ['varint', 64, '8001'],
    ['varlong', -(2n ** 63n), 'ffffffffffffffffff01'],
    ['string', 'g1', '00026731'],
    ['nullableString', null, 'ffff'],
    ['compactString', '', '01'],
    ['compactNullableString', null, '00'],
    ['string', 'ü€😀', '0009c3bce282acf09f9880'],
  ] as const)('%s %s is written as Kafka does: %s', (kind, value, bytes) => {
    expect(hex(written(kind, value))).toBe(bytes)
  })

  test('half a surrogate pair is written as the replacement character', () => {
    expect(new ByteReader(written('string', 'a\ud800b')).string()).toBe('a\ufffdb')
  })

  test('text that is not UTF-8 is malformed, whether short or long', () => {
    expect(() => fromHex('0001ff').string()).toThrow('not UTF-8 at byte 2')
    expect(() => fromHex(`0040${'61'.repeat(63)}ff`).string()).toThrow(MalformedMessageError)
  })

  test('texts that come again, or nearly, are what they are', () => {
    const alike = fc.array(
      fc.constantFrom('topic', 'topid', 'topi\u00e9', 'tepic', '', '\u00e9', 'a', 'x'.repeat(40)),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(alike, (texts) => {
        const to = new ByteWriter()
        for (const one of texts) to.string(one)
        const reader = new ByteReader(to.finish())
        expect(texts.map(() => reader.string())).toEqual(texts)
      }),
    )
    expect(() => new ByteReader(Uint8Array.of(0, 1, 0xe9)).string()).toThrow(MalformedMessageError)
  })

  test('a byte order mark is part of the text', () => {
    expect(fromHex('0004efbbbf61').string()).toBe('\ufeffa')
  })

  test('null where a string is required is malformed', () => {
    expect(() => fromHex('ffff').string()).toThrow('null where a string is required')
    expect(() => fromHex('00').compactString()).toThrow('null where a string is required')
  })

  test('a length below -1 is malformed', () => {
    expect(() => fromHex('fffe').nullableString()).toThrow(MalformedMessageError)
  })

  test('a variable-length number that never ends is malformed', () => {
    expect(() => fromHex('ff'.repeat(20)).uvarint()).toThrow('more than 32 bits')
    expect(() => fromHex('ffffffff1f').uvarint()).toThrow('more than 32 bits')
    expect(() => fromHex('ff'.repeat(20)).varlong()).toThrow('does not fit into 64 bits')
  })

  test('the error says where and how much was missing', () => {
    const from = fromHex('0102030405')
    from.int16()
    expect(() => from.int32()).toThrow('4 bytes are announced, 3 remain at byte 2')
    expect(from.position).toBe(2)
  })

  test('take gives a view of the source', () => {
    const source = new Uint8Array([1, 2, 3, 4])
    const from = new ByteReader(source, 1)
    source[2] = 9
    expect(from.take(2)).toEqual(new Uint8Array([2, 9]))
    expect(from.position).toBe(3)
  })
})

describe('ByteWriter', () => {
  test('grows and keeps what it has', () => {
    const to = new ByteWriter(1)
    for (let i = 0; i < 300; i++) to.int16(i)
    to.put(new Uint8Array(1000).fill(7))
    const from = new ByteReader(to.finish())
    expect(to.length).toBe(1600)
    expect(Array.from({ length: 300 }, () => from.int16())).toEqual(Array.from({ length: 300 }, (_, i) => i))
    expect(from.take(1000).every((byte) => byte === 7)).toBe(true)
  })

  test('what finish gave is not changed by later writes', () => {
    const to = new ByteWriter()
    to.int8(1)
    const first = to.finish()
    to.int8(2)
    expect(first).toEqual(new Uint8Array([1]))
    expect(to.finish()).toEqual(new Uint8Array([1, 2]))
  })

  test('refuses a string that its int16 length cannot say', () => {
    expect(() => new ByteWriter().string('x'.repeat(0x8000))).toThrow('32768 bytes')
    expect(new ByteReader(written('string', 'x'.repeat(0x7fff))).string()).toHaveLength(0x7fff)
  })
})
