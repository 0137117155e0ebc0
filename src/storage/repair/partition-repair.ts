import { type Offset, offset } from '../../base/brands.ts'
import { LockedError, NotFoundError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { type BatchWindow, plainBatchWindow } from '../../record/batch-window.ts'
import { partitionDirectoryName, segmentFileName, snapshotFileName } from '../file-names.ts'
import { LeaderEpochHistory } from '../leader-epoch-history.ts'
import { mergeOffsetCheckpoint, readOffsetCheckpoint } from '../offset-checkpoints.ts'
import { openIfThere } from '../open-if-there.ts'
import { PartitionMaintenance } from '../partition-maintenance.ts'
import { writePartitionMetadata } from '../partition-metadata.ts'
import { openActive } from '../partition-opening.ts'
import type { PartitionLogOptions } from '../partition-options.ts'
import { secureSnapshot } from '../producer-loading.ts'
import { floorSegment, listSegments } from '../segment-list.ts'
import { settleSwap } from '../swap-settlement.ts'
import { planLocked, type PartitionPlan, type PartitionPlanOptions } from '../verify/partition-plan.ts'
import { type PartitionReport, reportPartition } from '../verify/partition-report.ts'
import { checkSegment, type SegmentReport } from '../verify/segment-check.ts'
import type { SegmentTask } from '../verify/segment-task.ts'
import { countCut, type WriteState } from '../write-state.ts'
import { WriteStateFile } from '../write-state-file.ts'
import { rebuildIndexes } from './index-rebuild.ts'
import { type PartitionRepairPlan, planPartitionRepair } from './partition-repair-plan.ts'
import { isRewrite, mendLog } from './segment-mend.ts'
import { setAside } from './set-aside.ts'

export interface PartitionRepairOptions {
  /** To open the partition as its writers do. */
  readonly log: PartitionLogOptions
  /** To look at it once more under its lock. */
  readonly plan: PartitionPlanOptions
  /** What a verification found before: closed segments in order need not be read again if nobody changed them since. */
  readonly known: { readonly plan: PartitionPlan; readonly report: PartitionReport }
}

/** No segment begins there: recovery looks at the files, and believes nothing that was written of their ends. */
const NO_SEGMENT = offset(-1n)

/**
 * Mends a partition under its lock: what was found is looked at again first, since others may have written. Every step leaves the log as readable
 * as it was or better, so that after a crash the next repair goes on. Returns what was done.
 *
 * Throws `LockedError` when a writer, a compaction or another repair holds the partition, `NotFoundError` when its topic was deleted,
 * `DiskError` when the disk fails.
 */
export function repairPartition(options: PartitionRepairOptions): PartitionRepairPlan {
  const { fileSystem, logDirectory } = options.log
  const directory = `${logDirectory}/${partitionDirectoryName(options.log)}`
  const maintenance = PartitionMaintenance.begin(fileSystem, directory)
  try {
    const stateFile = WriteStateFile.create(fileSystem, directory)
    try {
      takeLock(stateFile, options.log.lockWaitMs)
      return new PartitionRepair(options, directory, stateFile).run()
    } finally {
      stateFile.close()
    }
  } finally {
    maintenance.end()
  }
}

function takeLock({ file }: WriteStateFile, waitMs: number): void {
  if (file.lock('exclusive', waitMs)) return
  throw new LockedError(`${file.path} is held by a writer`, { hint: 'wait for it to finish, or stop it' })
}

class PartitionRepair {
  readonly #options: PartitionRepairOptions
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #stateFile: WriteStateFile
  #state: WriteState | undefined
  /** One for all segments: a kernel takes a while to make. */
  #window: BatchWindow | undefined

  constructor(options: PartitionRepairOptions, directory: string, stateFile: WriteStateFile) {
    this.#options = options
    this.#fileSystem = options.log.fileSystem
    this.#directory = directory
    this.#stateFile = stateFile
    this.#state = stateFile.read()
  }

  run(): PartitionRepairPlan {
    if (this.#state?.isDeleted === true) throw new NotFoundError(`${this.#directory}: the topic was deleted`)
    const { isChanged } = settleSwap(this.#fileSystem, this.#directory, true)
    const plan = planLocked(this.#options.plan, this.#stateFile)
    const report = reportPartition(
      plan,
      plan.tasks.map((task) => this.#check(task, isChanged)),
    )
    const repair = planPartitionRepair(this.#fileSystem, plan, report)
    if (repair.actions.length > 0 || isChanged) this.#mend(repair, report)
    return repair
  }

  /** A closed segment in which nothing was found is as it was: nobody changes one in place. */
  #check(task: SegmentTask, isChanged: boolean): SegmentReport {
    const { known, log } = this.#options
    const before = known.report.segments.find(({ baseOffset }) => baseOffset === task.baseOffset)
    const isSame = !isChanged && known.plan.generation === this.#state?.generation && task.endOffset !== undefined
    if (isSame && before?.findings.length === 0) return before
    this.#window ??= log.makeWindow?.() ?? plainBatchWindow(256 * 1024)
    return checkSegment(task, { fileSystem: this.#fileSystem, window: this.#window })
  }

  #mend(repair: PartitionRepairPlan, report: PartitionReport): void {
    this.#tidy(repair)
    this.#distrustState(repair)
    for (const mend of repair.mends) mendLog(this.#fileSystem, this.#directory, mend, repair.history.entries)
    this.#writeHistory(repair)
    for (const at of repair.snapshots) this.#fileSystem.remove(`${this.#directory}/${snapshotFileName(at)}`)
    this.#rebuildIndexes(repair.indexes)
    for (const at of repair.snapshots) this.#rebuildSnapshot(at)
    if (repair.topicId !== undefined) writePartitionMetadata(this.#fileSystem, this.#directory, repair.topicId)
    if (repair.beginAt !== undefined) this.#beginAt(repair.beginAt)
    this.#fileSystem.syncDirectory(this.#directory)
    this.#moveRecoveryPoint(repair, report)
    this.#open()
  }

  #tidy({ misnamed, useless }: PartitionRepairPlan): void {
    for (const path of misnamed) setAside(this.#fileSystem, path)
    for (const path of useless) this.#fileSystem.remove(path)
  }

  /**
   * While the last segment is rewritten, what writers of this boot said of its end holds no more. Killed in the midst of it, the next writer looks
   * at the files, still on the boot that they were written in: it leaves damage where it is.
   */
  #distrustState({ mends }: PartitionRepairPlan): void {
    const state = this.#state
    if (state === undefined || !mends.some((mend) => mend.baseOffset === state.activeBaseOffset && isRewrite(mend)))
      return
    this.#stateFile.write({ ...state, activeBaseOffset: NO_SEGMENT, generation: state.generation + 1n })
  }

  #writeHistory({ history }: PartitionRepairPlan): void {
    if (!history.isChanged) return
    const made = new LeaderEpochHistory(this.#fileSystem, this.#directory, history.entries)
    made.save()
  }

  /** Those of the last segment are recovery's to make. */
  #rebuildIndexes(bases: readonly Offset[]): void {
    const { config } = this.#options.log
    const all = listSegments(this.#fileSystem, this.#directory)
    for (const baseOffset of bases) {
      const endOffset = all[all.indexOf(baseOffset) + 1]
      if (endOffset === undefined) continue
      const [fileSystem, directory, { indexIntervalBytes }] = [this.#fileSystem, this.#directory, config]
      const window = this.#window
      rebuildIndexes(
        { fileSystem, directory, indexIntervalBytes, ...(window && { window }) },
        { baseOffset, endOffset },
      )
    }
  }

  #rebuildSnapshot(at: Offset): void {
    if (!listSegments(this.#fileSystem, this.#directory).includes(at)) return
    secureSnapshot(this.#fileSystem, this.#directory, at)
  }

  /** A log whose segments are all gone goes on where it was: no offset is given twice. */
  #beginAt(at: Offset): void {
    if (listSegments(this.#fileSystem, this.#directory).length > 0) return
    this.#fileSystem.open(`${this.#directory}/${segmentFileName(at, 'log')}`, 'create').close()
  }

  /** All of the log is whole and made durable: recovery has nothing left to judge but a torn tail. */
  #moveRecoveryPoint({ mends }: PartitionRepairPlan, { logEndOffset }: PartitionReport): void {
    const { logDirectory, lockWaitMs: waitMs } = this.#options.log
    const name = 'recovery-point-offset-checkpoint'
    const key = partitionDirectoryName(this.#options.log)
    const before = readOffsetCheckpoint(this.#fileSystem, logDirectory, name).offsets.get(key) ?? offset(0n)
    const bases = listSegments(this.#fileSystem, this.#directory)
    for (const base of bases.slice(Math.max(0, floorSegment(bases, before)))) {
      for (const part of ['log', 'index', 'timeindex', 'txnindex'] as const) this.#sync(segmentFileName(base, part))
    }
    const tail = mends.at(-1)?.tail
    const changes = new Map([[key, tail?.firstOffset ?? logEndOffset]])
    mergeOffsetCheckpoint(this.#fileSystem, logDirectory, name, { changes, waitMs })
  }

  /** Recovers the partition as its next writer would, and leaves word of it for that writer. */
  #open(): void {
    const state = this.#state
    const { log } = this.#options
    const opened = openActive({
      ...log,
      directory: this.#directory,
      // Of no boot: nothing of it is believed but what holds across a reboot.
      state: state && { ...state, bootId: '', generation: state.generation + 1n },
      known: undefined,
    })
    opened.active.syncAll()
    opened.active.close()
    this.#fileSystem.syncDirectory(this.#directory)
    countCut(opened.state)
    this.#stateFile.write({ ...opened.state, syncedEndOffset: opened.state.logEndOffset })
  }

  #sync(name: string): void {
    const file = openIfThere(() => this.#fileSystem.open(`${this.#directory}/${name}`, 'write'))
    file?.sync()
    file?.close()
  }
}
