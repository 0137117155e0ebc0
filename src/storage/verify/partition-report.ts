import type { LeaderEpoch, Offset } from '../../base/brands.ts'
import { batchFieldAt } from '../../record/record-batch.ts'
import { LEADER_EPOCH_CHECKPOINT, segmentFileName, type TopicPartition } from '../file-names.ts'
import { type EpochRun, judgeEpochs } from './epoch-runs.ts'
import type { Finding } from './finding.ts'
import type { PartitionPlan } from './partition-plan.ts'
import type { SegmentReport } from './segment-check.ts'

/** A batch whose head names a leader epoch that everything around it contradicts. */
export interface StrayEpoch {
  /** Base offset of the segment. */
  readonly baseOffset: Offset
  /** Of the batch, in bytes of the log. */
  readonly position: number
  readonly expected: LeaderEpoch
}

/** What the check of a partition came to. */
export interface PartitionReport extends TopicPartition {
  readonly directory: string
  readonly segments: readonly SegmentReport[]
  readonly bytes: number
  readonly batches: number
  readonly records: number
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  readonly findings: readonly Finding[]
  /** How many more findings there were than are kept. */
  readonly findingsDropped: number
  readonly strayEpochs: readonly StrayEpoch[]
}

/** Brings together what the checks of all segments of a partition found, and what only shows across them. */
export function reportPartition(plan: PartitionPlan, segments: readonly SegmentReport[]): PartitionReport {
  const { topic, partition, directory, logStartOffset } = plan
  const end = segments.at(-1)?.nextOffset ?? logStartOffset
  const logEndOffset = end > logStartOffset ? end : logStartOffset
  const epochs = checkEpochs(plan, segments, logEndOffset)
  return {
    topic,
    partition,
    directory,
    segments,
    bytes: plan.tasks.reduce((sum, task) => sum + (task.published?.endPosition ?? task.bytes), 0),
    batches: segments.reduce((sum, one) => sum + one.batches, 0),
    records: segments.reduce((sum, one) => sum + one.records, 0),
    logStartOffset,
    logEndOffset,
    findings: [...plan.findings, ...segments.flatMap(({ findings }) => findings), ...epochs.findings],
    findingsDropped: segments.reduce((sum, one) => sum + one.findingsDropped, 0),
    strayEpochs: epochs.strays,
  }
}

type PlacedRun = EpochRun & { readonly segment: Offset }

function clipped(run: PlacedRun, start: Offset): PlacedRun[] {
  if (run.endOffset <= start) return []
  return [run.startOffset < start ? { ...run, startOffset: start } : run]
}

function checkEpochs(
  { directory, history, logStartOffset }: PartitionPlan,
  segments: readonly SegmentReport[],
  logEndOffset: Offset,
): { findings: Finding[]; strays: StrayEpoch[] } {
  const path = `${directory}/${LEADER_EPOCH_CHECKPOINT}`
  const wrong = (reason: string): Finding => {
    return { severity: 'damage', kind: 'epoch-history', path, position: 0, end: 0, reason }
  }
  if (history.kind === 'damaged') return { findings: [wrong(history.reason)], strays: [] }
  const { entries } = history.history
  const runs: PlacedRun[] = segments.flatMap((one) =>
    // The history forgets what lies before the log start.
    one.epochs.flatMap((run) => clipped({ ...run, segment: one.baseOffset }, logStartOffset)),
  )
  const { strays, historyReason } = judgeEpochs(runs, entries)
  const late = entries.find(({ startOffset }) => startOffset > logEndOffset)
  const reason =
    historyReason ??
    (late && `it says that leader epoch ${late.epoch} begins at ${late.startOffset}, the log ends at ${logEndOffset}`)
  const findings = strays.map((stray) => strayFinding(directory, stray))
  if (reason !== undefined) findings.push(wrong(reason))
  return {
    findings,
    strays: strays.map(({ run, expected }) => ({ baseOffset: run.segment, position: run.position, expected })),
  }
}

function strayFinding(
  directory: string,
  { run, expected }: { readonly run: PlacedRun; readonly expected: LeaderEpoch },
): Finding {
  const position = run.position + batchFieldAt.partitionLeaderEpoch
  return {
    severity: 'damage',
    kind: 'leader-epoch',
    path: `${directory}/${segmentFileName(run.segment, 'log')}`,
    position,
    end: position + 4,
    firstOffset: run.startOffset,
    nextOffset: run.endOffset,
    reason: `the batch names leader epoch ${run.epoch}, all around it say ${expected}`,
  }
}
