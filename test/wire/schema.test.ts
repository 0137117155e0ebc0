import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Offset } from '../../src/base/brands.ts'
import { AssertionError } from '../../src/base/assert.ts'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { type Codec, decode, encode } from '../../src/wire/codec.ts'
import {
  type Type,
  type ValueOf,
  array,
  boolean,
  bytes,
  int16,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  timestamp,
  uuid,
} from '../../src/wire/schema.ts'
import { unknownTags } from '../../src/wire/tagged-fields.ts'
import { type Case, caseOf } from './support/random-schema.ts'

const classic = { version: 0, flexible: false }
const flexible = { version: 0, flexible: true }

function hexOf<T>(codec: Codec<T>, value: T): string {
  return Buffer.from(encode(codec, value)).toString('hex')
}

function fromHex<T>(codec: Codec<T>, digits: string): T {
  return decode(codec, Buffer.from(digits, 'hex'))
}

describe('struct', () => {
  const offsets = struct({
    throttleTimeMs: int32.since(1),
    topics: array({ name: string, partitions: array(int32), isInternal: boolean.since(2).or(true) }),
    legacy: int8.until(1).or(7),
  })

  test('writes its fields in order, lists behind their counts', () => {
    const value = { throttleTimeMs: 5, topics: [{ name: 't1', partitions: [3], isInternal: false }], legacy: 1 }
    expect(hexOf(offsets.codec({ version: 2, flexible: false }), value)).toBe(
      '00000005 00000001 00027431 00000001 00000003 00'.replaceAll(' ', ''),
    )
    expect(hexOf(offsets.codec({ version: 2, flexible: true }), value)).toBe(
      '00000005 02 037431 02 00000003 00 00 00'.replaceAll(' ', ''),
    )
  })

  test('reads the default of a field that the version lacks', () => {
    const read = fromHex(offsets.codec(classic), '00000001 00027431 00000000 09'.replaceAll(' ', ''))
    expect(read).toEqual({ throttleTimeMs: 0, topics: [{ name: 't1', partitions: [], isInternal: true }], legacy: 9 })
    expect(fromHex(offsets.codec({ version: 5, flexible: false }), '0000000000000000').legacy).toBe(7)
  })

  test('builds a codec once per dialect', () => {
    expect(offsets.codec({ version: 1, flexible: true })).toBe(offsets.codec({ version: 1, flexible: true }))
    expect(offsets.codec({ version: 1, flexible: true })).not.toBe(offsets.codec({ version: 1, flexible: false }))
    expect(offsets.codec({ version: 1, flexible: true })).not.toBe(offsets.codec({ version: 2, flexible: true }))
  })

  test('reads and writes the same at first and once it is used much', () => {
    const type = struct({ name: string, sizes: array(int32), later: int8.since(9).or(7), extra: string.tagged(3) })
    const codec = type.codec({ version: 2, flexible: true })
    const value = { name: 't', sizes: [1, 2], later: 7, extra: 'more' }
    const written = hexOf(codec, value)
    for (let i = 0; i < 20; i++) {
      expect(fromHex(codec, written)).toEqual(value)
      expect(hexOf(codec, value)).toBe(written)
    }
  })

  test('infers the type of its values', () => {
    const named = struct({ at: int64.as<Offset>(), id: uuid, names: nullable(array(string)), body: bytes })
    expectTypeOf<ValueOf<typeof named>>().toExtend<{
      readonly at: Offset
      readonly id: string
      readonly names: readonly string[] | null
      readonly body: Uint8Array
    }>()
    expectTypeOf<ValueOf<typeof offsets>['topics'][number]['partitions']>().toEqualTypeOf<readonly number[]>()
    expectTypeOf<ValueOf<typeof named>['at']>().toEqualTypeOf<Offset>()
  })

  test('gives every reader the same defaults, which nobody can change', () => {
    const type = struct({
      names: array(string).since(9),
      more: nullable(array(string)).or([]),
      inner: struct({ a: int8 }),
    })
    const read = fromHex(type.codec(classic), '0000000001')
    expect(read.names).toBe(type.initial().names)
    for (const one of [type.initial(), read.names, type.initial().more, type.initial().inner]) {
      expect(Object.isFrozen(one)).toBe(true)
    }
  })

  test('accepts only plain identifiers as names', () => {
    for (const name of ['__proto__', 'a b', 'a}', 'constructor.x', '']) {
      expect(() => struct({ [name]: int8 }).codec(classic)).toThrow(AssertionError)
    }
  })

  test('reads text and times', () => {
    const codec = struct({ id: uuid, at: timestamp }).codec(classic)
    const value = { id: 'AAECAwQFBgcICQoLDA0ODw', at: 1_700_000_000_000 }
    expect(hexOf(codec, value)).toBe('000102030405060708090a0b0c0d0e0f0000018bcfe56800')
    expect(decode(codec, encode(codec, value))).toEqual(value)
  })

  test('keeps the order of times beyond what a number holds', () => {
    const codec = struct({ at: timestamp }).codec(classic)
    for (const hex of ['7fffffffffffffd9', '7fffffffffffffff']) {
      const { at } = decode(codec, Uint8Array.from(Buffer.from(hex, 'hex')))
      expect(hexOf(codec, { at })).toBe('7fffffffffffffff')
    }
  })
})

