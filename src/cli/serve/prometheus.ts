import { TslogError } from '../../base/errors.ts'
import {
  type BrokerCounters,
  type RequestCounts,
  requestBucketsMs,
  type TopicCounts,
} from '../../broker/broker-counters.ts'
import type { Broker } from '../../broker/broker.ts'
import type { Partition } from '../../broker/partition.ts'
import type { QuotaFigures } from '../../broker/quotas.ts'
import { version } from '../version.ts'
import { groupFamilies } from './group-metrics.ts'
import type { KeptReplication } from './kept-replication.ts'
import type { MaintenanceJob } from './maintenance-job.ts'
import { maintenanceFamilies } from './maintenance-metrics.ts'
import { replicationFamilies } from './replication-metrics.ts'
import { type MetricFamily, type Sample, simpleFamily } from './metric-family.ts'

/** What is looked at when somebody asks. */
export interface Watched {
  readonly broker: Broker
  readonly counters: BrokerCounters
  readonly replications: () => readonly KeptReplication[]
  readonly maintenanceJobs: readonly MaintenanceJob[]
}

/**
 * The broker's figures in Prometheus' text format, under the names that Kafka's operators know from its JMX exporter. Everything is read when
 * it is asked for: watching costs nothing meanwhile.
 */
export function brokerFamilies(watched: Watched): MetricFamily[] {
  return [
    ...topicFamilies(watched),
    ...requestFamilies(watched),
    ...quotaFamilies(watched),
    ...logFamilies(watched),
    ...groupFamilies(watched.broker.services),
    ...replicationFamilies(watched.replications),
    ...maintenanceFamilies(watched.maintenanceJobs),
    ...processFamilies(),
  ]
}

function topicFamilies({ counters }: Watched): MetricFamily[] {
  const perTopic = (name: string, help: string, key: keyof TopicCounts): MetricFamily => ({
    kind: 'counter',
    name: `kafka_server_brokertopicmetrics_${name}_total`,
    help,
    samples: () => [...counters.topics].map(([topic, counts]): Sample => [{ topic }, counts[key]]),
  })
  return [
    perTopic('messagesin', 'Records that clients produced.', 'recordsIn'),
    perTopic('bytesin', 'Bytes of batches that clients produced.', 'bytesIn'),
    perTopic('bytesout', 'Bytes of batches that clients fetched.', 'bytesOut'),
    perTopic('failedproducerequests', 'Batches of clients that were refused.', 'refusedProduces'),
    perTopic('failedfetchrequests', 'Fetches of a partition that its disk refused.', 'refusedFetches'),
  ]
}

function requestFamilies({ counters }: Watched): MetricFamily[] {
  return [
    {
      kind: 'counter',
      name: 'kafka_network_requestmetrics_requests_total',
      help: 'Requests that were answered, by API and error code; 0 is none.',
      samples: () =>
        [...counters.requests].flatMap(([request, { byErrorCode }]) =>
          [...byErrorCode].map(([error, count]): Sample => [{ request, error: String(error) }, count]),
        ),
    },
    {
      kind: 'histogram',
      name: 'kafka_network_requestmetrics_totaltimems',
      help: 'Milliseconds that requests took, waiting for data included.',
      samples: () => [...counters.requests].flatMap(([request, counts]) => histogramOf(request, counts)),
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

function histogramOf(request: string, { buckets, totalMs }: RequestCounts): Sample[] {
  let count = 0
  const cumulated = buckets.map((inBucket, index): Sample => {
    count += inBucket
    const bound = requestBucketsMs[index]
    return [{ request, le: bound === undefined ? '+Inf' : String(bound) }, count, '_bucket']
  })
  return [...cumulated, [{ request }, totalMs, '_sum'], [{ request }, count, '_count']]
}

/** Partitions that were asked for since the start: the others are not opened only to be looked at. */
function logFamilies({ broker }: Watched): MetricFamily[] {
  const { topics, disk } = broker.services
  const perPartition = (name: string, help: string, valueOf: (partition: Partition) => number): MetricFamily => ({
    kind: 'gauge',
    name: `kafka_log_log_${name}`,
    help,
    samples: () =>
      [...topics.partitions()]
        .filter(({ isOpen }) => isOpen)
        .flatMap((one): Sample[] => {
          const value = lookedUp(() => valueOf(one))
          return value === undefined ? [] : [[{ topic: one.id.topic, partition: one.id.partition }, value]]
        }),
  })
  return [
    perPartition('logstartoffset', 'The first offset that can be read.', (one) => Number(one.offsets().logStartOffset)),
    perPartition('logendoffset', 'The offset that the next record gets.', (one) => Number(one.offsets().logEndOffset)),
    perPartition('size', 'Bytes of the segments.', ({ id }) => disk.sizeOf(id)),
    {
      kind: 'gauge',
      name: 'tslog_partitions_refusing_appends',
      help: 'Partitions whose disk refused what clients appended last: it is full, or has failed and needs a restart.',
      samples: () => refusing([...topics.partitions()]),
    },
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

function refusing(partitions: readonly Partition[]): Sample[] {
  const failures = partitions.flatMap(({ appendFailure }) => appendFailure ?? [])
  const full = failures.filter(({ isWantOfRoom }) => isWantOfRoom).length
  return [
    [{ reason: 'full' }, full],
    [{ reason: 'failed' }, failures.length - full],
  ]
}

/** A partition whose disk fails, or whose topic is being deleted, has no figure, and the others have theirs. */
function lookedUp(look: () => number): number | undefined {
  try {
    return look()
  } catch (error) {
    if (!(error instanceof TslogError)) throw error
    return undefined
  }
}

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
      samples: () => [[{ version: version() }, 1]],
    },
  ]
}
