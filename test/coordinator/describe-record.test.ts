import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describeInternalRecord } from '../../src/coordinator/describe-record.ts'
import { groupMetadataRecord } from '../../src/coordinator/group-metadata-record.ts'
import { hex, member, metadata } from './support/records.ts'

describe('describeInternalRecord', () => {
  test('explains a committed offset', () => {
    const key = hex('0001 0002 6731 0002 7431 00000003')
    const value = hex('0003 000000000000007b 00000007 0001 6d 0000018bcfe56800')
    expect(describeInternalRecord('__consumer_offsets', key, value)).toEqual({
      type: 'offsetCommit',
      key: { version: 1, group: 'g1', topic: 't1', partition: 3 },
      value: {
        version: 3,
        offset: 123,
        leaderEpoch: 7,
        metadata: 'm',
        commitTimestamp: 1_700_000_000_000,
        expireTimestamp: -1,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      },
    })
  })

  test('explains a group, and its members in their own protocol', () => {
    const subscription = hex('0000 00000001 0002 7431 ffffffff')
    const assignment = hex('0000 00000001 0002 7431 00000001 00000000 ffffffff')
    const record = groupMetadataRecord('g1', metadata({ members: [member('m1', { subscription, assignment })] }))
    const described = describeInternalRecord('__consumer_offsets', record.key, record.value)
    expect(described).toMatchObject({
      type: 'groupMetadata',
      key: { version: 2, group: 'g1' },
      value: {
        version: 3,
        generation: 4,
        members: [
          {
            memberId: 'm1',
            subscription: { topics: ['t1'] },
            assignment: { assignedPartitions: [{ topic: 't1', partitions: [0] }] },
          },
        ],
      },
    })
  })

  test.each([
    { protocolType: 'connect', digits: '0000 00000000 ffffffff', base64: 'AAAAAAAA/////w==' },
    { protocolType: 'consumer', digits: '01', base64: 'AQ==' },
  ])('shows what members of $protocolType say as base64 when it does not follow the consumer protocol', (row) => {
    const members = [member('m1', { subscription: hex(row.digits), assignment: hex(row.digits) })]
    const record = groupMetadataRecord('g1', metadata({ protocolType: row.protocolType, members }))
    expect(describeInternalRecord('__consumer_offsets', record.key, record.value)?.value).toMatchObject({
      members: [{ subscription: row.base64, assignment: row.base64 }],
    })
  })

  test('explains a transaction', () => {
    const value = hex('0001 7fffffffffffffff 0002 0000ea60 01 00 0000018bcfe56800 0000018bcfe56800 00')
    expect(describeInternalRecord('__transaction_state', hex('0000 0002 7478'), value)).toMatchObject({
      type: 'transactionState',
      key: { version: 0, transactionalId: 'tx' },
      value: {
        version: 1,
        producerId: 9223372036854775807n,
        transactionStatus: 'Ongoing',
        transactionPartitions: null,
      },
    })
  })

  test('names a tombstone', () => {
    expect(describeInternalRecord('__consumer_offsets', hex('0002 0002 6731'), null)?.value).toBe(null)
    expect(describeInternalRecord('__transaction_state', hex('0000 0002 7478'), null)?.value).toBe(null)
  })

  test.each([
    ['another topic', 'orders', '0002 0002 6731', null],
    ['a name of every object', 'constructor', '0002 0002 6731', null],
    ['an unknown kind', '__consumer_offsets', '0063', '00'],
    ['a key cut short', '__consumer_offsets', '0002 00', null],
    ['a value of a later version', '__consumer_offsets', '0002 0002 6731', '0009'],
  ])('says nothing about %s', (_, topic, key, value) => {
    expect(describeInternalRecord(topic, hex(key), value === null ? null : hex(value))).toBe(undefined)
  })

  test('says nothing about a record without a key', () => {
    expect(describeInternalRecord('__consumer_offsets', null, hex('00'))).toBe(undefined)
  })

  test('gives JSON or nothing for any bytes', () => {
    const topics = fc.constantFrom('__consumer_offsets', '__transaction_state', '__share_group_state')
    const bytes = fc.uint8Array({ maxLength: 80, size: 'max' })
    const versioned = fc
      .tuple(fc.nat({ max: 24 }), bytes)
      .map(([version, rest]) => new Uint8Array([0, version, ...rest]))
    fc.assert(
      fc.property(topics, fc.option(versioned), fc.option(versioned), (topic, key, value) => {
        const described = describeInternalRecord(topic, key, value)
        if (described !== undefined) expect(JSON.parse(JSON.stringify(described))).toEqual(described)
      }),
      { numRuns: 500 },
    )
  })
})

