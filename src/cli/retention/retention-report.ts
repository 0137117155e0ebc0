import type { Offset } from '../../base/brands.ts'
import type { PlannedRetention } from '../../storage/retention.ts'
import type { AppliedRetention } from '../../storage/retention-run.ts'
import type { CliContext } from '../context.ts'
import { humanBytes } from '../format/human-units.ts'
import type { JsonValue } from '../format/json-document.ts'
import type { Cell } from '../format/table.ts'
import { counted, printJson, printTable, type ResultOptions, resultStyle } from '../results.ts'
import { reasonTexts, type SegmentOutcome, segmentOutcomes } from './segment-reasons.ts'

/** What retention would do, or did, to some partitions. */
export interface RetentionReport {
  readonly planned: readonly PlannedRetention[]
  /** Undefined for a dry run. */
  readonly applied: readonly AppliedRetention[] | undefined
  /** Every segment, not only those that go. */
  readonly isExplained: boolean
  readonly now: number
  /** Base offsets of the segments of a partition that are recompressed. */
  readonly recompressed: (planned: PlannedRetention) => ReadonlySet<Offset>
}

/** Segments and bytes that go. */
export interface RetentionTotals {
  readonly segments: number
  readonly bytes: number
  readonly rolls: number
}

export function totalsOf(planned: readonly PlannedRetention[]): RetentionTotals {
  let [segments, bytes, rolls] = [0, 0, 0]
  for (const { plan } of planned) {
    segments += plan.deletions.length
    for (const deletion of plan.deletions) bytes += deletion.bytes
    if (plan.roll === 'segment.ms') rolls++
  }
  return { segments, bytes, rolls }
}

/** What of a plan was done: not all of it where something failed, or another process was faster. */
export function carriedOut({ planned, deletedSegments, isRolled }: AppliedRetention): PlannedRetention {
  const { plan } = planned
  const deletions = plan.deletions.slice(0, deletedSegments)
  return { ...planned, plan: { ...plan, deletions, roll: isRolled ? plan.roll : undefined } }
}

/** `3 segments, 1.2 GiB`, and how many are sealed if any are. */
export function totalsText({ segments, bytes, rolls }: RetentionTotals): string {
  const deleted = `${counted(segments, 'segment')}, ${humanBytes(bytes)}`
  return rolls === 0 ? deleted : `${deleted}; ${counted(rolls, 'active segment')} sealed`
}

/** The table of segments: with borders on a terminal, tab-separated in a pipe. */
export async function printSegments(
  report: RetentionReport,
  options: ResultOptions,
  context: CliContext,
): Promise<void> {
  const { isTerminal } = resultStyle(options, context)
  const rows: Cell[][] = []
  for (const planned of report.planned) {
    const reasonText = reasonTexts(planned, report.now)
    for (const outcome of outcomesOf(planned, report)) {
      const { segment, action } = outcome
      const size = isTerminal ? humanBytes(segment.bytes()) : segment.bytes()
      rows.push([planned.topic, planned.partition, segment.baseOffset, size, action, reasonText(outcome)])
    }
  }
  const columns = [
    { title: 'Topic' },
    { title: 'Partition', align: 'right' as const },
    { title: 'Segment', align: 'right' as const },
    { title: 'Bytes', align: 'right' as const },
    { title: 'Action' },
    { title: 'Reason' },
  ]
  await printTable({ columns, rows }, options, context)
}

/** The same as one JSON document, with what became of each partition. */
export function printRetentionJson(
  directory: string,
  report: RetentionReport,
  context: CliContext,
  more: { readonly [name: string]: JsonValue } = {},
): void {
  const { segments, bytes, rolls } = totalsOf(report.planned)
  const partitions = report.planned.map((planned, i) => partitionJson(planned, report, report.applied?.[i]))
  const shown = partitions.filter((one) => one !== undefined)
  const totals = { segments, bytes, rolls }
  printJson({ directory, dryRun: report.applied === undefined, ...totals, ...more, partitions: shown }, context)
}

/** A partition to which nothing happens is shown only when it is asked for. */
function partitionJson(
  planned: PlannedRetention,
  report: RetentionReport,
  applied: AppliedRetention | undefined,
): JsonValue | undefined {
  const { topic, partition, log, plan } = planned
  const segments = outcomesOf(planned, report)
  if (segments.length === 0 && plan.held === undefined && applied?.failure === undefined && !report.isExplained)
    return undefined
  const reasonText = reasonTexts(planned, report.now)
  return {
    topic,
    partition,
    logStartOffset: log.logStartOffset,
    newLogStartOffset: plan.logStartOffset,
    heldBackBy: plan.held === undefined ? null : { segment: plan.held.segment.baseOffset, reason: plan.held.reason },
    deletedSegments: applied?.deletedSegments,
    error: applied?.failure?.message,
    segments: segments.map((outcome) => segmentJson(outcome, reasonText(outcome))),
  }
}

function segmentJson({ segment, action, reason }: SegmentOutcome, text: string): JsonValue {
  const timestamp = segment.timestamp()
  const isKnown = timestamp.source === 'records'
  return {
    baseOffset: segment.baseOffset,
    endOffset: segment.endOffset,
    bytes: segment.bytes(),
    largestTimestamp: isKnown ? timestamp.timestamp : null,
    action,
    reason,
    text,
  }
}

function outcomesOf(planned: PlannedRetention, { isExplained, now, recompressed }: RetentionReport): SegmentOutcome[] {
  return segmentOutcomes(planned, { which: isExplained ? 'all' : 'changed', now, recompressed: recompressed(planned) })
}
