import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import {
  groupMetadataRecord,
  readGroupMetadataKey,
  readGroupMetadataValue,
} from '../../src/coordinator/group-metadata-record.ts'
import { hex, hexOf, member, metadata } from './support/records.ts'

/** A group of one member, field by field after Kafka's GroupMetadataValue.json. */
const version3 = `0003
  0008 636f6e73756d6572  00000004  0005 72616e6765  0002 6d31  0000018bcfe56800
  00000001
    0002 6d31  0002 6931  0006 636c69656e74  000a 2f3132372e302e302e31  000493e0  0000afc8
    00000002 0102  00000001 03`

const value = metadata({
  members: [member('m1', { groupInstanceId: 'i1', subscription: hex('0102'), assignment: hex('03') })],
})

describe('groupMetadataRecord', () => {
  test('writes the key as Kafka does', () => {
    expect(hexOf(groupMetadataRecord('g1', null).key)).toBe('000200026731')
    expect(readGroupMetadataKey(hex('0002 0002 6731'))).toBe('g1')
  })

  test('writes the value in version 3', () => {
    expect(hexOf(groupMetadataRecord('g1', value).value)).toBe(version3.replaceAll(/\s/g, ''))
  })

  test('writes nulls of a group without members', () => {
    const empty = metadata({ protocol: null, leader: null, generation: 5 })
    expect(hexOf(groupMetadataRecord('g1', empty).value)).toBe(
      '00030008636f6e73756d657200000005ffffffff0000018bcfe5680000000000',
    )
  })
})

describe('reading group metadata', () => {
  const withoutNew = { ...value, members: value.members.map((one) => ({ ...one, groupInstanceId: null })) }
  test.each([
    [3, version3, value],
    [2, version3.replace('0003', '0002').replace('0002 6931', ''), withoutNew],
    [
      1,
      version3.replace('0003', '0001').replace('0002 6931', '').replace('0000018bcfe56800', ''),
      { ...withoutNew, currentStateTimestamp: -1 },
    ],
    [
      4,
      `0004 09 636f6e73756d6572 00000004 06 72616e6765 03 6d31 0000018bcfe56800 02
       03 6d31 03 6931 07 636c69656e74 0b 2f3132372e302e302e31 000493e0 0000afc8 03 0102 02 03 00 00`,
      value,
    ],
  ])('takes version %i', (_, digits, expected) => {
    expect(readGroupMetadataValue(hex(digits))).toEqual(expected)
  })

  test('takes version 0, which has no rebalance timeout', () => {
    const digits = version3
      .replace('0003', '0000')
      .replace('0002 6931', '')
      .replace('0000018bcfe56800', '')
      .replace('000493e0', '')
    expect(readGroupMetadataValue(hex(digits)).members[0]).toMatchObject({
      rebalanceTimeout: -1,
      sessionTimeout: 45_000,
    })
  })

  test('finds a claimed number of members that cannot be there malformed', () => {
    const digits = version3.replace('00000001\n', '7fffffff\n')
    expect(() => readGroupMetadataValue(hex(digits))).toThrow('2147483647 items are announced')
    expect(() => readGroupMetadataValue(hex('0005'))).toThrow(MalformedMessageError)
  })
})
