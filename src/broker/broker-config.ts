import { type GroupCoordinatorConfig, groupCoordinatorDefaults } from '../coordinator/group-coordinator-config.ts'
import { defaultServerLimits, type ServerLimits } from '../network/server-limits.ts'
import type { SampleWindows } from './quotas/recent-samples.ts'

/** When an acknowledged batch is on the disk: before the answer, many requests per sync, or whenever the system likes (Kafka's default). */
export type FlushPolicy = 'sync' | 'os'

/** What a broker can be told; Kafka's names in the comments where it has one, and its defaults. Sizes are bytes, times ms. */
export interface BrokerConfig {
  readonly flushPolicy: FlushPolicy
  /** auto.create.topics.enable: whether a producer or consumer that names a topic makes it. */
  readonly autoCreateTopics: boolean
  /** delete.topic.enable: whether clients may delete topics. */
  readonly isTopicDeletionEnabled: boolean
  /** num.partitions: of topics whose creator leaves it to the broker. */
  readonly numPartitions: number
  /** message.max.bytes: of topics without a max.message.bytes of their own. */
  readonly messageBytesMax: number
  /** fetch.max.bytes: the most records in one answer to a Fetch, whatever the client asks for. */
  readonly fetchBytesMax: number
  /** max.incremental.fetch.session.cache.slots. */
  readonly fetchSessionsMax: number
  /** producer.id.expiration.ms. */
  readonly producerIdExpirationMs: number
  /** Delayed fetches of the whole broker; beyond it an answer comes at once, with whatever there is. */
  readonly delayedFetchesMax: number
  /** group.*, offset.* and offsets.* */
  readonly groups: GroupCoordinatorConfig
  /** quota.window.num and quota.window.size.seconds. */
  readonly quotaWindows: SampleWindows
  readonly limits: ServerLimits
}

export const defaultBrokerConfig: BrokerConfig = {
  flushPolicy: 'sync',
  autoCreateTopics: true,
  isTopicDeletionEnabled: true,
  numPartitions: 1,
  messageBytesMax: 1_048_588,
  fetchBytesMax: 57_671_680,
  fetchSessionsMax: 1000,
  producerIdExpirationMs: 86_400_000,
  delayedFetchesMax: 10_000,
  groups: groupCoordinatorDefaults,
  quotaWindows: { count: 11, sizeMs: 1000 },
  limits: defaultServerLimits,
}
