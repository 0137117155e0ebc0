import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest-name.ts'
import { choice, choices, type ConfigDefinition, flag, levelOr, ratio, wholeNumber } from './config-definition.ts'

const unlimitedText = '9223372036854775807'

/**
 * Every configuration of a topic that tslog knows: Kafka 4's, with its types, ranges and defaults, except that
 * `segment.bytes` may be as small as before KIP-1030 (14): a small segment harms nobody but its owner, and a tool that is
 * tried out on small data must be able to roll. A start of `produce` needs none of them, only `defaults`: they are made when one is asked for.
 */
const definers = {
  cleanupPolicy: () =>
    choices('cleanup.policy', ['delete', 'compact'], {
      byDefault: 'delete',
      example: 'compact,delete',
      doc: 'What happens to old records: delete drops whole segments by time and size, compact keeps the last record of each key.',
    }),
  compressionType: () =>
    choice('compression.type', ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'], {
      byDefault: 'producer',
      example: 'zstd',
      doc: 'How batches are stored; producer keeps them as they came.',
    }),
  compressionGzipLevel: () =>
    levelOr(-1n, 'compression.gzip.level', {
      type: 'int',
      min: 1n,
      max: 9n,
      byDefault: '-1',
      example: '6',
      doc: "Level for compression.type=gzip; -1 is the library's own.",
    }),
  compressionLz4Level: () =>
    wholeNumber('compression.lz4.level', {
      type: 'int',
      min: 1n,
      max: 17n,
      byDefault: '9',
      example: '9',
      doc: 'Level for compression.type=lz4.',
    }),
  compressionZstdLevel: () =>
    wholeNumber('compression.zstd.level', {
      type: 'int',
      min: -131072n,
      max: 22n,
      byDefault: '3',
      example: '3',
      doc: 'Level for compression.type=zstd.',
    }),
  deleteRetentionMs: () =>
    wholeNumber('delete.retention.ms', {
      type: 'long',
      min: 0n,
      unit: 'ms',
      byDefault: '86400000',
      example: '1d',
      doc: 'How long compaction keeps a tombstone, so that readers learn of the deletion.',
    }),
  fileDeleteDelayMs: () =>
    wholeNumber('file.delete.delay.ms', {
      type: 'long',
      min: 0n,
      unit: 'ms',
      byDefault: '60000',
      example: '1m',
      doc: 'How long the file of a dropped segment stays, for those who still read it.',
    }),
  flushMessages: () =>
    wholeNumber('flush.messages', {
      type: 'long',
      min: 1n,
      byDefault: unlimitedText,
      example: '10000',
      doc: 'Records after which the log is synced at the latest; the default leaves it to the operating system.',
    }),
  flushMs: () =>
    wholeNumber('flush.ms', {
      type: 'long',
      min: 0n,
      unit: 'ms',
      byDefault: unlimitedText,
      example: '1s',
      doc: 'Time after which the log is synced at the latest; the default leaves it to the operating system.',
    }),
  indexIntervalBytes: () =>
    wholeNumber('index.interval.bytes', {
      type: 'int',
      min: 0n,
      unit: 'bytes',
      byDefault: '4096',
      example: '4096',
      doc: 'Bytes of the log between two entries of the offset index.',
    }),
  maxCompactionLagMs: () =>
    wholeNumber('max.compaction.lag.ms', {
      type: 'long',
      min: 1n,
      unit: 'ms',
      byDefault: unlimitedText,
      example: '1d',
      doc: 'Age at which a record is compacted whatever min.cleanable.dirty.ratio says.',
    }),
  maxMessageBytes: () =>
    wholeNumber('max.message.bytes', {
      type: 'int',
      min: 0n,
      unit: 'bytes',
      byDefault: '1048588',
      example: '10MiB',
      doc: 'The largest batch, as it is stored.',
    }),
  messageDownconversionEnable: () =>
    flag('message.downconversion.enable', {
      byDefault: 'true',
      example: 'false',
      doc: 'Without effect: gone in Kafka 4, accepted from older scripts.',
    }),
  messageTimestampAfterMaxMs: () =>
    wholeNumber('message.timestamp.after.max.ms', {
      type: 'long',
      min: 0n,
      unit: 'ms',
      byDefault: '3600000',
      example: '1h',
      doc: "How far ahead of the clock a record's timestamp may be.",
    }),
  messageTimestampBeforeMaxMs: () =>
    wholeNumber('message.timestamp.before.max.ms', {
      type: 'long',
      min: 0n,
      unit: 'ms',
      byDefault: unlimitedText,
      example: '30d',
      doc: "How far behind the clock a record's timestamp may be.",
    }),
  messageTimestampType: () =>
    choice('message.timestamp.type', ['CreateTime', 'LogAppendTime'], {
      byDefault: 'CreateTime',
      example: 'LogAppendTime',
      doc: "Whose clock a record's timestamp is: the producer's, or the log's.",
    }),
  minCleanableDirtyRatio: () =>
    ratio('min.cleanable.dirty.ratio', {
      byDefault: '0.5',
      example: '0.5',
      doc: 'Share of the log that must be uncompacted before it is compacted.',
    }),
  minCompactionLagMs: () =>
    wholeNumber('min.compaction.lag.ms', {
      type: 'long',
      min: 0n,
      unit: 'ms',
      byDefault: '0',
      example: '1h',
      doc: 'Age below which a record is not compacted.',
    }),
  minInsyncReplicas: () =>
    wholeNumber('min.insync.replicas', {
      type: 'int',
      min: 1n,
      byDefault: '1',
      example: '2',
      doc: 'Replicas that must have a record before acks=all is answered.',
    }),
  preallocate: () =>
    flag('preallocate', {
      byDefault: 'false',
      example: 'true',
      doc: 'Whether the room of a segment is taken when it is made.',
    }),
  retentionBytes: () =>
    wholeNumber('retention.bytes', {
      type: 'long',
      min: -1n,
      unit: 'bytes',
      unlimited: -1n,
      byDefault: '-1',
      example: '1GiB',
      doc: 'Bytes a partition may have before its oldest segments are dropped; -1 is no limit.',
    }),
  retentionMs: () =>
    wholeNumber('retention.ms', {
      type: 'long',
      min: -1n,
      unit: 'ms',
      unlimited: -1n,
      byDefault: '604800000',
      example: '7d',
      doc: 'Age at which a segment is dropped, by its latest record; -1 is never.',
    }),
  segmentBytes: () =>
    wholeNumber('segment.bytes', {
      type: 'int',
      min: 14n,
      unit: 'bytes',
      byDefault: '1073741824',
      example: '512MiB',
      doc: 'The size at which a segment is sealed and the next one begun.',
    }),
  segmentIndexBytes: () =>
    wholeNumber('segment.index.bytes', {
      type: 'int',
      min: 4n,
      unit: 'bytes',
      byDefault: '10485760',
      example: '10MiB',
      doc: 'The size of an index at which its segment is sealed.',
    }),
  segmentJitterMs: () =>
    wholeNumber('segment.jitter.ms', {
      type: 'long',
      min: 0n,
      unit: 'ms',
      byDefault: '0',
      example: '1h',
      doc: 'Up to how much earlier than segment.ms a segment is sealed, by chance, so that not all are at once.',
    }),
  segmentMs: () =>
    wholeNumber('segment.ms', {
      type: 'long',
      min: 1n,
      unit: 'ms',
      byDefault: '604800000',
      example: '1d',
      doc: 'The age at which a segment is sealed, by the timestamps of its records.',
    }),
  uncleanLeaderElectionEnable: () =>
    flag('unclean.leader.election.enable', {
      byDefault: 'false',
      example: 'true',
      doc: 'Whether a replica that lacks acknowledged records may become leader when no other is left.',
    }),
} as const

