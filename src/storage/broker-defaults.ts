import { describeTopicConfigs, type TopicConfigTexts } from './topic-configs.ts'

/** The broker's name of each configuration whose name differs from the topic's. Kafka: `ServerTopicConfigSynonyms`. */
const brokerNames: Readonly<Record<string, string>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'index.interval.bytes': 'log.index.interval.bytes',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.downconversion.enable': 'log.message.downconversion.enable',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  preallocate: 'log.preallocate',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
}

/** What the broker-wide default of a topic's configuration is called. */
export function brokerNameOf(config: string): string {
  return brokerNames[config] ?? config
}

/** What the dynamic configuration of a broker means for its topics, under the topics' names of it: what differs from Kafka's defaults. */
export function topicDefaultsOf(brokerConfigs: ReadonlyMap<string, string>): TopicConfigTexts {
  const defaults = new Map<string, string>()
  for (const { name, defaultValue } of describeTopicConfigs(new Map())) {
    const value = brokerConfigs.get(brokerNameOf(name))
    if (value !== undefined && value !== defaultValue) defaults.set(name, value)
  }
  return defaults
}
