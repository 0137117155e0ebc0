import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest-name.ts'
import { type ConfigDefinition, choice, flag, wholeNumber } from '../storage/config-definition.ts'
import { type BrokerConfig, defaultBrokerConfig } from './broker-config.ts'
import { type ForeignSetting, foreignSetting } from './foreign-settings.ts'
import { securitySettings } from './security-settings.ts'

const intMax = String(2 ** 31 - 1)

/**
 * What a configuration file or `--override` may say of a broker, beside where it listens: Kafka's names, ranges and defaults where Kafka has the
 * setting, ours where it has not.
 */
export const brokerSettings = {
  ...securitySettings,
  flushPolicy: choice('flush.policy', ['sync', 'os'], {
    byDefault: 'sync',
    example: 'os',
    doc: 'When an acknowledged record is on the disk: before the answer, or whenever the system likes.',
  }),
  autoCreateTopics: flag('auto.create.topics.enable', {
    byDefault: 'true',
    example: 'false',
    doc: 'Whether a topic that a client names is made when it is not there.',
  }),
  isTopicDeletionEnabled: flag('delete.topic.enable', {
    byDefault: 'true',
    example: 'false',
    doc: 'Whether clients may delete topics.',
  }),
  numPartitions: wholeNumber('num.partitions', {
    type: 'int',
    min: 1n,
    max: 10_000n,
    byDefault: '1',
    example: '6',
    doc: 'Partitions of a topic whose creator leaves it open.',
  }),
  messageBytesMax: wholeNumber('message.max.bytes', {
    type: 'int',
    min: 0n,
    unit: 'bytes',
    byDefault: '1048588',
    example: '8MiB',
    doc: 'The largest batch of a client for topics without a max.message.bytes of their own.',
  }),
  fetchBytesMax: wholeNumber('fetch.max.bytes', {
    type: 'int',
    min: 1024n,
    unit: 'bytes',
    byDefault: '57671680',
    example: '55MiB',
    doc: 'The most records in one answer to a Fetch.',
  }),
  fetchSessionsMax: wholeNumber('max.incremental.fetch.session.cache.slots', {
    type: 'int',
    min: 0n,
    byDefault: '1000',
    example: '1000',
    doc: 'Consumers whose fetches only name what changed.',
  }),
  producerIdExpirationMs: wholeNumber('producer.id.expiration.ms', {
    type: 'int',
    min: 1n,
    unit: 'ms',
    byDefault: '86400000',
    example: '1d',
    doc: 'How long a silent producer is remembered.',
  }),
  connectionsMax: wholeNumber('max.connections', {
    type: 'int',
    min: 1n,
    byDefault: '10000',
    example: '1000',
    doc: 'Connections that are open at once; more are closed as they come.',
  }),
  connectionsPerHostMax: wholeNumber('max.connections.per.ip', {
    type: 'int',
    min: 1n,
    byDefault: intMax,
    example: '100',
    doc: 'Connections of one address that are open at once; more are closed as they come.',
  }),
  idleMs: wholeNumber('connections.max.idle.ms', {
    type: 'long',
    min: 1n,
    unit: 'ms',
    byDefault: '600000',
    example: '10m',
    doc: 'A connection without a request for so long is closed.',
  }),
  requestBytesMax: wholeNumber('socket.request.max.bytes', {
    type: 'int',
    min: 1024n,
    unit: 'bytes',
    byDefault: '104857600',
    example: '100MiB',
    doc: 'The largest request.',
  }),
  queuedRequestBytesMax: wholeNumber('queued.max.request.bytes', {
    type: 'long',
    min: 1024n,
    unit: 'bytes',
    byDefault: '268435456',
    example: '256MiB',
    doc: 'What all connections together may have sent and not got answers for; above it they are not read.',
  }),
  retentionCheckMs: wholeNumber('log.retention.check.interval.ms', {
    type: 'long',
    min: 1n,
    unit: 'ms',
    byDefault: '300000',
    example: '5m',
    doc: 'How often retention is applied.',
  }),
  cleanerEnabled: flag('log.cleaner.enable', {
    byDefault: 'true',
    example: 'false',
    doc: 'Whether compacted topics are compacted in the background.',
  }),
  cleanerBackoffMs: wholeNumber('log.cleaner.backoff.ms', {
    type: 'long',
    min: 0n,
    unit: 'ms',
    byDefault: '15000',
    example: '15s',
    doc: 'How long after a look for something to compact the next one comes.',
  }),
  cleanerMemoryBytes: wholeNumber('log.cleaner.dedupe.buffer.size', {
    type: 'long',
    min: 1_048_576n,
    max: 4_294_967_296n,
    unit: 'bytes',
    byDefault: '134217728',
    example: '128MiB',
    doc: 'Memory for the map of keys while a partition is compacted.',
  }),
  groupSizeMax: wholeNumber('group.max.size', {
    type: 'int',
    min: 1n,
    byDefault: intMax,
    example: '1000',
    doc: 'Members of one group.',
  }),
  sessionTimeoutMinMs: wholeNumber('group.min.session.timeout.ms', {
    type: 'int',
    min: 1n,
    unit: 'ms',
    byDefault: '6000',
    example: '6s',
    doc: 'The shortest session timeout of a member.',
  }),
  sessionTimeoutMaxMs: wholeNumber('group.max.session.timeout.ms', {
    type: 'int',
    min: 1n,
    unit: 'ms',
    byDefault: '1800000',
    example: '30m',
    doc: 'The longest session timeout of a member.',
  }),
  initialRebalanceDelayMs: wholeNumber('group.initial.rebalance.delay.ms', {
    type: 'int',
    min: 0n,
    unit: 'ms',
    byDefault: '3000',
    example: '0',
    doc: 'How long the first rebalance of an empty group waits for more members.',
  }),
  offsetsRetentionMinutes: wholeNumber('offsets.retention.minutes', {
    type: 'int',
    min: 1n,
    byDefault: '10080',
    example: '1440',
    doc: 'How long offsets of a group without members are kept.',
  }),
  offsetMetadataMax: wholeNumber('offset.metadata.max.bytes', {
    type: 'int',
    min: 0n,
    byDefault: '4096',
    example: '4096',
    doc: 'The longest text with a committed offset.',
  }),
  quotaWindowCount: wholeNumber('quota.window.num', {
    type: 'int',
    min: 1n,
    max: 1000n,
    byDefault: '11',
    example: '11',
    doc: 'Over how many windows the bytes of clients with quotas are counted.',
  }),
  quotaWindowSeconds: wholeNumber('quota.window.size.seconds', {
    type: 'int',
    min: 1n,
    max: 86_400n,
    byDefault: '1',
    example: '1',
    doc: 'How long one of these windows is, in seconds.',
  }),
} as const

