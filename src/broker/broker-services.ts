import type { Clock } from '../base/clock.ts'
import { RefusedError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Uuid } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { LentBuffers } from '../network/lent-buffers.ts'
import type { LogDirectory, LogDirectoryOptions } from '../storage/log-directory.ts'
import { readMetaProperties } from '../storage/meta-properties.ts'
import { allowAll } from './authorizer.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { BrokerLog } from './broker-log.ts'
import { tellAppendHealth, tellDamage } from './disk-lines.ts'
import { DelayedOperations } from './delayed-operations.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { GroupCoordinator } from './groups/group-coordinator.ts'
import type { KernelMemory } from './kernel-memory.ts'
import { LocalClusterControl } from './local-cluster-control.ts'
import { logDirectoryUse } from './log-directory-use.ts'
import { type Metrics, noMetrics } from './metrics.ts'
import { ProducerIds } from './producer-ids.ts'
import { ByteQuotas } from './quotas/byte-quotas.ts'
import { QuotaTable } from './quotas/quota-table.ts'
import type { BrokerServices } from './request-context.ts'
import { AccessRules } from './security/access-rules.ts'
import type { BrokerSecurity } from './security/broker-security.ts'
import { Credentials } from './security/credentials.ts'
import { StoredCompression } from './stored-compression.ts'
import { TopicRegistry } from './topic-registry.ts'

export interface ServicesOptions {
  readonly directory: LogDirectoryOptions
  readonly config: BrokerConfig
  readonly clock: Clock
  readonly random: Random
  /** A clock that never jumps, in ms. */
  readonly elapsedMs: () => number
  readonly log: BrokerLog
  readonly metrics?: Metrics
  readonly security?: BrokerSecurity
}

/** What the services of a broker share with it. */
export interface SharedParts {
  readonly directory: LogDirectory
  readonly memory: KernelMemory
  readonly buffers: LentBuffers
  readonly live: { readonly config: BrokerConfig }
}

/** Puts together what the handlers of requests work with, on a directory that is the broker's. Throws `RefusedError` when that says no cluster id. */
export function makeServices(options: ServicesOptions, parts: SharedParts): BrokerServices {
  const { config, random, log } = options
  const { directory, memory, buffers, live } = parts
  const { fileSystem } = options.directory
  const metrics = options.metrics ?? noMetrics
  const identity = identityOf(fileSystem, directory.path)
  const cluster: LocalClusterControl = new LocalClusterControl({
    directory,
    fileSystem,
    random,
    clusterId: identity.clusterId,
    brokerId: identity.nodeId,
    leaderEpochOf: (topic, partition) => topics.leaderEpochOf(topic, partition),
  })
  const topics = new TopicRegistry(
    cluster,
    {
      directory,
      fileSystem,
      flushPolicy: config.flushPolicy,
      buffers,
      crc32c: (bytes) => memory.crc32c(bytes),
      onDamage: (damage) => tellDamage(log, damage),
      onCommit: (batches, elapsedMs) => metrics.committed(batches, elapsedMs),
      onAppendHealth: (partition, failure) => tellAppendHealth(log, partition, failure),
      elapsedMs: options.elapsedMs,
    },
    config,
  )
  return {
    get config() {
      return live.config
    },
    clock: options.clock,
    elapsedMs: options.elapsedMs,
    log,
    metrics,
    ...clientServices(options, directory.path),
    cluster,
    topics,
    delayed: new DelayedOperations({ operationsMax: config.delayedFetchesMax }),
    sessions: new FetchSessions(config.fetchSessionsMax, options.elapsedMs),
    groups: new GroupCoordinator({
      topics,
      cluster,
      config: config.groups,
      clock: options.clock,
      random,
      elapsedMs: options.elapsedMs,
      events: log,
    }),
    producerIds: new ProducerIds(cluster),
    memory,
    compression: new StoredCompression(),
    disk: logDirectoryUse(fileSystem, directory.path),
  }
}

/** What of the services is about clients: who they are, what they may do, and how fast. */
type ClientServices = Pick<BrokerServices, 'authorizer' | 'accessRules' | 'credentials' | 'quotas' | 'quotaTable'>

function clientServices({ directory, security, config, elapsedMs }: ServicesOptions, path: string): ClientServices {
  const { fileSystem } = directory
  const accessRules = security?.access && new AccessRules({ fileSystem, directory: path, ...security.access })
  const quotaTable = new QuotaTable(fileSystem, path)
  return {
    authorizer: accessRules ?? allowAll,
    accessRules,
    credentials: new Credentials(fileSystem, path),
    quotas: new ByteQuotas({ table: quotaTable, windows: config.quotaWindows, now: elapsedMs }),
    quotaTable,
  }
}

/** What `openToWrite` gave a new directory, and Kafka or we an old one. */
function identityOf(fileSystem: FileSystem, path: string): { readonly clusterId: Uuid; readonly nodeId: number } {
  const { clusterId, nodeId = 1 } = readMetaProperties(fileSystem, path) ?? {}
  if (clusterId !== undefined) return { clusterId, nodeId }
  throw new RefusedError(`${path}/meta.properties names no cluster.id`, {
    hint: 'clients need one: add the line cluster.id=NAME',
  })
}
