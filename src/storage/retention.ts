import type { Clock } from '../base/clock.ts'
import { DiskError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { type BudgetPartition, planBudget } from './budget-plan.ts'
import { partitionDirectoryName, type TopicPartition } from './file-names.ts'
import type { LogDirectory, Topic } from './log-directory.ts'
import { type OffsetMap, readOffsetCheckpoint } from './offset-checkpoints.ts'
import { type PartitionBytes, partitionBytes, PartitionSegments } from './partition-segments.ts'
import {
  budgetCandidates,
  planRetention,
  type RetentionLimits,
  type RetentionPlan,
  withBudget,
} from './retention-plan.ts'
import type { TopicConfig } from './topic-configs.ts'
import type { TopicIdPartition } from './topic-id-partition.ts'

export interface RetentionOptions {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  /** How long to wait for other writers, in ms. */
  readonly lockWaitMs: number
  /** Told what people should know, one line each. */
  readonly onWarning?: (warning: string) => void
}

/** What is to be done to one partition, and by what it was decided. */
export interface PlannedRetention extends TopicIdPartition {
  readonly log: PartitionSegments
  readonly limits: RetentionLimits
  readonly plan: RetentionPlan
  /** How long the files of dropped segments stay, in ms. */
  readonly deleteDelayMs: number
}

/** How often a partition is looked at anew whose files others rename or remove at that moment. */
const attemptsMax = 8

/** What retention would do to the partitions of a directory now; `applyRetention` does it. Changes nothing and takes no lock. */
export class RetentionPlanner {
  readonly #directory: LogDirectory
  readonly #options: RetentionOptions
  #logStarts: OffsetMap | undefined
  readonly #configs = new Map<string, TopicConfig>()

  constructor(directory: LogDirectory, options: RetentionOptions) {
    this.#directory = directory
    this.#options = options
  }

  /** What the topic's configuration asks for in one of its partitions. Segments that vanish meanwhile are not in the plan. */
  plan(topic: Topic, partition: number): PlannedRetention {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#plan(topic, partition)
      } catch (error) {
        const isGone = error instanceof DiskError && error.code === 'ENOENT'
        if (!isGone || attempt === attemptsMax) throw error
      }
    }
  }

  #plan(topic: Topic, partition: number): PlannedRetention {
    const { fileSystem, clock } = this.#options
    const where = { topic: topic.name, partition, topicId: topic.id }
    const key = partitionDirectoryName(where)
    const marked = this.#logStartCheckpoint().get(key)
    const view = { fileSystem, directory: this.#pathOf(where) }
    const log = new PartitionSegments(marked === undefined ? view : { ...view, logStartCheckpoint: marked })
    const config = this.#configOf(topic)
    const limits = limitsOf(topic, config)
    const plan = planRetention(log, limits, clock.now())
    return { ...where, log, limits, plan, deleteDelayMs: config.fileDeleteDelayMs }
  }

  /**
   * The same plans with what a budget of `budgetBytes` for all of `planned` takes besides; `overBytes` is what is left above it: active segments and
   * topics that are only compacted are not touched. Files go at once then, since the room is needed.
   */
  planBudget(
    planned: readonly PlannedRetention[],
    budgetBytes: number,
    weightOf: (topic: string) => number,
  ): { readonly planned: readonly PlannedRetention[]; readonly usedBytes: number; readonly overBytes: number } {
    const sizes = planned.map((one) => partitionBytes(this.#options.fileSystem, this.#pathOf(one)))
    const usedBytes = sizes.reduce((sum, { total }) => sum + total, 0)
    const due = planned.reduce((sum, one, i) => sum + dueBytes(one, sizes[i]), 0)
    const partitions = planned.map((one, i) => budgetPartition(one, sizes[i], weightOf(one.topic)))
    const counts = planBudget(partitions, usedBytes - due - budgetBytes, this.#options.clock.now())
    const taken = partitions.reduce((sum, { segments }, i) => sum + bytesOf(segments.slice(0, counts[i] ?? 0)), 0)
    return {
      planned: planned.map((one, i) => ({
        ...one,
        plan: withBudget(one.log, one.plan, counts[i] ?? 0),
        deleteDelayMs: 0,
      })),
      usedBytes,
      overBytes: Math.max(0, usedBytes - due - taken - budgetBytes),
    }
  }

  /** Read once for all partitions of a topic. */
  #configOf({ name }: Topic): TopicConfig {
    const known = this.#configs.get(name) ?? this.#directory.config(name)
    this.#configs.set(name, known)
    return known
  }

  #logStartCheckpoint(): OffsetMap {
    const { fileSystem } = this.#options
    this.#logStarts ??= readOffsetCheckpoint(fileSystem, this.#directory.path, 'log-start-offset-checkpoint').offsets
    return this.#logStarts
  }

  #pathOf(partition: TopicPartition): string {
    return `${this.#directory.path}/${partitionDirectoryName(partition)}`
  }
}

/** What a topic's configuration asks for. A topic that Kafka keeps for itself is compacted unless it says otherwise. */
function limitsOf(topic: Topic, config: TopicConfig): RetentionLimits {
  const policy = topic.isInternal && !topic.configs.has('cleanup.policy') ? ['compact'] : config.cleanupPolicy
  const { retentionMs, retentionBytes, segmentMs, maxCompactionLagMs } = config
  return {
    deletes: policy.includes('delete'),
    retentionMs,
    retentionBytes,
    segmentMs: policy.includes('compact') ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs,
  }
}

function dueBytes({ plan }: PlannedRetention, sizes: PartitionBytes | undefined): number {
  return plan.deletions.reduce((sum, { segment }) => sum + (sizes?.bySegment.get(segment.baseOffset) ?? 0), 0)
}

function budgetPartition(
  { log, plan, limits }: PlannedRetention,
  sizes: PartitionBytes | undefined,
  weight: number,
): BudgetPartition {
  const segments = limits.deletes ? budgetCandidates(log, plan) : []
  return {
    weight,
    segments: segments.map((segment) => {
      const timestamp = segment.timestamp()
      return {
        bytes: sizes?.bySegment.get(segment.baseOffset) ?? 0,
        timestamp: timestamp.source === 'damaged' ? segment.writtenMs() : timestamp.timestamp,
      }
    }),
  }
}

function bytesOf(segments: readonly { readonly bytes: number }[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0)
}
