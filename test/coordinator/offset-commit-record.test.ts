import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset } from '../../src/base/brands.ts'
import { MalformedMessageError } from '../../src/base/errors.ts'
import {
  offsetCommitRecord,
  readOffsetCommitKey,
  readOffsetCommitValue,
} from '../../src/coordinator/offset-commit-record.ts'
import { hex, hexOf } from './support/records.ts'
import { text } from '../wire/support/text.ts'

const key = { group: 'g1', topic: 't1', partition: 3 }
const value = { offset: offset(123), leaderEpoch: leaderEpoch(7), metadata: 'm', commitTimestamp: 1_700_000_000_000 }

/** Written by Apache Kafka's OffsetCommitKey and OffsetCommitValue. */
const golden = {
  key: '0001 0002 6731 0002 7431 00000003',
  value: '0003 000000000000007b 00000007 0001 6d 0000018bcfe56800',
}

describe('offsetCommitRecord', () => {
  test('is byte for byte what Kafka writes', () => {
    const record = offsetCommitRecord(key, value)
    expect(hexOf(record.key)).toBe(golden.key.replaceAll(' ', ''))
    expect(hexOf(record.value)).toBe(golden.value.replaceAll(' ', ''))
  })

  test('without a value is a tombstone', () => {
    expect(offsetCommitRecord(key, null).value).toBe(null)
  })

  test('reads back', () => {
    const anyKey = fc.record({ group: text(50), topic: text(50), partition: fc.nat() })
    const anyValue = fc.record({
      offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(offset),
      leaderEpoch: fc.integer({ min: -1 }).map(leaderEpoch),
      metadata: text(50),
      commitTimestamp: fc.maxSafeInteger(),
    })
    fc.assert(
      fc.property(anyKey, anyValue, (someKey, someValue) => {
        const record = offsetCommitRecord(someKey, someValue)
        expect(readOffsetCommitKey(record.key)).toEqual(someKey)
        expect(readOffsetCommitValue(record.value ?? new Uint8Array(0))).toEqual({ ...someValue, expireTimestamp: -1 })
      }),
    )
  })
})

describe('reading offset commits', () => {
  test.each(['0000 0002 6731 0002 7431 00000003', golden.key])('takes the key %s', (digits) => {
    expect(readOffsetCommitKey(hex(digits))).toEqual(key)
  })

  const noEpoch = { ...value, leaderEpoch: -1, expireTimestamp: -1 }
  test.each([
    ['0', '0000 000000000000007b 0001 6d 0000018bcfe56800', noEpoch],
    [
      '1',
      '0001 000000000000007b 0001 6d 0000018bcfe56800 0000018bcfe56801',
      { ...noEpoch, expireTimestamp: 1_700_000_000_001 },
    ],
    ['2', '0002 000000000000007b 0001 6d 0000018bcfe56800', noEpoch],
    ['3', golden.value, { ...value, expireTimestamp: -1 }],
    ['4', '0004 000000000000007b 00000007 02 6d 0000018bcfe56800 00', { ...value, expireTimestamp: -1 }],
    [
      '4 with a tag of later',
      '0004 000000000000007b 00000007 02 6d 0000018bcfe56800 01 05 02 ffff',
      { ...value, expireTimestamp: -1 },
    ],
  ])('takes a value of version %s', (_, digits, expected) => {
    expect(readOffsetCommitValue(hex(digits))).toEqual(expected)
  })

  test('names a version that it does not know', () => {
    expect(() => readOffsetCommitValue(hex('0005 00'))).toThrow('an offset commit value of version 5, known are 0 to 4')
    expect(() => readOffsetCommitValue(hex('ffff 00'))).toThrow(MalformedMessageError)
    expect(() => readOffsetCommitKey(hex('0002 0000'))).toThrow('an offset commit key of version 2')
  })
})