describe('nullable', () => {
  test.each([
    { type: nullable(string) as Type<unknown>, classicHex: 'ffff', flexibleHex: '00' },
    { type: nullable(bytes) as Type<unknown>, classicHex: 'ffffffff', flexibleHex: '00' },
    { type: nullable(array(int32)) as Type<unknown>, classicHex: 'ffffffff', flexibleHex: '00' },
    { type: nullable(struct({ a: int32 })) as Type<unknown>, classicHex: 'ff', flexibleHex: 'ff' },
  ])('writes null as $classicHex, or $flexibleHex in flexible versions', ({ type, classicHex, flexibleHex }) => {
    expect(hexOf(type.codec(classic), null)).toBe(classicHex)
    expect(hexOf(type.codec(flexible), null)).toBe(flexibleHex)
    expect(fromHex(type.codec(classic), classicHex)).toBe(null)
    expect(fromHex(type.codec(flexible), flexibleHex)).toBe(null)
    expect(type.initial()).toBe(null)
  })

  test('writes a struct that is there behind a 1', () => {
    const codec = nullable(struct({ a: int16 })).codec(flexible)
    expect(hexOf(codec, { a: 2 })).toBe('01000200')
    expect(fromHex(codec, '01000200')).toEqual({ a: 2 })
  })

  test('knows null only in the versions that have it', () => {
    const topics = nullable(array(string), { since: 1, until: 2 })
    expect(fromHex(topics.codec({ version: 2, flexible: false }), 'ffffffff')).toBe(null)
    for (const version of [0, 3]) {
      const codec = topics.codec({ version, flexible: false })
      expect(() => fromHex(codec, 'ffffffff')).toThrow(MalformedMessageError)
      expect(() => encode(codec, null)).toThrow(AssertionError)
    }
  })

  test('keeps the versions and the tag of what it makes nullable', () => {
    const type = nullable(string.since(3).until(4).tagged(2))
    expect({ versions: type.versions, tag: type.tag }).toEqual({ versions: { first: 3, last: 4 }, tag: 2 })
  })

  test('refuses types that have no null on the wire', () => {
    expect(() => nullable(int32).codec(classic)).toThrow(AssertionError)
  })
})

