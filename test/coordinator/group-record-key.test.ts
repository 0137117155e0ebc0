import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { readGroupRecordKey } from '../../src/coordinator/group-record-key.ts'
import { hex } from './support/records.ts'

describe('readGroupRecordKey', () => {
  test.each([
    ['0001 0002 6731 0002 7431 00000003', { kind: 'offsetCommit', version: 1, group: 'g1', topic: 't1', partition: 3 }],
    ['0002 0002 6731', { kind: 'groupMetadata', version: 2, group: 'g1' }],
    ['0003 0002 6731', { kind: 'consumerGroup', version: 3, group: 'g1', memberId: undefined, isMembership: false }],
    ['0005 0002 6731 0001 6d', { kind: 'consumerGroup', version: 5, group: 'g1', memberId: 'm', isMembership: true }],
    ['0008 0002 6731 0001 6d', { kind: 'consumerGroup', version: 8, group: 'g1', memberId: 'm', isMembership: false }],
    ['000a 0002 6731 0001 6d', { kind: 'shareGroup', version: 10, group: 'g1', memberId: 'm', isMembership: true }],
    ['000f 0002 6731', { kind: 'shareGroup', version: 15, group: 'g1', memberId: undefined, isMembership: false }],
    ['0010 ff', { kind: 'unknown', version: 16 }],
    ['ffff', { kind: 'unknown', version: -1 }],
  ])('knows %s', (digits, expected) => {
    expect(readGroupRecordKey(hex(digits))).toEqual(expected)
  })

  test('gives a key or MalformedMessageError for any bytes', () => {
    const anyKey = fc.tuple(fc.integer({ min: 0, max: 16 }), fc.uint8Array({ maxLength: 60, size: 'max' }))
    fc.assert(
      fc.property(anyKey, ([version, rest]) => {
        try {
          readGroupRecordKey(new Uint8Array([0, version, ...rest]))
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError)
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each(['', '00', '0001 0002 67', '0005 0002 6731'])('finds %s cut short', (digits) => {
    expect(() => readGroupRecordKey(hex(digits))).toThrow(MalformedMessageError)
  })
})