describe('describeInternalRecord of the newer group protocols', () => {
  test.each([
    {
      name: 'a consumer group',
      key: '0003 0002 6731',
      value: '0000 00000005 00',
      told: {
        type: 'consumerGroup',
        key: { version: 3, group: 'g1' },
        value: { version: 0, epoch: 5, metadataHash: 0 },
      },
    },
    {
      name: 'a member, as Kafka 4.3 wrote it',
      key: '0005 0002 6731 0001 6d',
      value: '0000 00 00 02 63 02 68 02 03 7478 01 000493e0 00 01 00 01 00',
      told: {
        type: 'consumerGroup',
        key: { version: 5, group: 'g1', memberId: 'm' },
        value: {
          version: 0,
          instanceId: null,
          rackId: null,
          clientId: 'c',
          clientHost: 'h',
          subscribedTopicNames: ['tx'],
          subscribedTopicRegex: '',
          rebalanceTimeoutMs: 300_000,
          serverAssignor: null,
          classicMemberMetadata: null,
        },
      },
    },
    {
      name: 'where a member stands',
      key: '0008 0002 6731 0001 6d',
      value: `0000 00000005 00000004 01 02 ${'11'.repeat(16)} 02 00000003 00 01 00`,
      told: {
        type: 'consumerGroup',
        key: { version: 8, group: 'g1', memberId: 'm' },
        value: {
          version: 0,
          memberEpoch: 5,
          previousMemberEpoch: 4,
          state: 1,
          assignedPartitions: [{ topicId: 'EREREREREREREREREREREQ', partitions: [3], assignmentEpochs: null }],
          partitionsPendingRevocation: [],
        },
      },
    },
    {
      name: 'a regular expression',
      key: '0010 0002 6731 0002 612a',
      value: '0000 02 03 6162 0000000000000001 0000000000000002 00',
      told: {
        type: 'consumerGroup',
        key: { version: 16, group: 'g1', regularExpression: 'a*' },
        value: { version: 1, topics: ['ab'], timestamp: 2 },
      },
    },
    {
      name: 'a member of a share group',
      key: '000a 0002 6731 0001 6d',
      value: '0000 00 02 63 02 68 02 02 74 00',
      told: {
        type: 'shareGroup',
        key: { version: 10, group: 'g1', memberId: 'm' },
        value: { version: 0, rackId: null, clientId: 'c', clientHost: 'h', subscribedTopicNames: ['t'] },
      },
    },
    {
      name: 'a target of a streams group',
      key: '0015 0002 6731 0001 6d',
      value: '0000 02 02 73 02 00000001 00 01 01 00',
      told: {
        type: 'streamsGroup',
        key: { version: 21, group: 'g1', memberId: 'm' },
        value: {
          version: 0,
          activeTasks: [{ subtopologyId: 's', partitions: [1] }],
          standbyTasks: [],
          warmupTasks: [],
        },
      },
    },
  ])('tells $name', ({ key, value, told }) => {
    expect(describeInternalRecord('__consumer_offsets', hex(key), hex(value))).toEqual(told)
    expect(describeInternalRecord('__consumer_offsets', hex(key), null)).toEqual({ ...told, value: null })
  })

  test('keeps a value of a preview as it is', () => {
    expect(describeInternalRecord('__consumer_offsets', hex('0005 0002 6731 0001 6d'), hex('0000 05'))).toEqual({
      type: 'consumerGroup',
      key: { version: 5, group: 'g1', memberId: 'm' },
      value: { version: 0, base64: 'AAAF' },
    })
  })

  test('tells what a share group has delivered', () => {
    const key = `0001 0002 6731 ${'11'.repeat(16)} 00000003`
    const value = '0000 00000001 00000002 0000000000000007 02 0000000000000008 0000000000000009 02 0001 00 00'
    expect(describeInternalRecord('__share_group_state', hex(key), hex(value))).toEqual({
      type: 'shareState',
      key: { version: 1, groupId: 'g1', topicId: 'EREREREREREREREREREREQ', partition: 3 },
      value: {
        version: 0,
        snapshotEpoch: 1,
        leaderEpoch: 2,
        startOffset: 7,
        deliveryCompleteCount: -1,
        stateBatches: [{ firstOffset: 8, lastOffset: 9, deliveryState: 2, deliveryCount: 1 }],
      },
    })
  })
})
