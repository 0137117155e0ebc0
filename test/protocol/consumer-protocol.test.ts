import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../src/base/errors.ts'
import { readAssignment, readSubscription } from '../../src/protocol/consumer-protocol.ts'
import { hex } from '../coordinator/support/records.ts'

const owned = [{ topic: 't1', partitions: [0, 2] }]
const topicsAndData = '00000002 0002 7431 0002 7432 00000001 09'
const ownedDigits = '00000001 0002 7431 00000002 00000000 00000002'

describe('readSubscription', () => {
  const base = { topics: ['t1', 't2'], userData: hex('09'), ownedPartitions: [], generationId: -1, rackId: null }
  test.each([
    ['0', `0000 ${topicsAndData}`, base],
    ['1', `0001 ${topicsAndData} ${ownedDigits}`, { ...base, ownedPartitions: owned }],
    ['2', `0002 ${topicsAndData} ${ownedDigits} 00000005`, { ...base, ownedPartitions: owned, generationId: 5 }],
    [
      '3',
      `0003 ${topicsAndData} ${ownedDigits} 00000005 0001 72`,
      { ...base, ownedPartitions: owned, generationId: 5, rackId: 'r' },
    ],
    [
      '9, as version 3',
      `0009 ${topicsAndData} ${ownedDigits} 00000005 ffff 123456`,
      { ...base, ownedPartitions: owned, generationId: 5 },
    ],
  ])('takes version %s', (_, digits, expected) => {
    expect(readSubscription(hex(digits))).toEqual(expected)
  })

  test('takes no user data', () => {
    expect(readSubscription(hex('0000 00000000 ffffffff'))).toEqual({ ...base, topics: [], userData: null })
  })

  test.each(['', 'ffff 00000000 ffffffff', '0000 7fffffff', '0000 00000001 0005 61'])(
    'finds %s malformed',
    (digits) => {
      expect(() => readSubscription(hex(digits))).toThrow(MalformedMessageError)
    },
  )
})

describe('readAssignment', () => {
  test.each([0, 1, 2, 3, 4])('takes version %i', (version) => {
    const digits = `000${version} ${ownedDigits} ffffffff`
    expect(readAssignment(hex(digits))).toEqual({ assignedPartitions: owned, userData: null })
  })

  test('takes no bytes as nothing assigned yet', () => {
    expect(readAssignment(new Uint8Array(0))).toEqual({ assignedPartitions: [], userData: null })
  })

  test('finds half an assignment malformed', () => {
    expect(() => readAssignment(hex('0000 00000001 0002 7431 00000002 00000000'))).toThrow(MalformedMessageError)
  })
})
