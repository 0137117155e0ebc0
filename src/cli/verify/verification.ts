import { NotFoundError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import type { TopicPartition } from '../../storage/file-names.ts'
import type { DirectoryCheck } from '../../storage/verify/directory-check.ts'
import { generationNow, type PartitionPlan } from '../../storage/verify/partition-plan.ts'
import { type PartitionReport, reportPartition } from '../../storage/verify/partition-report.ts'
import type { SegmentReport } from '../../storage/verify/segment-check.ts'
import { checkSegments, type SegmentPoolOptions } from './segment-pool.ts'

export interface VerificationOptions {
  readonly fileSystem: FileSystem
  readonly isDeep: boolean
  readonly threads: number
  /** Told how much there is to do before it begins, and how far it is. */
  readonly onProgress: (progress: { bytes: number; records: number; bytesTotal: number }) => void
}

/** A partition as it was looked at, and what that came to. */
export interface VerifiedPartition {
  readonly plan: PartitionPlan
  readonly report: PartitionReport
}

/** How often a partition is looked at anew that others changed while it was looked at. */
const attemptsMax = 4

/** Checks partitions whatever others do to them meanwhile: those that were deleted are left out. */
export async function verifyPartitions(
  check: DirectoryCheck,
  partitions: readonly TopicPartition[],
  options: VerificationOptions,
): Promise<VerifiedPartition[]> {
  const plans = partitions.map((partition) => plan(check, partition, options)).filter((one) => one !== undefined)
  const tasks = plans.flatMap((one) => one.tasks)
  const bytesTotal = tasks.reduce((sum, task) => sum + (task.published?.endPosition ?? task.bytes), 0)
  const pool: SegmentPoolOptions = {
    ...options,
    onProgress: (progress) => options.onProgress({ ...progress, bytesTotal }),
  }
  const segments = await checkSegments(tasks, pool)
  const reports: VerifiedPartition[] = []
  let first = 0
  for (const one of plans) {
    const own = segments.slice(first, first + one.tasks.length)
    first += one.tasks.length
    const report = await settled(check, { plan: one, segments: own }, { ...options, pool })
    if (report !== undefined) reports.push(report)
  }
  return reports
}

interface Attempt {
  readonly plan: PartitionPlan
  readonly segments: readonly (SegmentReport | undefined)[]
}

/** What looks like damage may be a log that was cut, swapped or trimmed under us: then it is looked at again. */
async function settled(
  check: DirectoryCheck,
  attempt: Attempt,
  options: VerificationOptions & { readonly pool: SegmentPoolOptions },
): Promise<VerifiedPartition | undefined> {
  let { plan: current, segments } = attempt
  for (let count = 1; ; count++) {
    const there = segments.filter((one) => one !== undefined)
    const report = reportPartition(current, there)
    const isSure = there.length === segments.length && !report.findings.some(({ severity }) => severity === 'damage')
    const generation = generationNow(options.fileSystem, current.directory)
    const isUnchanged = there.length === segments.length && generation === current.generation
    if (isSure || isUnchanged || count === attemptsMax) return { plan: current, report }
    const next = plan(check, current, options)
    if (next === undefined) return undefined
    current = next
    segments = await checkSegments(next.tasks, { ...options.pool, threads: 0, onProgress: () => undefined })
  }
}

/** `undefined` when the partition is gone. */
function plan(
  check: DirectoryCheck,
  partition: TopicPartition,
  options: VerificationOptions,
): PartitionPlan | undefined {
  try {
    return check.plan(partition, options)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