type Definers = typeof definers

/**
 * The configuration of one topic with all defaults filled in. Sizes are bytes, times ms; `Infinity` where Kafka says -1 or
 * 2^63-1 for no limit.
 */
export type TopicConfig = {
  readonly [K in keyof Definers]: Definers[K] extends () => ConfigDefinition<infer T> ? T : never
}

/** What the definitions say is in force where nothing was set, said once more: most topics have nothing set. */
const defaults: TopicConfig = {
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
}

let made: Readonly<Record<string, ConfigDefinition<unknown>>> | undefined

/** Every configuration of a topic by the name that it has in `TopicConfig`. */
export function topicConfigs(): Readonly<Record<string, ConfigDefinition<unknown>>> {
  made ??= Object.fromEntries(Object.entries(definers).map(([key, define]) => [key, define()]))
  return made
}

/** Names and values as they are kept: Kafka's names, Kafka's texts, and only what differs from the defaults. */
export type TopicConfigTexts = ReadonlyMap<string, string>

/** One line of what `topics describe` tells. */
export interface DescribedConfig {
  readonly name: string
  /** In force. */
  readonly value: string
  readonly defaultValue: string
  /** Whether nothing was set, whatever the value. */
  readonly isDefault: boolean
  readonly type: ConfigDefinition<unknown>['type']
  /** What is allowed, in words. */
  readonly range: string
  readonly doc: string
}

