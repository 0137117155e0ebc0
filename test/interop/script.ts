import type { Step } from './clients/tried-client.ts'

/** A step, and whether it must be refused. */
export interface ScriptStep {
  readonly step: Step
  readonly isRefused?: true
}

/** Something that people use Kafka for, and the steps that show it. */
export interface Feature {
  readonly name: string
  /** The steps on topics and groups whose names begin with `prefix`. */
  readonly steps: (prefix: string) => readonly ScriptStep[]
}

const values = Array.from({ length: 40 }, (_, i) => `value ${i} ${'x'.repeat((i * 37) % 400)}`)
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** What a topic has by default there is no telling from a client, so that it is asked for. */
const partitions = 4

/** What every client is told to do, on Apache Kafka and on tslog. */
export const script: readonly Feature[] = [
  ...codecs.map((codec) => ({
    name: `produce ${codec}`,
    steps: (prefix: string) => produced(`${prefix}-${codec}`, codec),
  })),
  { name: 'idempotent', steps: (prefix) => produced(`${prefix}-idempotent`, 'none', true) },
  { name: 'seek by time', steps: soughtByTime },
  {
    name: 'long poll',
    steps: (prefix) => [
      { step: { do: 'create', topic: `${prefix}-wake`, partitions } },
      { step: { do: 'wake', topic: `${prefix}-wake` } },
    ],
  },
  { name: 'groups', steps: grouped },
  { name: 'group admin', steps: groupsAdministrated },
  {
    name: 'static members',
    steps: (prefix) => [
      { step: { do: 'create', topic: `${prefix}-static`, partitions } },
      { step: { do: 'static', topic: `${prefix}-static`, group: `${prefix}-static`, count: partitions } },
    ],
  },
  { name: 'admin', steps: administrated },
  {
    name: 'delete records',
    steps: (prefix) => [
      ...produced(`${prefix}-trimmed`, 'none'),
      { step: { do: 'trim', topic: `${prefix}-trimmed`, offset: 15 } },
      { step: { do: 'bounds', topic: `${prefix}-trimmed` } },
      { step: { do: 'consume', topic: `${prefix}-trimmed`, count: 25, start: 15 } },
      { step: { do: 'trim', topic: `${prefix}-trimmed`, offset: 99 }, isRefused: true },
    ],
  },
  {
    name: 'log dirs',
    steps: (prefix) => [...produced(`${prefix}-dirs`, 'none'), { step: { do: 'logDirs', topic: `${prefix}-dirs` } }],
  },
  {
    name: 'perf test',
    steps: (prefix) => [
      { step: { do: 'create', topic: `${prefix}-perf`, partitions } },
      { step: { do: 'perf', topic: `${prefix}-perf` } },
    ],
  },
]

function produced(topic: string, codec: string, idempotent = false): ScriptStep[] {
  const options = { topic, values, codec, ...(idempotent && { idempotent }) }
  return [
    { step: { do: 'create', topic } },
    { step: { do: 'produce', ...options } },
    { step: { do: 'consume', topic, count: values.length } },
    { step: { do: 'consume', topic, count: 5, start: 35 } },
  ]
}

function soughtByTime(prefix: string): ScriptStep[] {
  const topic = `${prefix}-times`
  const start = 1_700_000_000_000
  return [
    { step: { do: 'create', topic } },
    { step: { do: 'produce', topic, values: ['a', 'b', 'c', 'd'], time: start } },
    { step: { do: 'produce', topic, values: ['e', 'f'], time: start + 100_000, codec: 'gzip' } },
    ...[0, start + 2, start + 50, start + 100_001].map((time) => ({ step: { do: 'at', topic, time } })),
    { step: { do: 'at', topic, time: start + 10 ** 12 } },
    { step: { do: 'bounds', topic } },
  ]
}

function grouped(prefix: string): ScriptStep[] {
  const topic = `${prefix}-shared`
  return [
    { step: { do: 'create', topic, partitions } },
    { step: { do: 'produce', topic, values: ['a', 'b', 'c', 'd'] } },
    { step: { do: 'share', topic, group: topic, count: partitions } },
  ]
}

function groupsAdministrated(prefix: string): ScriptStep[] {
  const topic = `${prefix}-shared`
  return [
    { step: { do: 'committed', topic, group: topic, count: 1 } },
    { step: { do: 'group', group: topic } },
    { step: { do: 'dropGroup', group: topic } },
    { step: { do: 'dropGroup', group: topic }, isRefused: true },
  ]
}

function administrated(prefix: string): ScriptStep[] {
  const topic = `${prefix}-admin`
  const keys = ['cleanup.policy', 'retention.ms', 'segment.bytes', 'compression.type', 'min.insync.replicas']
  return [
    {
      step: { do: 'create', topic, partitions: 2, configs: { 'retention.ms': '3600000', 'cleanup.policy': 'compact' } },
    },
    { step: { do: 'create', topic, partitions: 2 }, isRefused: true },
    { step: { do: 'create', topic: 'not/a/name' }, isRefused: true },
    { step: { do: 'create', topic: `${topic}-not`, configs: { 'retention.ms': 'soon' } }, isRefused: true },
    { step: { do: 'partitions', topic } },
    { step: { do: 'configs', topic, keys } },
    { step: { do: 'alter', topic, configs: { 'retention.ms': '7200000' } } },
    { step: { do: 'configs', topic, keys } },
    { step: { do: 'addPartitions', topic, count: 3 } },
    { step: { do: 'addPartitions', topic, count: 2 }, isRefused: true },
    { step: { do: 'bounds', topic } },
    { step: { do: 'delete', topic } },
    { step: { do: 'delete', topic }, isRefused: true },
  ]
}
