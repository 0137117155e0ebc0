import type { TimestampMs } from '../../base/brands.ts'
import type { Clock } from '../../base/clock.ts'
import type { BrokerLog } from '../../broker/broker-log.ts'
import type { PartitionLag } from '../../replication/replication.ts'
import { partitionDirectoryName, type TopicPartition } from '../../storage/file-names.ts'
import { exitCodeOf, ExitCode } from '../exit-code.ts'
import type { RunWatch } from '../replicate/replication-run.ts'
import type { ReplicationProgress, ReplicationReport } from '../replicate/request.ts'
import { RunTotals } from '../replicate/run-totals.ts'
import type { OwnLog } from './own-logs.ts'
import type { ReplicateEntry } from './replicate-settings.ts'

/** So often the lags of partitions are looked at while much is copied, in ms. */
const lagsEveryMs = 50

export interface KeptReplicationOptions {
  readonly log: BrokerLog
  readonly clock: Clock
  /** A partition of ours as it is now. */
  readonly ownLog: (partition: TopicPartition) => OwnLog | undefined
}

/** What is known of a replication that a server keeps up, for its log and for who watches it. */
export class KeptReplication implements RunWatch {
  readonly entry: ReplicateEntry
  readonly #options: KeptReplicationOptions
  readonly #totals = new RunTotals()
  readonly #lags = new Map<string, PartitionLag>()
  /** Bytes of our logs when all of them was copied. */
  readonly #copiedBytes = new Map<string, number>()
  #lagsMs: TimestampMs = 0
  #lastSuccessMs: TimestampMs | undefined
  #isUp = false
  #breaks = 0
  #errors = 0

  constructor(entry: ReplicateEntry, options: KeptReplicationOptions) {
    this.entry = entry
    this.#options = options
    options.log.info('replication begins', this.#facts)
  }

  /** Whether the copy was where its source is since the last break. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** When the copy was last where its source is. */
  get lastSuccessMs(): TimestampMs | undefined {
    return this.#lastSuccessMs
  }

  /** Breaks of any kind, each of which is followed by another try. */
  get breaks(): number {
    return this.#breaks
  }

  /** Breaks that do not pass by themselves: a copy that has diverged, a login that is refused. */
  get errors(): number {
    return this.#errors
  }

  /** What was copied since the server began. */
  get counts(): RunTotals['counts'] {
    return this.#totals.counts
  }

  /** How far each partition is behind, as was heard last; what is copied from here is behind what the log has now. */
  lags(): PartitionLag[] {
    const lags = [...this.#lags.values()]
    return this.entry.plan.isPull ? lags : lags.map((lag) => this.#lagBehindOwn(lag))
  }

  readonly onProgress = (progress: ReplicationProgress): void => {
    this.#totals.noteProgress(progress)
    const now = this.#options.clock.now()
    if (Math.abs(now - this.#lagsMs) < lagsEveryMs) return
    this.#lagsMs = now
    for (const lag of progress.lags()) this.#lags.set(partitionDirectoryName(lag), lag)
  }

  readonly onReport = ({ partitions, groups }: ReplicationReport): void => {
    this.#lags.clear()
    for (const { topic, partition, toOffset } of partitions) {
      const lag = { topic, partition, copyEndOffset: toOffset, sourceEndOffset: toOffset, missingBytes: 0 }
      const key = partitionDirectoryName(lag)
      this.#lags.set(key, lag)
      this.#copiedBytes.set(key, this.#options.ownLog(lag)?.sizeInBytes ?? 0)
    }
    this.#lastSuccessMs = this.#options.clock.now()
    if (this.#isUp) return
    this.#isUp = true
    this.#options.log.info('replication follows', {
      ...this.#facts,
      partitions: partitions.length,
      groups,
      ...this.counts,
    })
  }

  readonly onWarning = (reason: string): void => {
    this.#options.log.warn('replication warning', { ...this.#facts, reason })
  }

  readonly onBreak = (error: unknown, retryMs: number): void => {
    this.#totals.noteBreak()
    this.#isUp = false
    this.#breaks++
    const reason = error instanceof Error ? error.message : String(error)
    if (exitCodeOf(error) === ExitCode.temporary) {
      this.#options.log.warn('replication broken', { ...this.#facts, reason, retryMs })
      return
    }
    this.#errors++
    this.#options.log.error('replication failed', { ...this.#facts, reason, retryMs })
  }

  /** It was told to stop. */
  noteEnd(): void {
    this.#isUp = false
    this.#options.log.info('replication ends', { ...this.#facts, ...this.counts })
  }

  #lagBehindOwn(lag: PartitionLag): PartitionLag {
    const own = this.#options.ownLog(lag)
    if (own === undefined || own.logEndOffset <= lag.sourceEndOffset) return lag
    const copiedBytes = this.#copiedBytes.get(partitionDirectoryName(lag)) ?? 0
    const missingBytes = Math.max(lag.missingBytes, own.sizeInBytes - copiedBytes)
    return { ...lag, sourceEndOffset: own.logEndOffset, missingBytes }
  }

  get #facts(): { readonly name: string; readonly peer: string; readonly direction: string } {
    const { name, peer, plan } = this.entry
    return { name, peer, direction: plan.isPull ? 'to here' : 'from here' }
  }
}
