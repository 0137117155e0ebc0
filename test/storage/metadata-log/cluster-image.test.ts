import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessageError } from '../../../src/base/errors.ts'
import { ClusterImage } from '../../../src/storage/metadata-log/cluster-image.ts'
import * as records from '../../support/metadata-log.ts'

const { brokerConfig, metadataRecord, partitionRecord, topicConfig, topicRecord, topicId } = records
const [a, b] = [topicId('a'), topicId('b')]

function imageOf(...values: Uint8Array[]): ClusterImage {
  const image = new ClusterImage()
  for (const value of values) image.replay(value)
  return image
}

function topicsOf(...values: Uint8Array[]): Record<string, unknown> {
  const topics = [...imageOf(...values).topics()]
  return Object.fromEntries(
    topics.map(([name, topic]) => [name, { ...topic, configs: Object.fromEntries(topic.configs) }]),
  )
}

describe('the topics of a metadata log', () => {
  test('have their ids, as many partitions as were made, and what was set', () => {
    const found = topicsOf(
      topicRecord('logs', a),
      partitionRecord(a, 0),
      partitionRecord(a, 1),
      topicConfig('logs', 'retention.ms', '1000'),
      topicConfig('logs', 'cleanup.policy', 'compact'),
      topicConfig('logs', 'retention.ms', '2000'),
      topicConfig('logs', 'cleanup.policy', null),
    )
    expect(found).toEqual({ logs: { id: a, partitionCount: 2, configs: { 'retention.ms': '2000' } } })
  })

  test('are gone with all that was set once removed; one of the same name begins anew', () => {
    const first = [topicRecord('logs', a), partitionRecord(a, 0), topicConfig('logs', 'retention.ms', '1')]
    const removed = [...first, metadataRecord('RemoveTopicRecord', { topicId: a })]
    expect(topicsOf(...removed)).toEqual({})
    const again = [...removed, topicRecord('logs', b), partitionRecord(b, 0)]
    expect(topicsOf(...again)).toEqual({ logs: { id: b, partitionCount: 1, configs: {} } })
  })

  test.each([
    ['EndTransactionRecord', ['before', 'within']],
    ['AbortTransactionRecord', ['before']],
    [undefined, ['before']],
  ])('made in a transaction are there after its %s', (end, expected) => {
    const values = [
      topicRecord('before', a),
      metadataRecord('BeginTransactionRecord', { name: 'create' }),
      topicRecord('within', b),
      ...(end === undefined ? [] : [metadataRecord(end)]),
    ]
    expect(Object.keys(topicsOf(...values))).toEqual(expected)
  })

  test('are not touched by other records, of whatever version', () => {
    const others = [
      metadataRecord('RegisterBrokerRecord', { brokerId: 1 }, 0),
      metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 25 }),
      Uint8Array.of(1, 99, 0, 1, 2, 3),
    ]
    expect(topicsOf(...others, topicRecord('logs', a))).toHaveProperty('logs')
  })

  test.each([0, 1, 2])('are read from partition records of version %i', (version) => {
    const partition = metadataRecord('PartitionRecord', { topicId: a, partitionId: 0 }, version)
    expect(topicsOf(topicRecord('logs', a), partition, partition)).toMatchObject({ logs: { partitionCount: 2 } })
  })

  test('are never more than records say, whatever numbers are in them', () => {
    const huge = metadataRecord('PartitionRecord', { topicId: a, partitionId: 2 ** 31 - 1 })
    expect(topicsOf(topicRecord('logs', a), huge)).toMatchObject({ logs: { partitionCount: 1 } })
  })
})

test('what is set for one broker counts before what is set for all', () => {
  const image = imageOf(
    brokerConfig('', 'log.retention.ms', '1'),
    brokerConfig('', 'log.segment.bytes', '2'),
    brokerConfig('1', 'log.retention.ms', '3'),
    brokerConfig('2', 'log.retention.ms', '4'),
  )
  expect([...image.brokerConfigs(1)]).toEqual([
    ['log.retention.ms', '3'],
    ['log.segment.bytes', '2'],
  ])
})

test('bytes of any kind are read or are a malformed message', () => {
  const kinds = [...Array(30).keys()]
  const bytes = fc.tuple(
    fc.constantFrom(0, 1, 2),
    fc.constantFrom(...kinds),
    fc.nat({ max: 5 }),
    fc.uint8Array({ size: 'max', maxLength: 200 }),
  )
  fc.assert(
    fc.property(bytes, ([frame, type, version, rest]) => {
      try {
        imageOf(Uint8Array.of(frame, type, version, ...rest)).topics()
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessageError)
      }
    }),
    { numRuns: 2000 },
  )
})