/**
 * Checks one configuration that a user set, and gives the text to keep, which is Kafka's: `7d` becomes `604800000`. Throws
 * `UsageError` naming an unknown configuration with the nearest one, or a bad value with what is allowed.
 */
export function parseTopicConfig(name: string, text: string): string {
  return readConfig(definitionOf(name), text).text
}

/** The configuration in force. Names that this version does not know are left alone; a bad value is a `UsageError`. */
export function resolveTopicConfig(texts: TopicConfigTexts): TopicConfig {
  if (texts.size === 0) return defaults
  const set: Record<string, unknown> = {}
  for (const [key, definition] of Object.entries(topicConfigs())) {
    const text = texts.get(definition.name)
    if (text !== undefined) set[key] = readConfig(definition, text).value
  }
  const config: TopicConfig = { ...defaults, ...set }
  if (config.minCompactionLagMs > config.maxCompactionLagMs) {
    throw new UsageError(
      `min.compaction.lag.ms (${config.minCompactionLagMs}) is greater than max.compaction.lag.ms (${config.maxCompactionLagMs})`,
      { hint: 'set both so that the smaller one is first' },
    )
  }
  return config
}

/** Every configuration with what is in force for a topic, by name; `inherited` are defaults that take the place of Kafka's. */
export function describeTopicConfigs(
  texts: TopicConfigTexts,
  inherited: TopicConfigTexts = new Map(),
): DescribedConfig[] {
  return Object.values(topicConfigs())
    .map(({ name, defaultText, type, range, doc }) => ({
      name,
      value: texts.get(name) ?? inherited.get(name) ?? defaultText,
      defaultValue: inherited.get(name) ?? defaultText,
      isDefault: !texts.has(name),
      type,
      range: range(),
      doc,
    }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** The names of all configurations, sorted. */
export function topicConfigNames(): string[] {
  return Object.values(topicConfigs())
    .map((definition) => definition.name)
    .toSorted()
}

function definitionOf(name: string): ConfigDefinition<unknown> {
  const definitions = Object.values(topicConfigs())
  const found = definitions.find((definition) => definition.name === name)
  if (found !== undefined) return found
  const near = nearest(name, topicConfigNames())
  throw new UsageError(`unknown topic configuration ${JSON.stringify(name.slice(0, 100))}`, {
    hint: near === undefined ? 'tslog topics describe TOPIC --all-configs lists them all' : `did you mean ${near}?`,
  })
}

function readConfig<T>(definition: ConfigDefinition<T>, text: string): { readonly text: string; readonly value: T } {
  const read = definition.read(text)
  if (read !== undefined) return read
  const { name, range, example } = definition
  throw new UsageError(`${name} cannot be ${JSON.stringify(text.slice(0, 100))}: it is ${range()}`, {
    hint: `such as ${name}=${example}`,
  })
}
