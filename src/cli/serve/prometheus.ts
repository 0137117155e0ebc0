import { Registry } from 'prom-client'
import { type BrokerCounters, requestBucketsMs } from '../../broker/broker-counters.ts'
import type { Broker } from '../../broker/broker.ts'
import type { QuotaFigures } from '../../broker/quotas.ts'
import { version } from '../version.ts'
import { groupFamilies } from './group-metrics.ts'
import type { KeptReplication } from './kept-replication.ts'
import { replicationFamilies } from './replication-metrics.ts'
import { addFamily, type MetricFamily, type Sample, simpleFamily } from './metric-family.ts'

/** What is looked at when somebody asks. */
export interface Watched {
  readonly broker: Broker
  readonly counters: BrokerCounters
  readonly replications: () => readonly KeptReplication[]
}

/**
 * The broker's figures in Prometheus' text format, under the names that Kafka's operators know from its JMX exporter. Everything is read when
 * it is asked for: watching costs nothing meanwhile.
 */
export function prometheusRegistry(watched: Watched): Registry {
  const registry = new Registry()
  const families = [
    topicFamilies(watched),
    requestFamilies(watched),
    quotaFamilies(watched),
    logFamilies(watched),
    groupFamilies(watched.broker.services),
    replicationFamilies(watched.replications),
    processFamilies(),
  ]
  for (const family of families.flat()) addFamily(registry, family)
  return registry
}

function topicFamilies({ counters }: Watched): MetricFamily[] {
  const perTopic = (name: string, help: string, key: 'recordsIn' | 'bytesIn' | 'bytesOut'): MetricFamily => ({
    kind: 'counter',
    name: `kafka_server_brokertopicmetrics_${name}_total`,
    help,
    labels: ['topic'],
    samples: () => [...counters.topics].map(([topic, counts]): Sample => [{ topic }, counts[key]]),
  })
  return [
    perTopic('messagesin', 'Records that clients produced.', 'recordsIn'),
    perTopic('bytesin', 'Bytes of batches that clients produced.', 'bytesIn'),
    perTopic('bytesout', 'Bytes of batches that clients fetched.', 'bytesOut'),
  ]
}

function requestFamilies({ counters }: Watched): MetricFamily[] {
  return [
    {
      kind: 'counter',
      name: 'kafka_network_requestmetrics_requests_total',
      help: 'Requests that were answered, by API and error code; 0 is none.',
      labels: ['request', 'error'],
      samples: () =>
        [...counters.requests].flatMap(([request, { byErrorCode }]) =>
          [...byErrorCode].map(([error, count]): Sample => [{ request, error: String(error) }, count]),
        ),
    },
    {
      kind: 'counter',
      name: 'kafka_network_requestmetrics_totaltimems_bucket',
      help: 'Requests that took at most so many ms, waiting for data included.',
      labels: ['request', 'le'],
      samples: () => [...counters.requests].flatMap(([request, { buckets }]) => cumulated(request, buckets)),
    },
    {
      kind: 'counter',
      name: 'kafka_network_requestmetrics_totaltimems_sum',
      help: 'Milliseconds that requests took.',
      labels: ['request'],
      samples: () => [...counters.requests].map(([request, { totalMs }]): Sample => [{ request }, totalMs]),
    },
    simpleFamily(
      'gauge',
      'kafka_server_socketservermetrics_connection_count',
      'Connections that are open.',
      () => counters.openConnections,
    ),
    simpleFamily('counter', 'tslog_commits_total', 'Syncs that made appended batches durable.', () => counters.commits),
    simpleFamily(
      'counter',
      'tslog_committed_batches_total',
      'Batches that were made durable by these.',
      () => counters.committedBatches,
    ),
  ]
}

/** Clients with quotas, under the names of Kafka's sensors. */
function quotaFamilies({ broker }: Watched): MetricFamily[] {
  const { quotas } = broker.services
  const perQuota = (name: string, help: string, valueOf: (figures: QuotaFigures) => number): MetricFamily[] =>
    (
      [
        ['produce', 'producer_byte_rate'],
        ['fetch', 'consumer_byte_rate'],
      ] as const
    ).map(([api, quota]) => ({
      kind: 'gauge',
      name: `kafka_server_${api}_${name}`,
      help,
      labels: ['user', 'client_id'],
      samples: () =>
        quotas
          .figures()
          .filter((one) => one.quota === quota)
          .map((one): Sample => [{ user: one.user, client_id: one.clientId }, valueOf(one)]),
    }))
  return [
    ...perQuota('byte_rate', 'Bytes a second of clients with a quota.', (one) => one.bytesPerSecond),
    ...perQuota('throttle_time', 'How long they were held back on average, in ms.', (one) => one.throttleMs),
  ]
}

function cumulated(request: string, buckets: readonly number[]): Sample[] {
  let sum = 0
  return buckets.map((count, index): Sample => {
    sum += count
    const bound = requestBucketsMs[index]
    return [{ request, le: bound === undefined ? '+Inf' : String(bound) }, sum]
  })
}

/** Partitions that were asked for since the start: the others are not opened only to be looked at. */
function logFamilies({ broker }: Watched): MetricFamily[] {
  const { topics, disk } = broker.services
  const perPartition = (name: string, help: string, valueOf: (offsets: OffsetsOf) => number): MetricFamily => ({
    kind: 'gauge',
    name: `kafka_log_log_${name}`,
    help,
    labels: ['topic', 'partition'],
    samples: () =>
      [...topics.partitions()]
        .filter(({ isOpen }) => isOpen)
        .map((one): Sample => [{ topic: one.id.topic, partition: one.id.partition }, valueOf(one)]),
  })
  return [
    perPartition('logstartoffset', 'The first offset that can be read.', (one) => Number(one.offsets().logStartOffset)),
    perPartition('logendoffset', 'The offset that the next record gets.', (one) => Number(one.offsets().logEndOffset)),
    perPartition('size', 'Bytes of the segments.', ({ id }) => disk.sizeOf(id)),
    simpleFamily('gauge', 'kafka_server_replicamanager_partitioncount', 'Partitions that are served.', () =>
      topics.all().reduce((sum, { partitions }) => sum + partitions.length, 0),
    ),
    simpleFamily(
      'gauge',
      'tslog_disk_free_bytes',
      'Room left on the disk of the directory.',
      () => disk.space.freeBytes,
    ),
  ]
}

type OffsetsOf = Broker['services']['topics'] extends { partitions(): Iterable<infer One> } ? One : never

function processFamilies(): MetricFamily[] {
  const startedSeconds = Date.now() / 1_000 - process.uptime()
  return [
    simpleFamily('gauge', 'process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss()),
    simpleFamily('counter', 'process_cpu_seconds_total', 'Processor time used, in seconds.', () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    }),
    simpleFamily(
      'gauge',
      'process_start_time_seconds',
      'When it was started, in seconds since 1970.',
      () => startedSeconds,
    ),
    {
      kind: 'gauge',
      name: 'tslog_build_info',
      help: 'The version that runs.',
      labels: ['version'],
      samples: () => [[{ version: version() }, 1]],
    },
  ]
}
