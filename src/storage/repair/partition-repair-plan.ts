import type { Offset } from '../../base/brands.ts'
import type { Uuid } from '../../base/uuid.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import {
  LEADER_EPOCH_CHECKPOINT,
  METADATA_TOPIC,
  PARTITION_METADATA,
  parsePartitionFile,
  segmentFileName,
} from '../file-names.ts'
import type { LeaderEpochEntry } from '../leader-epoch-history.ts'
import { historyOf } from '../verify/epoch-runs.ts'
import type { Finding } from '../verify/finding.ts'
import type { PartitionPlan } from '../verify/partition-plan.ts'
import type { PartitionReport } from '../verify/partition-report.ts'
import { fileAction, type RepairAction } from './repair-action.ts'
import { describeMend, planMend, type SegmentMend } from './segment-mend.ts'

/** What is to be done to one partition. */
export interface PartitionRepairPlan {
  /** Oldest first; segments whose log is in order are left out. */
  readonly mends: readonly SegmentMend[]
  /** Base offsets of closed segments whose indexes are made anew. */
  readonly indexes: readonly Offset[]
  /** Offsets of producer snapshots that are removed, and made anew where a segment begins. */
  readonly snapshots: readonly Offset[]
  /** The history that is right, and whether it differs from the file. */
  readonly history: { readonly entries: readonly LeaderEpochEntry[]; readonly isChanged: boolean }
  /** Written to `partition.metadata`. */
  readonly topicId: Uuid | undefined
  /** Paths of files that get a harmless name. */
  readonly misnamed: readonly string[]
  /** Paths of files of no value. */
  readonly useless: readonly string[]
  /** A swap of segments that was not finished, or what a killed writer left behind the log's end. */
  readonly isUnsettled: boolean
  /** Where a log without segments goes on. */
  readonly beginAt: Offset | undefined
  /** All of it in words, for people. */
  readonly actions: readonly RepairAction[]
  /** What no repair can mend. */
  readonly incurable: readonly Finding[]
}

/** Decides what is to be done about the findings of a partition. Changes nothing. */
export function planPartitionRepair(
  fileSystem: FileSystem,
  plan: PartitionPlan,
  report: PartitionReport,
): PartitionRepairPlan {
  const planned = new RepairPlanning(fileSystem, plan, report).plan()
  return plan.topic === METADATA_TOPIC ? untouched(planned, report) : planned
}

/** What Kafka's controllers agreed on is never ours to write. */
function untouched({ history }: PartitionRepairPlan, { findings }: PartitionReport): PartitionRepairPlan {
  return {
    mends: [],
    indexes: [],
    snapshots: [],
    history: { ...history, isChanged: false },
    topicId: undefined,
    misnamed: [],
    useless: [],
    isUnsettled: false,
    beginAt: undefined,
    actions: [],
    incurable: findings.filter(({ severity }) => severity === 'damage'),
  }
}

class RepairPlanning {
  readonly #fileSystem: FileSystem
  readonly #plan: PartitionPlan
  readonly #report: PartitionReport
  readonly #actions: RepairAction[] = []

  constructor(fileSystem: FileSystem, plan: PartitionPlan, report: PartitionReport) {
    this.#fileSystem = fileSystem
    this.#plan = plan
    this.#report = report
  }

