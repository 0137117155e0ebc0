import { type LeaderEpoch, NO_LEADER_EPOCH, type Offset } from '../../base/brands.ts'
import type { LeaderEpochEntry } from '../leader-epoch-history.ts'

/** Batches of one segment that follow one another and name the same leader epoch. */
export interface EpochRun extends LeaderEpochEntry {
  /** Of the first of them, in bytes of the log. */
  readonly position: number
  /** The offset after the last of them. */
  endOffset: Offset
  batches: number
}

/** More are not kept: a leader epoch lasts longer than a few batches. */
const runsMax = 10_000

/** Takes note of a batch that is where it should be. */
export function noteEpoch(
  runs: EpochRun[],
  epoch: LeaderEpoch,
  batch: Pick<EpochRun, 'startOffset' | 'endOffset' | 'position'>,
): void {
  const last = runs.at(-1)
  if (last?.epoch === epoch) {
    last.batches++
    last.endOffset = batch.endOffset
  } else if (runs.length < runsMax) runs.push({ epoch, ...batch, batches: 1 })
}

/** What the epochs in the heads of batches, which no checksum covers, and the history of the partition say of one another. */
export interface EpochJudgement<Run extends EpochRun> {
  /** Single batches that contradict a history which everything around them confirms, with the epoch that is right. */
  readonly strays: readonly { readonly run: Run; readonly expected: LeaderEpoch }[]
  /** Why the history cannot be right, if so. */
  readonly historyReason: string | undefined
}

/** Holds the runs of all segments, in the order of the log, against the history. */
export function judgeEpochs<Run extends EpochRun>(
  runs: readonly Run[],
  history: readonly LeaderEpochEntry[],
): EpochJudgement<Run> {
  const strays: { run: Run; expected: LeaderEpoch }[] = []
  let historyReason: string | undefined
  for (const [at, run] of runs.entries()) {
    const { expected, isRight } = compare(run, history)
    if (isRight) continue
    if (expected !== undefined && isAlone(runs, at)) strays.push({ run, expected })
    else historyReason ??= reasonOf(run, expected)
  }
  return { strays, historyReason }
}

/** What the history says of a run: one epoch from its first batch to its last, if both are right. */
function compare(
  { epoch, startOffset, endOffset }: EpochRun,
  history: readonly LeaderEpochEntry[],
): { readonly expected: LeaderEpoch | undefined; readonly isRight: boolean } {
  const first = history.findLast((entry) => entry.startOffset <= startOffset)?.epoch
  const inner = history.find((entry) => entry.startOffset > startOffset && entry.startOffset < endOffset)?.epoch
  const isRight = epoch === NO_LEADER_EPOCH || (first === epoch && inner === undefined)
  return { expected: first === epoch ? inner : first, isRight }
}

/** The history that the batches tell: without epochs that a single batch names between others, and none that goes back. */
export function historyOf(runs: readonly EpochRun[]): LeaderEpochEntry[] {
  const entries: LeaderEpochEntry[] = []
  for (const [at, { epoch, startOffset }] of runs.entries()) {
    const isSpike = isAlone(runs, at) && (runs[at + 1]?.epoch ?? epoch) < epoch
    if (!isSpike && epoch > (entries.at(-1)?.epoch ?? NO_LEADER_EPOCH)) entries.push({ epoch, startOffset })
  }
  return entries
}

/** Whether no other batch beside it names the epoch. */
function isAlone(runs: readonly EpochRun[], at: number): boolean {
  const run = runs[at]
  return run?.batches === 1 && runs[at - 1]?.epoch !== run.epoch && runs[at + 1]?.epoch !== run.epoch
}

function reasonOf({ epoch, startOffset }: EpochRun, says: LeaderEpoch | undefined): string {
  const history = says === undefined ? 'it knows none there' : `it says ${says}`
  return `the batches from offset ${startOffset} on are of leader epoch ${epoch}, ${history}`
}
