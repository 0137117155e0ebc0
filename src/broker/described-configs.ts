import type { DescribeConfigsResponse } from '../protocol/messages/describe-configs.ts'
import { brokerNameOf } from '../storage/broker-defaults.ts'
import { type DescribedConfig, describeTopicConfigs } from '../storage/topic-configs.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { BrokerServices } from './request-context.ts'

/** One configuration as DescribeConfigs tells it. */
export type ConfigAnswer = DescribeConfigsResponse['results'][number]['configs'][number]

/** Where a value comes from; the numbers are Kafka's (ConfigSource). */
const source = { topic: 1, staticBroker: 4, byDefault: 5 } as const

/** What kind of value it is; the numbers are Kafka's (ConfigType). */
const typeNumber: Readonly<Record<DescribedConfig['type'], number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
}

/** All configurations of a topic, those that nobody set with their defaults: those of this broker where it has its own. */
export function topicConfigAnswers(
  configs: ReadonlyMap<string, string>,
  { messageBytesMax }: Pick<BrokerConfig, 'messageBytesMax'>,
): ConfigAnswer[] {
  const ofBroker = new Map([['max.message.bytes', String(messageBytesMax)]])
  const known = describeTopicConfigs(configs)
  const names = new Set(known.map(({ name }) => name))
  const kept = [...configs].filter(([name]) => !names.has(name))
  return [
    ...known.map((one) => topicAnswer(one, ofBroker.get(one.name) ?? one.defaultValue)),
    ...kept.map(([name, value]) => keptAnswer(name, value)),
  ]
}

/** What this broker was told, and cannot be told while it runs. */
export function brokerConfigAnswers({ config, cluster, disk }: BrokerServices): ConfigAnswer[] {
  const { limits } = config
  const values: readonly (readonly [string, string | number | boolean])[] = [
    ['auto.create.topics.enable', config.autoCreateTopics],
    ['connections.max.idle.ms', limits.idleMs],
    ['default.replication.factor', 1],
    ['delete.topic.enable', config.isTopicDeletionEnabled],
    ['fetch.max.bytes', config.fetchBytesMax],
    ['log.dirs', disk.path],
    ['max.connections', limits.connectionsMax],
    ['max.connections.per.ip', limits.connectionsPerHostMax],
    ['max.incremental.fetch.session.cache.slots', config.fetchSessionsMax],
    ['message.max.bytes', config.messageBytesMax],
    ['node.id', cluster.brokerId],
    ['num.partitions', config.numPartitions],
    ['producer.id.expiration.ms', config.producerIdExpirationMs],
    ['queued.max.request.bytes', limits.queuedRequestBytesMax],
    ['quota.window.num', config.quotaWindows.count],
    ['quota.window.size.seconds', config.quotaWindows.sizeMs / 1000],
    ['socket.request.max.bytes', limits.requestBytesMax],
  ]
  return values.map(([name, value]) => ({
    ...blank(name, String(value)),
    readOnly: true,
    configSource: source.staticBroker,
    synonyms: [{ name, value: String(value), source: source.staticBroker }],
    configType:
      typeof value === 'boolean' ? typeNumber.boolean : typeof value === 'number' ? typeNumber.long : typeNumber.string,
  }))
}

function topicAnswer(
  { name, value, defaultValue, isDefault, type, doc }: DescribedConfig,
  brokerValue: string,
): ConfigAnswer {
  const brokerName = brokerNameOf(name)
  const isOfBroker = brokerValue !== defaultValue
  const synonyms = [
    ...(isDefault ? [] : [{ name, value, source: source.topic }]),
    ...(isOfBroker ? [{ name: brokerName, value: brokerValue, source: source.staticBroker }] : []),
    { name: brokerName, value: defaultValue, source: source.byDefault },
  ]
  return {
    ...blank(name, isDefault ? brokerValue : value),
    isDefault: isDefault && !isOfBroker,
    configSource: synonyms[0]?.source ?? source.byDefault,
    synonyms,
    configType: typeNumber[type],
    documentation: doc,
  }
}

/** Of Kafka's and without effect here. */
function keptAnswer(name: string, value: string): ConfigAnswer {
  return { ...blank(name, value), configSource: source.topic, synonyms: [{ name, value, source: source.topic }] }
}

function blank(name: string, value: string): ConfigAnswer {
  return {
    name,
    value,
    readOnly: false,
    isDefault: false,
    configSource: source.byDefault,
    isSensitive: false,
    synonyms: [],
    configType: typeNumber.string,
    documentation: null,
  }
}
