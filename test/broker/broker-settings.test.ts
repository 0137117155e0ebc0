import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { defaultBrokerConfig } from '../../src/broker/broker-config.ts'
import { brokerConfigOf, readBrokerSettings } from '../../src/broker/broker-settings.ts'

const read = (...lines: [string, string][]) => readBrokerSettings(new Map(lines), 'f')

describe('the settings of a broker', () => {
  test('without any are the defaults', () => {
    expect(brokerConfigOf(read().settings)).toEqual(defaultBrokerConfig)
  })

  test('have units', () => {
    const { settings } = read(['message.max.bytes', '8MiB'], ['log.retention.check.interval.ms', '1m'])
    expect(settings).toMatchObject({ messageBytesMax: 8 * 1024 * 1024, retentionCheckMs: 60_000 })
  })

  test("of Kafka's that have no meaning here are told, and passed over", () => {
    const { ignored } = read(['process.roles', 'broker'], ['num.io.threads', '8'], ['num.partitions', '3'])
    expect(ignored).toEqual(['process.roles', 'num.io.threads'])
  })

  test('of topics, which keep to their own here, are told apart', () => {
    const names = ['log.retention.hours', 'log.segment.bytes', 'compression.type', 'min.insync.replicas']
    const { ignored, ofTopics } = read(...names.map((name): [string, string] => [name, '1']))
    expect([ignored, ofTopics]).toEqual([[], names])
  })

  test.each([
    ['num.partition', '3', /f: unknown setting "num\.partition"/, 'did you mean num.partitions?'],
    [
      'num.partitions',
      'six',
      /f: num\.partitions cannot be "six": it is a whole number from 1/,
      'such as num.partitions=6',
    ],
    [
      'create.topic.policy.class.name',
      'com.acme.Policy',
      /create\.topic\.policy\.class\.name is a setting of Kafka that tslog serve does not have/,
      'without that line it starts, and does without it',
    ],
    ['log.cleaner.enabl', 'true', /unknown setting/, 'did you mean log.cleaner.enable?'],
    ['flush.policy', 'never', /flush\.policy cannot be "never": it is one of sync, os/, 'such as flush.policy=os'],
  ])('refuses %s=%s', (name, value, message, hint) => {
    const reading = (): unknown => read([name, value])
    expect(reading).toThrow(message)
    expect(reading).toThrow(expect.objectContaining({ hint }) as UsageError)
  })
})
