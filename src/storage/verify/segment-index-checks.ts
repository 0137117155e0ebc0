import type { Offset } from '../../base/brands.ts'
import type { FileSystem, OpenFile } from '../../disk/file-system.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { segmentFileName } from '../file-names.ts'
import { OffsetIndex } from '../offset-index.ts'
import { openIfThere } from '../open-if-there.ts'
import { TimeIndex } from '../time-index.ts'
import type { Finding, FindingKind } from './finding.ts'
import { OffsetIndexCheck } from './offset-index-check.ts'
import { malformedReason, ProducerCheck } from './producer-check.ts'
import type { SeenBatch } from './seen-batch.ts'
import type { SegmentTask } from './segment-task.ts'
import { TimeIndexCheck } from './time-index-check.ts'

/** What stands beside the log of a segment, held against its batches while they are walked. */
export class SegmentIndexChecks {
  readonly #files: OpenFile[] = []
  readonly #missing: Finding[] = []
  readonly #offsetIndex: OffsetIndexCheck | undefined
  readonly #timeIndex: TimeIndexCheck | undefined
  readonly #producers: ProducerCheck

  constructor(fileSystem: FileSystem, task: SegmentTask) {
    const { directory, baseOffset, published, indexIntervalBytes } = task
    const state = { baseOffset, isActive: task.endOffset === undefined && !task.wasClosed }
    const index = this.#open(fileSystem, task, 'index')
    this.#offsetIndex =
      index &&
      new OffsetIndexCheck(new OffsetIndex(index, baseOffset), {
        ...state,
        bytes: published?.indexBytes,
        intervalBytes: indexIntervalBytes,
      })
    const timeIndex = this.#open(fileSystem, task, 'timeindex')
    this.#timeIndex =
      timeIndex &&
      new TimeIndexCheck(new TimeIndex(timeIndex, baseOffset), { ...state, bytes: published?.timeIndexBytes })
    const isCompacted = task.compactedBelow > baseOffset
    this.#producers = new ProducerCheck({ ...task, fileSystem, directory, isCompacted })
  }

  /** What the indexes should know of a batch that is where it should be; `onProducer` has to hear of it too, when it is somebody's. */
  onBatch(seen: SeenBatch): void {
    this.#offsetIndex?.onBatch(seen)
    this.#timeIndex?.onBatch(seen)
  }

  onProducer(batch: LogBatch): void {
    // The record of a marker is told by the check of records.
    if (malformedReason(() => this.#producers.onBatch(batch)) !== undefined) this.#producers.skip()
  }

  /** What lies before `end` is no batch; what follows it begins with `nextOffset`. */
  skip(end: number, nextOffset: Offset): void {
    this.#offsetIndex?.skip(end)
    this.#timeIndex?.skip(nextOffset)
    this.#producers.skip()
  }

  /** What is wrong, once all batches up to `nextOffset` were taken. Closes the files. */
  finish(nextOffset: Offset): Finding[] {
    try {
      return [
        ...this.#missing,
        ...(this.#offsetIndex?.finish() ?? []),
        ...(this.#timeIndex?.finish() ?? []),
        ...this.#producers.finish(nextOffset),
      ]
    } finally {
      for (const file of this.#files) file.close()
    }
  }

  #open(
    fileSystem: FileSystem,
    { directory, baseOffset }: SegmentTask,
    part: 'index' | 'timeindex',
  ): OpenFile | undefined {
    const path = `${directory}/${segmentFileName(baseOffset, part)}`
    const file = openIfThere(() => fileSystem.open(path, 'read'))
    if (file !== undefined) this.#files.push(file)
    else {
      const kind: FindingKind = part === 'index' ? 'index' : 'time-index'
      this.#missing.push({ severity: 'damage', kind, path, position: 0, end: 0, reason: 'it is missing' })
    }
    return file
  }
}