  plan(): PartitionRepairPlan {
    const mends = this.#mends()
    return {
      mends,
      indexes: this.#indexes(mends),
      snapshots: this.#snapshots(),
      history: this.#history(),
      topicId: this.#topicId(),
      misnamed: this.#files(
        ({ kind, severity }) => kind === 'name' && severity === 'damage',
        (path) => fileAction('set-aside', path, 'add .corrupt to its name'),
      ),
      useless: this.#files(isUseless, (path) => fileAction('settle', path, 'remove what was not finished')),
      isUnsettled: this.#isUnsettled(),
      beginAt: this.#beginAt(),
      actions: this.#actions,
      incurable: this.#report.findings.filter(({ kind }) => kind === 'records' || kind === 'overlap'),
    }
  }

  #mends(): SegmentMend[] {
    const { directory, segments, strayEpochs } = this.#report
    const touched = segments.filter(
      ({ baseOffset, stretches }) =>
        stretches.length > 0 || strayEpochs.some((stray) => stray.baseOffset === baseOffset),
    )
    const mends = touched.map((segment) => planMend(this.#fileSystem, directory, segment, strayEpochs))
    for (const mend of mends) this.#actions.push(...describeMend(directory, mend))
    return mends
  }

  #indexes(mends: readonly SegmentMend[]): Offset[] {
    // Beside bytes that were no batch, not all of the indexes could be checked.
    const isBlind = ({ baseOffset }: SegmentMend): boolean =>
      this.#report.segments.some(
        (one) => one.baseOffset === baseOffset && one.stretches.some(({ kind }) => kind !== 'tail'),
      )
    const bases = new Set(mends.filter(isBlind).map(({ baseOffset }) => baseOffset))
    for (const { kind, path } of this.#report.findings) {
      if (!indexKinds.has(kind)) continue
      const file = fileOf(path)
      if (file.kind === 'segment') bases.add(file.baseOffset)
    }
    const sorted = [...bases].sort((one, other) => (one < other ? -1 : 1))
    for (const base of sorted) {
      const path = `${this.#report.directory}/${segmentFileName(base, 'index')}`
      this.#actions.push(fileAction('rebuild', path, 'make the indexes of the segment anew from its log'))
    }
    return sorted
  }

  #snapshots(): Offset[] {
    const offsets: Offset[] = []
    for (const path of this.#files(
      ({ kind }) => kind === 'snapshot',
      (one) => fileAction('rebuild', one, 'make it anew from the log'),
    )) {
      const file = fileOf(path)
      if (file.kind === 'snapshot') offsets.push(file.offset)
    }
    return offsets
  }

  #history(): PartitionRepairPlan['history'] {
    const { history } = this.#plan
    const isWrong = this.#report.findings.some(({ kind }) => kind === 'epoch-history')
    const known = history.kind === 'history' ? history.history.entries : []
    if (!isWrong) return { entries: known, isChanged: false }
    const told = historyOf(this.#report.segments.flatMap(({ epochs }) => epochs))
    const last = told.at(-1)
    const { logEndOffset } = this.#report
    // An epoch may have been given although no batch has it yet.
    const given = known.filter(
      ({ epoch, startOffset }) =>
        startOffset <= logEndOffset && (last === undefined || (epoch > last.epoch && startOffset > last.startOffset)),
    )
    const path = `${this.#report.directory}/${LEADER_EPOCH_CHECKPOINT}`
    this.#actions.push(fileAction('rebuild', path, 'make it anew from the leader epochs of the batches'))
    return { entries: [...told, ...given.filter((one) => isBehind(one, this.#report))], isChanged: true }
  }

  #topicId(): Uuid | undefined {
    const isWrong = this.#report.findings.some((one) => one.kind === 'partition-metadata' && one.severity === 'damage')
    if (!isWrong || this.#plan.topicId === undefined) return undefined
    const path = `${this.#report.directory}/${PARTITION_METADATA}`
    this.#actions.push(fileAction('rebuild', path, `write the topic id ${this.#plan.topicId}`))
    return this.#plan.topicId
  }

  #isUnsettled(): boolean {
    const swaps = this.#files(isSwap, (path) => fileAction('settle', path, 'finish or undo the swap it belongs to'))
    const tails = this.#files(
      ({ kind, severity }) => kind === 'torn-tail' && severity === 'note',
      (path) => fileAction('settle', path, 'keep what is whole of what a killed writer left, cut the rest'),
    )
    const states = this.#files(
      ({ kind, path }) => kind === 'checkpoint' && fileOf(path).kind === 'lock',
      (path) => fileAction('rebuild', path, 'leave word of the log for the next writer'),
    )
    return swaps.length + tails.length + states.length > 0
  }

  #beginAt(): Offset | undefined {
    const gone = this.#report.findings.find(({ kind, path }) => kind === 'hole' && path === this.#report.directory)
    if (gone?.nextOffset === undefined) return undefined
    const { firstOffset, nextOffset } = gone
    const what = 'let the log begin behind the segments that are gone'
    const path = this.#report.directory
    this.#actions.push({
      ...fileAction('fill', path, what),
      ...(firstOffset !== undefined && { firstOffset }),
      nextOffset,
    })
    return nextOffset
  }

  /** Paths of the findings for which `isMeant` holds; each becomes an action. */
  #files(isMeant: (finding: Finding) => boolean, action: (path: string) => RepairAction): string[] {
    const paths = new Set(this.#report.findings.filter(isMeant).map(({ path }) => path))
    for (const path of paths) this.#actions.push(action(path))
    return [...paths]
  }
}

const indexKinds: ReadonlySet<Finding['kind']> = new Set(['index', 'time-index', 'transaction-index'])

function fileOf(path: string): ReturnType<typeof parsePartitionFile> {
  return parsePartitionFile(path.slice(path.lastIndexOf('/') + 1))
}

/** What was being written, and indexes of a segment whose deletion went no further than its log; a whole segment is for retention to take. */
function isUseless({ kind, path }: Finding): boolean {
  if (kind !== 'leftover') return false
  const file = fileOf(path)
  return file.kind === 'temporary' || (file.kind === 'segment' && file.state === '' && file.part !== 'log')
}

/** What only waits to be removed is in nobody's way. */
function isSwap({ kind, path }: Finding): boolean {
  return kind === 'leftover' && /\.(cleaned|swap)$/.test(path)
}

/** Whether an epoch begins where no batch is. */
function isBehind({ startOffset }: LeaderEpochEntry, { segments }: PartitionReport): boolean {
  const end = segments.flatMap(({ epochs }) => epochs).at(-1)?.endOffset
  return end === undefined || startOffset >= end
}