type Definitions = typeof brokerSettings

/** The settings in force. Sizes are bytes, times ms unless the name says otherwise. */
export type BrokerSettings = {
  readonly [K in keyof Definitions]: Definitions[K] extends ConfigDefinition<infer T> ? T : never
}

/** What was read, and which settings of Kafka were passed over. */
export interface ReadSettings {
  readonly settings: BrokerSettings
  /** They have nothing to act on. */
  readonly ignored: readonly string[]
  /** Defaults of topics, which keep to their own configuration. */
  readonly ofTopics: readonly string[]
}

/**
 * Reads settings by their names. Throws `UsageError` naming one that nobody knows, with the nearest, or a value that is not allowed; `where`
 * is where they stand.
 */
export function readBrokerSettings(texts: ReadonlyMap<string, string>, where: string): ReadSettings {
  const read: Record<string, unknown> = {}
  const left = new Map(texts)
  for (const [key, definition] of Object.entries<ConfigDefinition<unknown>>(brokerSettings)) {
    const text = left.get(definition.name)
    left.delete(definition.name)
    read[key] = text === undefined ? definition.defaultValue : valueOf(definition, text, where)
  }
  const foreign = [...left.keys()].map((name) => [name, kindOf(name, where)] as const)
  const ofKind = (kind: ForeignSetting): string[] => foreign.flatMap(([name, one]) => (one === kind ? [name] : []))
  return { settings: read as BrokerSettings, ignored: ofKind('idle'), ofTopics: ofKind('topics') }
}

/** The part of the settings that the broker itself goes by. */
export function brokerConfigOf(settings: BrokerSettings): BrokerConfig {
  const { connectionsMax, connectionsPerHostMax, idleMs, requestBytesMax, queuedRequestBytesMax, strangerBytesMax } =
    settings
  return {
    ...defaultBrokerConfig,
    flushPolicy: settings.flushPolicy,
    autoCreateTopics: settings.autoCreateTopics,
    isTopicDeletionEnabled: settings.isTopicDeletionEnabled,
    numPartitions: settings.numPartitions,
    messageBytesMax: settings.messageBytesMax,
    fetchBytesMax: settings.fetchBytesMax,
    fetchSessionsMax: settings.fetchSessionsMax,
    producerIdExpirationMs: settings.producerIdExpirationMs,
    groups: {
      ...defaultBrokerConfig.groups,
      groupSizeMax: settings.groupSizeMax,
      sessionTimeoutMinMs: settings.sessionTimeoutMinMs,
      sessionTimeoutMaxMs: settings.sessionTimeoutMaxMs,
      initialRebalanceDelayMs: settings.initialRebalanceDelayMs,
      offsetsRetentionMs: settings.offsetsRetentionMinutes * 60_000,
      offsetMetadataMax: settings.offsetMetadataMax,
    },
    quotaWindows: { count: settings.quotaWindowCount, sizeMs: settings.quotaWindowSeconds * 1000 },
    limits: {
      ...defaultBrokerConfig.limits,
      connectionsMax,
      connectionsPerHostMax,
      idleMs,
      requestBytesMax,
      queuedRequestBytesMax,
      strangerBytesMax,
    },
  }
}

function valueOf(definition: ConfigDefinition<unknown>, text: string, where: string): unknown {
  const read = definition.read(text)
  if (read !== undefined) return read.value
  const { name, range, example } = definition
  throw new UsageError(`${where}: ${name} cannot be ${JSON.stringify(text.slice(0, 100))}: it is ${range()}`, {
    hint: `such as ${name}=${example}`,
  })
}

function kindOf(name: string, where: string): ForeignSetting {
  const kind = foreignSetting(name)
  if (kind === undefined) throw unknown(name, where)
  if (kind !== 'missing') return kind
  throw new UsageError(`${where}: ${name} is a setting of Kafka that tslog serve does not have`, {
    hint: 'without that line it starts, and does without it',
  })
}

function unknown(name: string, where: string): UsageError {
  const near = nearest(
    name,
    Object.values(brokerSettings).map((definition) => definition.name),
  )
  return new UsageError(`${where}: unknown setting ${JSON.stringify(name.slice(0, 100))}`, {
    hint: near === undefined ? 'man tslog-serve lists the settings' : `did you mean ${near}?`,
  })
}
