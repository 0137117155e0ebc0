import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import {
  describeTopicConfigs,
  parseTopicConfig,
  resolveTopicConfig,
  topicConfigNames,
} from '../../src/storage/topic-configs.ts'
import { anyCharacter } from './scratch.ts'

function errorOf(action: () => unknown): { message: string; hint: string | undefined } {
  try {
    action()
  } catch (error) {
    if (error instanceof UsageError) return { message: error.message, hint: error.hint }
    throw error
  }
  throw new Error('it was not refused')
}

describe('a topic configuration', () => {
  test.each([
    ['segment.bytes', '1073741824', '1073741824'],
    ['segment.bytes', '512MiB', '536870912'],
    ['segment.bytes', '20M', '20971520'],
    ['retention.bytes', '1k', '1024'],
    ['segment.bytes', '14', '14'],
    ['retention.ms', '-1', '-1'],
    ['retention.ms', '7d', '604800000'],
    ['retention.ms', '90 m', '5400000'],
    ['retention.ms', '007', '7'],
    ['retention.bytes', '1GiB', '1073741824'],
    ['flush.ms', '9223372036854775807', '9223372036854775807'],
    ['cleanup.policy', 'compact, delete', 'compact,delete'],
    ['cleanup.policy', '', ''],
    ['compression.type', 'zstd', 'zstd'],
    ['compression.gzip.level', '-1', '-1'],
    ['compression.zstd.level', '-131072', '-131072'],
    ['min.cleanable.dirty.ratio', '.25', '0.25'],
    ['preallocate', 'TRUE', 'true'],
    ['message.timestamp.type', 'LogAppendTime', 'LogAppendTime'],
  ])('%s may be %s, kept as %s', (name, text, kept) => {
    expect(parseTopicConfig(name, text)).toBe(kept)
  })

  test.each([
    ['segment.bytes', '13'],
    ['segment.bytes', '2147483648'],
    ['segment.bytes', '1GB'],
    ['segment.bytes', '7d'],
    ['segment.bytes', '1e9'],
    ['segment.bytes', ''],
    ['segment.bytes', '9'.repeat(1000)],
    ['retention.ms', '-2'],
    ['retention.ms', '9223372036854775808'],
    ['retention.ms', '1M'],
    ['retention.ms', '1constructor'],
    ['flush.messages', '5s'],
    ['flush.messages', '0'],
    ['cleanup.policy', 'compact,compact'],
    ['cleanup.policy', 'delete,x'],
    ['compression.type', 'ZSTD'],
    ['compression.gzip.level', '0'],
    ['compression.lz4.level', '18'],
    ['min.cleanable.dirty.ratio', '1.01'],
    ['min.cleanable.dirty.ratio', '-0'],
    ['preallocate', 'yes'],
    ['min.insync.replicas', '0'],
  ])('%s cannot be %j', (name, text) => {
    const { message, hint } = errorOf(() => parseTopicConfig(name, text))
    expect(message).toContain(name)
    expect(message).toContain(' cannot be ')
    expect(hint).toContain(`such as ${name}=`)
    const example = hint?.slice(`such as ${name}=`.length) ?? ''
    expect(() => parseTopicConfig(name, example)).not.toThrow()
  })

  test('is refused with what is allowed and an example', () => {
    expect(errorOf(() => parseTopicConfig('retention.ms', 'week'))).toEqual({
      message: 'retention.ms cannot be "week": it is a whole number from -1 to 9223372036854775807 (ms)',
      hint: 'such as retention.ms=7d',
    })
  })

  test('that nobody knows is refused with the nearest name', () => {
    expect(errorOf(() => parseTopicConfig('retention.msec', '1'))).toEqual({
      message: 'unknown topic configuration "retention.msec"',
      hint: 'did you mean retention.ms?',
    })
    expect(errorOf(() => parseTopicConfig('__proto__', '1')).hint).toBe(
      'tslog topics describe TOPIC --all-configs lists them all',
    )
  })

  test('is refused only as a usage error, whatever it is', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter, size: 'max', maxLength: 30 }),
      fc.bigInt().map(String),
      fc.double().map(String),
    )
    fc.assert(
      fc.property(fc.constantFrom(...topicConfigNames()), text, (name, value) => {
        try {
          const kept = parseTopicConfig(name, value)
          expect(parseTopicConfig(name, kept)).toBe(kept)
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('the configuration of a topic', () => {
  test('is made of the defaults of Kafka', () => {
    expect(resolveTopicConfig(new Map())).toEqual({
      cleanupPolicy: ['delete'],
      compressionType: 'producer',
      compressionGzipLevel: -1,
      compressionLz4Level: 9,
      compressionZstdLevel: 3,
      deleteRetentionMs: 86_400_000,
      fileDeleteDelayMs: 60_000,
      flushMessages: Infinity,
      flushMs: Infinity,
      indexIntervalBytes: 4096,
      maxCompactionLagMs: Infinity,
      maxMessageBytes: 1_048_588,
      messageDownconversionEnable: true,
      messageTimestampAfterMaxMs: 3_600_000,
      messageTimestampBeforeMaxMs: Infinity,
      messageTimestampType: 'CreateTime',
      minCleanableDirtyRatio: 0.5,
      minCompactionLagMs: 0,
      minInsyncReplicas: 1,
      preallocate: false,
      retentionBytes: Infinity,
      retentionMs: 604_800_000,
      segmentBytes: 1_073_741_824,
      segmentIndexBytes: 10_485_760,
      segmentJitterMs: 0,
      segmentMs: 604_800_000,
      uncleanLeaderElectionEnable: false,
    })
  })

  test('has the default that the text of it means', () => {
    const defaults = describeTopicConfigs(new Map()).map(({ name, defaultValue }) => [name, defaultValue] as const)
    expect(resolveTopicConfig(new Map(defaults))).toEqual(resolveTopicConfig(new Map()))
  })

  test('takes what was set, and passes over what a later version knows', () => {
    const config = resolveTopicConfig(
      new Map([
        ['cleanup.policy', 'compact,delete'],
        ['retention.ms', '-1'],
        ['new.thing', 'x'],
      ]),
    )
    expect(config.cleanupPolicy).toEqual(['compact', 'delete'])
    expect(config.retentionMs).toBe(Infinity)
  })

  test('is refused when it contradicts itself', () => {
    const texts = new Map([
      ['min.compaction.lag.ms', '10'],
      ['max.compaction.lag.ms', '9'],
    ])
    expect(() => resolveTopicConfig(texts)).toThrow(
      'min.compaction.lag.ms (10) is greater than max.compaction.lag.ms (9)',
    )
  })

  test('is described by name, with defaults told from what was set', () => {
    const described = describeTopicConfigs(new Map([['retention.ms', '604800000']]))
    expect(described.map((one) => one.name)).toEqual(topicConfigNames())
    expect(described.find((one) => one.name === 'retention.ms')).toMatchObject({ value: '604800000', isDefault: false })
    expect(described.find((one) => one.name === 'segment.ms')).toMatchObject({
      value: '604800000',
      isDefault: true,
      type: 'long',
    })
    for (const { name, defaultValue, doc } of described) {
      expect(parseTopicConfig(name, defaultValue)).toBe(defaultValue)
      expect(doc).toMatch(/^[A-Z].*\.$/)
    }
  })
})
