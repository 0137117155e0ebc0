import type { Offset } from '../base/brands.ts'
import { DiskError, TslogError } from '../base/errors.ts'
import { partitionDirectoryName } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import { mergeWhereRoomIs } from './offset-checkpoints.ts'
import type { PartitionLog } from './partition-log.ts'
import type { PartitionSegments } from './partition-segments.ts'
import type { PlannedRetention, RetentionOptions } from './retention.ts'
import { cutAt, isExpired } from './retention-plan.ts'
import { deleteOldSegments, removeDeleted } from './segment-deletion.ts'
import { isSameTopic, openSameTopic } from './topic-id-partition.ts'

/** What became of a plan. */
export interface AppliedRetention {
  /** As it was carried out: without segments whose age the log itself did not confirm. */
  readonly planned: PlannedRetention
  readonly deletedSegments: number
  readonly isRolled: boolean
  readonly failure: TslogError | undefined
}

/**
 * Carries out what a `RetentionPlanner` planned, for a command or a server's background alike. The age of each segment that goes for its age is
 * looked up in the log once more. Log start offsets are durable before a file goes, files go from the oldest on, and whoever has
 * a partition open is told. A failure is that of its partition; the others go on. Throws what keeps all of them from being
 * done, such as a checkpoint that cannot be written.
 */
export async function applyRetention(
  directory: LogDirectory,
  planned: readonly PlannedRetention[],
  options: RetentionOptions,
): Promise<AppliedRetention[]> {
  const run = new RetentionRun(directory, options)
  const begun: BegunRetention[] = []
  for (const one of planned) begun.push(await run.begin(one))
  const hasRoom = run.checkpoint(begun)
  const applied = begun.map((one) => run.finish(one, hasRoom))
  // The room that was missing may be there now.
  if (!hasRoom && !run.checkpoint(begun)) {
    options.onWarning?.(
      'no space was left to write log-start-offset-checkpoint: after a power cut, deleted records may be there again',
    )
  }
  return applied
}

/** A partition whose log start offset has moved, or could not be. */
interface BegunRetention {
  readonly planned: PlannedRetention
  readonly isRolled: boolean
  readonly logStartOffset?: Offset
  readonly failure?: TslogError
}

class RetentionRun {
  readonly #directory: LogDirectory
  readonly #options: RetentionOptions

  constructor(directory: LogDirectory, options: RetentionOptions) {
    this.#directory = directory
    this.#options = options
  }

  /** Rolls and moves the log start offset: from now on no reader sees what goes. */
  async begin(planned: PlannedRetention): Promise<BegunRetention> {
    if (isNothing(planned)) return { planned, isRolled: false }
    try {
      const log = this.#open(planned)
      const confirmed = this.#confirmed(planned)
      return isNothing(confirmed) ? { planned: confirmed, isRolled: false } : await this.#begin(confirmed, log)
    } catch (error) {
      return { planned, isRolled: false, failure: expected(error) }
    }
  }