describe('tagged fields', () => {
  const node = struct({ id: int32, rack: nullable(string).tagged(1), epoch: int64.tagged(0).or(-1n).since(1) })
  const v1 = { version: 1, flexible: true }

  test('are written in the order of their tags, and only when not the default', () => {
    expect(hexOf(node.codec(v1), { id: 1, rack: null, epoch: -1n })).toBe('0000000100')
    expect(hexOf(node.codec(v1), { id: 1, rack: 'a', epoch: 9n })).toBe('00000001020008000000000000000901020261')
  })

  test('are absent from versions that are not flexible or lack them', () => {
    expect(hexOf(node.codec({ version: 1, flexible: false }), { id: 1, rack: 'a', epoch: 9n })).toBe('00000001')
    expect(fromHex(node.codec({ version: 1, flexible: false }), '00000001')).toEqual({ id: 1, rack: null, epoch: -1n })
    expect(hexOf(node.codec(flexible), { id: 1, rack: null, epoch: 9n })).toBe('0000000100')
  })

  test('that are lists, bytes or structs are compared by what they hold', () => {
    const codec = struct({
      list: array({ a: int8 }).tagged(0),
      body: bytes.tagged(1),
      inner: struct({ a: int8, b: array(string) }).tagged(2),
    }).codec(flexible)
    expect(hexOf(codec, { list: [], body: new Uint8Array(0), inner: { a: 0, b: [] } })).toBe('00')
    const value = { list: [{ a: 1 }], body: new Uint8Array([5]), inner: { a: 0, b: ['x'] } }
    expect(decode(codec, encode(codec, value))).toEqual(value)
  })

  const withUnknown = '00000001 03 00080000000000000009 050101 0700'.replaceAll(' ', '')

  test('that the schema does not know are skipped', () => {
    const read = fromHex(node.codec(v1), withUnknown)
    expect(read).toEqual({ id: 1, rack: null, epoch: 9n })
    expect(hexOf(node.codec(v1), read)).toBe('000000010100080000000000000009')
  })

  test('that the schema does not know can be kept, and are written again', () => {
    const codec = node.codec({ ...v1, unknownTags: 'keep' })
    const read = fromHex(codec, withUnknown)
    expect(read[unknownTags]).toEqual([
      { tag: 5, bytes: Buffer.from([1]) },
      { tag: 7, bytes: Buffer.alloc(0) },
    ])
    expect(hexOf(codec, read)).toBe(withUnknown)
  })

  test('that end elsewhere than they say are malformed', () => {
    expect(() => fromHex(node.codec(v1), '00000001010007000000000000000900')).toThrow('does not end where it says')
    expect(() => fromHex(node.codec(v1), '0000000101000900000000000000090000')).toThrow('does not end where it says')
  })

  test('of one struct have different tags', () => {
    expect(() => struct({ a: int8.tagged(0), b: int8.tagged(0) }).codec(flexible)).toThrow(AssertionError)
  })
})

describe('hostile lengths', () => {
  test('fail before anything is allocated', () => {
    const codec = array({ a: int32, b: string }).codec(classic)
    expect(() => fromHex(codec, '7fffffff' + '00'.repeat(600))).toThrow(
      '2147483647 items are announced, 600 bytes remain',
    )
    expect(() => fromHex(array(int8).codec(flexible), 'ffffffff0f00')).toThrow('4294967294 items are announced')
    expect(() => fromHex(bytes.codec(classic), '7fffffff00')).toThrow(MalformedMessageError)
  })

  test('below -1 are malformed', () => {
    expect(() => fromHex(nullable(array(int8)).codec(classic), 'fffffffe')).toThrow(MalformedMessageError)
    expect(() => fromHex(nullable(bytes).codec(classic), 'fffffffe')).toThrow(MalformedMessageError)
  })

  test('are held against the smallest size of an item', () => {
    expect(() => fromHex(array({ a: int64 }).codec(classic), '00000002' + '00'.repeat(15))).toThrow('2 items')
    expect(fromHex(array({ a: int64 }).codec(classic), '00000002' + '00'.repeat(16))).toHaveLength(2)
  })

  test('cannot be checked for items without a byte, so there are no such lists', () => {
    expect(() => array({ a: int8.since(4) }).codec(classic)).toThrow(AssertionError)
  })
})

describe('random schemas', () => {
  const forAll = (check: (one: Case) => void): void => fc.assert(fc.property(caseOf, check), { numRuns: 300 })

  test('read back what they wrote, to the last byte', () => {
    forAll(({ type, value, dialect }) => {
      const codec = type.codec(dialect)
      const written = encode(codec, value)
      expect(decode(codec, written)).toEqual(value)
      expect(encode(codec, decode(codec, written))).toEqual(written)
      expect(written.length).toBeGreaterThanOrEqual(codec.sizeMin)
    })
  })

  test('find every prefix malformed', () => {
    forAll(({ type, value, dialect }) => {
      const codec = type.codec(dialect)
      const written = encode(codec, value)
      for (let end = 0; end < written.length; end++) {
        expect(() => decode(codec, written.subarray(0, end))).toThrow(MalformedMessageError)
      }
    })
  })

  test('give a value or MalformedMessageError for any bytes', () => {
    fc.assert(
      fc.property(
        caseOf,
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        fc.nat(),
        ({ type, value, dialect }, noise, at) => {
          const codec = type.codec(dialect)
          const written = encode(codec, value)
          for (const bytes of [noise, damaged(written, noise, at)]) {
            try {
              decode(codec, bytes)
            } catch (error) {
              expect(error).toBeInstanceOf(MalformedMessageError)
            }
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

function damaged(written: Uint8Array, noise: Uint8Array, at: number): Uint8Array {
  const copy = written.slice()
  const start = at % (written.length + 1)
  copy.set(noise.subarray(0, Math.min(4, written.length - start)), start)
  return copy
}
