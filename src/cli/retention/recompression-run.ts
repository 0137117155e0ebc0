import type { Offset } from '../../base/brands.ts'
import { TslogError } from '../../base/errors.ts'
import { kernelBatchWindow } from '../../record/batch-window.ts'
import { createKernel } from '../../record/kernel/kernel.ts'
import { isInternalTopic, partitionDirectoryName } from '../../storage/file-names.ts'
import type { LogDirectory, LogDirectoryOptions } from '../../storage/log-directory.ts'
import { recompressPartition, type RecompressionTarget, segmentsToRecompress } from '../../storage/recompression.ts'
import type { PlannedRetention } from '../../storage/retention.ts'
import type { CliContext } from '../context.ts'
import { humanBytes } from '../format/human-units.ts'
import type { JsonValue } from '../format/json-document.ts'
import { countedOn, progressLineOf, showStatusOnSignal } from '../progress.ts'
import { nameOf } from '../consume/reports.ts'
import { counted, warn } from '../results.ts'
import { RecompressionThreads } from './recompression-threads.ts'

/** What recompressing came to, over all partitions. */
export interface RecompressedTotals {
  segments: number
  bytesBefore: number
  bytesAfter: number
  damaged: number
  readonly failures: TslogError[]
}

interface RecompressionSurroundings {
  readonly directory: LogDirectory
  readonly location: LogDirectoryOptions
  readonly options: { readonly quiet: boolean }
  readonly context: CliContext
}

/** Closed segments of a partition that retention leaves and that were not recompressed so far. Kafka's own topics are left alone. */
export function recompressible(
  { directory, location }: Pick<RecompressionSurroundings, 'directory' | 'location'>,
  { plan, log, ...where }: PlannedRetention,
  target: RecompressionTarget,
): ReadonlySet<Offset> {
  if (isInternalTopic(where.topic)) return new Set()
  const path = `${directory.path}/${partitionDirectoryName(where)}`
  const bases = segmentsToRecompress(location.fileSystem, path, target)
  const left = new Set(log.segments.slice(plan.deletions.length).map(({ baseOffset }) => baseOffset))
  return new Set(bases.filter((base) => left.has(base)))
}

/** `recompressed 3 segments, 1.2 GiB to 310 MiB`. */
export function recompressedText({ segments, bytesBefore, bytesAfter }: RecompressedTotals): string {
  return `recompressed ${counted(segments, 'segment')}, ${humanBytes(bytesBefore)} to ${humanBytes(bytesAfter)}`
}

export function recompressedJson({ failures, ...counts }: RecompressedTotals): { readonly [name: string]: JsonValue } {
  return { recompressed: { ...counts, failed: failures.length } }
}

const windowBytes = 1024 * 1024
/** Between two turns of the event loop: a second's work. */
const bytesPerTurn = 4 * 1024 * 1024

/** Recompresses what `recompressible` says, one partition after the other; what fails in one does not keep it from the others. */
export async function recompress(
  surroundings: RecompressionSurroundings,
  partitions: readonly PlannedRetention[],
  target: RecompressionTarget,
): Promise<RecompressedTotals> {
  const totals: RecompressedTotals = { segments: 0, bytesBefore: 0, bytesAfter: 0, damaged: 0, failures: [] }
  const due = partitions.filter((one) => recompressible(surroundings, one, target).size > 0)
  if (due.length === 0) return totals
  const recompressor = new RecompressionThreads(target)
  const window = kernelBatchWindow(createKernel({ memoryBytes: windowBytes }))
  const line = progressLineOf(surroundings.context, surroundings.options)
  const onBytes = countedOn(line, { bytesTotal: closedBytes(due), bytesPerTurn })
  using _ = showStatusOnSignal(line)
  try {
    for (const one of due) {
      const { fileSystem, onWarning } = surroundings.location
      const warned = onWarning === undefined ? {} : { onWarning }
      const how = { ...target, ...warned, fileSystem, recompressor, window, onBytes }
      const failure = await add(totals, () => recompressPartition(surroundings.directory, one, how))
      line.clear()
      if (failure !== undefined) warn(`${nameOf(one)}: ${failure.message}`, { quiet: false }, surroundings.context)
      surroundings.directory.closeLog(one)
    }
  } finally {
    line.clear()
    recompressor.close()
  }
  return totals
}

async function add(
  totals: RecompressedTotals,
  run: () => Promise<Omit<RecompressedTotals, 'failures'>>,
): Promise<TslogError | undefined> {
  try {
    const { segments, bytesBefore, bytesAfter, damaged } = await run()
    totals.segments += segments
    totals.bytesBefore += bytesBefore
    totals.bytesAfter += bytesAfter
    totals.damaged += damaged
    return undefined
  } catch (error) {
    if (!(error instanceof TslogError)) throw error
    totals.failures.push(error)
    return error
  }
}

function closedBytes(due: readonly PlannedRetention[]): number {
  const closed = due.flatMap(({ log, plan }) => log.segments.slice(plan.deletions.length, -1))
  return closed.reduce((sum, segment) => sum + segment.bytes(), 0)
}
