import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import type { TopicPartition } from './file-names.ts'

/** What of a topic's configuration the log of a partition needs. */
export interface PartitionLogConfig {
  readonly segmentBytes: number
  /** segment.ms less this process's share of segment.jitter.ms. */
  readonly segmentMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly fileDeleteDelayMs: number
}

export interface PartitionLogOptions extends TopicPartition {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  /** The log directory; the partition lies in it under its own name. */
  readonly logDirectory: string
  readonly config: PartitionLogConfig
  /** How long an append waits for other writers, in ms. */
  readonly lockWaitMs: number
  /** Whether this process is the server of the log directory, or works beside it without appending: the `served` mark does not stop it. */
  readonly isServer?: boolean
  /** producer.id.expiration.ms: an idempotent producer that wrote nothing for so long is forgotten. Default: Kafka's, a day. */
  readonly producerIdExpirationMs?: number
  /** Whether `.kafka_cleanshutdown` was there when this process opened the directory: a log without word of a writer is as it was closed. */
  readonly wasClosedCleanly?: boolean
  /** A clock that never jumps, in ms: how long a turn lasts. Default: the platform's. */
  readonly elapsedMs?: () => number
  /** Memory for recovery to read batches into. */
  readonly makeWindow?: () => BatchWindow
  /** Told what recovery cut, left or set aside, one line each. */
  readonly onWarning?: (warning: string) => void
}