  async #begin(planned: PlannedRetention, log: PartitionLog): Promise<BegunRetention> {
    const isRolled = rollIfPlanned(log, planned)
    if (isRolled && planned.plan.roll === 'segment.ms') await log.sync()
    return { planned, isRolled, logStartOffset: log.advanceLogStart(startOf(planned, isRolled)) }
  }

  /** Makes the new log start offsets durable. False when the disk is full: then files must go before there is room for it. */
  checkpoint(begun: readonly BegunRetention[]): boolean {
    const changes = new Map<string, Offset>()
    const moved = new Map<string, PlannedRetention>()
    for (const { planned, logStartOffset } of begun) {
      if (planned.plan.deletions.length === 0 || logStartOffset === undefined) continue
      changes.set(partitionDirectoryName(planned), logStartOffset)
      moved.set(partitionDirectoryName(planned), planned)
    }
    if (changes.size === 0) return true
    const { fileSystem, lockWaitMs: waitMs } = this.#options
    const isCurrent = (name: string): boolean => this.#isSame(moved.get(name))
    const merge = { changes, waitMs, onlyForward: true, isCurrent }
    return mergeWhereRoomIs(fileSystem, this.#directory.path, 'log-start-offset-checkpoint', merge)
  }

  /** Files go, those of this run and those whose time has come since an earlier one. */
  finish({ planned, isRolled, failure }: BegunRetention, hasRoom: boolean): AppliedRetention {
    if (failure !== undefined) return { planned, deletedSegments: 0, isRolled, failure }
    const { fileSystem, clock } = this.#options
    try {
      const delayMs = hasRoom && !this.#isShortOfRoom(planned) ? planned.deleteDelayMs : 0
      const isDue = planned.plan.deletions.length > 0
      const deleted = isDue ? deleteOldSegments(this.#open(planned), fileSystem, delayMs) : nothingDeleted
      if (this.#isSame(planned)) {
        const path = `${this.#directory.path}/${partitionDirectoryName(planned)}`
        removeDeleted(fileSystem, path, { now: clock.now(), delayMs })
      }
      return { planned, deletedSegments: deleted.count, isRolled, failure: deleted.failure }
    } catch (error) {
      return { planned, deletedSegments: 0, isRolled, failure: expected(error) }
    }
  }

  /** Up to the first segment that is not as old as the time index made it. */
  #confirmed(planned: PlannedRetention): PlannedRetention {
    const { log, plan, limits } = planned
    const now = this.#options.clock.now()
    const wrong = plan.deletions.findIndex(
      ({ reason }, i) => reason === 'retention.ms' && !isStillExpired(log, i, { retentionMs: limits.retentionMs, now }),
    )
    if (wrong < 0) return planned
    const base = log.segments[wrong]?.baseOffset
    this.#options.onWarning?.(
      `${planned.topic}:${planned.partition}: segment ${base} stays: its time index makes it older than its records are`,
    )
    return { ...planned, plan: cutAt(log, plan, wrong) }
  }

  #open(planned: PlannedRetention): PartitionLog {
    return openSameTopic(this.#directory, this.#options.fileSystem, planned)
  }

  #isSame(planned: PlannedRetention | undefined): boolean {
    return planned !== undefined && isSameTopic(this.#options.fileSystem, this.#directory.path, planned)
  }

  /** Whether there is not even room for one more segment: then nothing may wait. */
  #isShortOfRoom({ topic }: PlannedRetention): boolean {
    const { segmentBytes } = this.#directory.config(topic)
    return this.#options.fileSystem.space(this.#directory.path).freeBytes < segmentBytes
  }
}

function isNothing({ plan }: PlannedRetention): boolean {
  return plan.deletions.length === 0 && plan.roll === undefined
}

const nothingDeleted = { count: 0, failure: undefined }

function rollIfPlanned(log: PartitionLog, { log: before, plan }: PlannedRetention): boolean {
  const active = before.segments.at(-1)
  return plan.roll !== undefined && active !== undefined && log.roll(active.endOffset)
}

/** Where the log begins now. When somebody appended since, the active segment is younger than it was, and stays. */
function startOf({ log, plan }: PlannedRetention, isRolled: boolean): Offset {
  const active = log.segments.at(-1)
  return plan.roll === 'deletion' && !isRolled && active !== undefined ? active.baseOffset : plan.logStartOffset
}

function isStillExpired(
  log: PartitionSegments,
  index: number,
  { retentionMs, now }: { readonly retentionMs: number; readonly now: number },
): boolean {
  const segment = log.segments[index]
  try {
    return segment !== undefined && isExpired(segment.confirmedTimestamp(), retentionMs, now)
  } catch (error) {
    // Another process deleted it meanwhile: that it could was decided by the same rules.
    if (error instanceof DiskError && error.code === 'ENOENT') return true
    throw error
  }
}

/** Throws on what is no failure of a partition, but ours. */
function expected(error: unknown): TslogError {
  if (error instanceof TslogError) return error
  throw error
}
