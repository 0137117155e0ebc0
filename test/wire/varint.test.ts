import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import {
  readVarint,
  readVarlong,
  readVarlongExact,
  sizeOfVarint,
  sizeOfVarlong,
  type VarintCursor,
  writeVarint,
  writeVarlong,
} from '../../src/wire/varint.ts'

const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 63, -64, 64, 0x7fff_ffff, -0x8000_0000))
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

function cursor(bytes: Uint8Array | readonly number[]): VarintCursor {
  return { bytes: Uint8Array.from(bytes), position: 0, end: bytes.length }
}

function written(write: (target: Uint8Array) => number): Uint8Array {
  const target = new Uint8Array(10)
  return target.subarray(0, write(target))
}

describe('varint', () => {
  test.each([
    [0, [0x00]],
    [-1, [0x01]],
    [1, [0x02]],
    [63, [0x7e]],
    [-64, [0x7f]],
    [64, [0x80, 0x01]],
    [8191, [0xfe, 0x7f]],
    [0x7fff_ffff, [0xfe, 0xff, 0xff, 0xff, 0x0f]],
    [-0x8000_0000, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('writes %i as Kafka does', (value, bytes) => {
    expect([...written((target) => writeVarint(target, 0, value))]).toEqual(bytes)
    expect(readVarint(cursor(bytes))).toBe(value)
  })

  test('reads what it wrote, in the size it said', () => {
    fc.assert(
      fc.property(int32, (value) => {
        const bytes = written((target) => writeVarint(target, 0, value))
        expect(bytes.length).toBe(sizeOfVarint(value))
        const place = cursor(bytes)
        expect(readVarint(place)).toBe(value)
        expect(place.position).toBe(bytes.length)
      }),
    )
  })

  test.each([
    ['no bytes', []],
    ['bytes that end too early', [0x80, 0x80]],
    ['six bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['a 33rd bit', [0xff, 0xff, 0xff, 0xff, 0x1f]],
  ])('refuses %s', (_name, bytes) => {
    expect(() => readVarint(cursor(bytes))).toThrow(MalformedMessageError)
  })

  test('never reads past the end of its cursor', () => {
    const place = { bytes: Uint8Array.of(0x80, 0x01), position: 0, end: 1 }
    expect(() => readVarint(place)).toThrow(MalformedMessageError)
  })
})

describe('varlong', () => {
  test.each([
    [0n, '00'],
    [-1n, '01'],
    [-(2n ** 31n), 'ffffffff0f'],
    [2n ** 31n, '8080808010'],
    [-86_401_000n, 'cfffb252'],
    [2n ** 63n - 1n, 'feffffffffffffffff01'],
    [-(2n ** 63n), 'ffffffffffffffffff01'],
  ])('writes %i as Kafka does', (value, hex) => {
    const bytes = Buffer.from(hex, 'hex')
    expect(Buffer.from(written((target) => writeVarlong(target, 0, value))).toString('hex')).toBe(hex)
    expect(readVarlongExact(cursor(bytes))).toBe(value)
  })

  test('reads any int64 that it wrote, in the size it said', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const bytes = written((target) => writeVarlong(target, 0, value))
        expect(bytes.length).toBe(sizeOfVarlong(value))
        const place = cursor(bytes)
        expect(readVarlongExact(place)).toBe(value)
        expect(place.position).toBe(bytes.length)
        // Beyond 2^53 it may round another way than `Number` does, by one step.
        expect(Math.abs(readVarlong(cursor(bytes)) - Number(value))).toBeLessThanOrEqual(2048)
      }),
    )
  })

  test('writes a safe integer as it writes the same bigint', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = written((target) => writeVarlong(target, 0, value))
        expect(bytes).toEqual(written((target) => writeVarlong(target, 0, BigInt(value))))
        expect(sizeOfVarlong(value)).toBe(bytes.length)
        expect(readVarlong(cursor(bytes))).toBe(value)
      }),
    )
  })

  test.each([
    ['bytes that end too early', '808080808080808080'],
    ['eleven bytes', '8080808080808080808000'],
    ['a 65th bit', 'ffffffffffffffffff03'],
  ])('refuses %s', (_name, hex) => {
    expect(() => readVarlong(cursor(Buffer.from(hex, 'hex')))).toThrow(MalformedMessageError)
  })

  test('throws nothing foreign, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12, size: 'max' }), (bytes) => {
        for (const read of [readVarint, readVarlong, readVarlongExact]) {
          try {
            read(cursor(bytes))
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedMessageError)
          }
        }
      }),
    )
  })
})
