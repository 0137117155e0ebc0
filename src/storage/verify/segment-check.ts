import { NO_TIMESTAMP, type Offset, offset } from '../../base/brands.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import type { BatchWindow } from '../../record/batch-window.ts'
import { codecMask, codecOfId } from '../../record/codec.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import { baseOffsetAt, findContradiction, findNextBatch } from '../segment-search.ts'
import { segmentFileName } from '../file-names.ts'
import { Segment } from '../segment.ts'
import { BatchScanner, type ScannedPlace } from './batch-scanner.ts'
import { type EpochRun, noteEpoch } from './epoch-runs.ts'
import { BadStretches, type BadStretch } from './bad-stretches.ts'
import { type Finding, FindingList } from './finding.ts'
import { malformedReason } from './producer-check.ts'
import { recordsProblem } from './record-check.ts'
import { SegmentIndexChecks } from './segment-index-checks.ts'
import type { SegmentTask } from './segment-task.ts'

/** What a check of one segment came to. */
export interface SegmentReport {
  readonly baseOffset: Offset
  readonly batches: number
  readonly records: number
  /** The offset after the last readable batch, or after bytes that are known to have held records. */
  readonly nextOffset: Offset
  readonly findings: readonly Finding[]
  readonly findingsDropped: number
  readonly stretches: readonly BadStretch[]
  readonly epochs: readonly EpochRun[]
}

export interface SegmentCheckOptions {
  readonly fileSystem: FileSystem
  readonly window: BatchWindow
  /** Told of bytes and records that were checked since the last time. */
  readonly onProgress?: (bytes: number, records: number) => void
}

/** More findings of one segment are counted only. */
const findingsMax = 10_000
const offsetMax = offset(2n ** 63n - 1n)
const offsetsPerSegment = 2n ** 31n
const progressBytes = 4 * 1024 * 1024

/** Checks one segment: every batch and its place in the log, and the indexes against them. Throws `DiskError` with `ENOENT` when it is gone. */
export function checkSegment(task: SegmentTask, options: SegmentCheckOptions): SegmentReport {
  const steps = checkSegmentInSteps(task, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same, giving its caller a turn after every few megabytes. */
export function* checkSegmentInSteps(
  task: SegmentTask,
  options: SegmentCheckOptions,
): Generator<undefined, SegmentReport> {
  const segment = Segment.open(options.fileSystem, task.directory, task.baseOffset)
  try {
    return yield* new SegmentCheck(segment, task, options).run()
  } finally {
    segment.close()
  }
}

class SegmentCheck {
  readonly #segment: Segment
  readonly #task: SegmentTask
  readonly #options: SegmentCheckOptions
  readonly #scanner: BatchScanner
  readonly #end: number
  readonly #indexes: SegmentIndexChecks
  readonly #findings = new FindingList(findingsMax)
  readonly #stretches: BadStretches
  readonly #epochs: EpochRun[] = []
  #nextOffset: Offset
  #batches = 0
  #records = 0
  #toldBytes = 0
  #toldRecords = 0

  constructor(segment: Segment, task: SegmentTask, options: SegmentCheckOptions) {
    this.#segment = segment
    this.#task = task
    this.#options = options
    this.#nextOffset = task.baseOffset
    this.#end = task.published?.endPosition ?? segment.log.size()
    this.#scanner = new BatchScanner(segment.log, { window: options.window, end: this.#end })
    this.#indexes = new SegmentIndexChecks(options.fileSystem, task)
    this.#stretches = new BadStretches(segment.log.path, this.#findings)
  }

  *run(): Generator<undefined, SegmentReport> {
    while (this.#takeOrdinary() || this.#step(this.#scanner.next())) {
      if (this.#scanner.position - this.#toldBytes < progressBytes) continue
      this.#tell()
      yield
    }
    this.#checkEnd()
    for (const finding of this.#indexes.finish(this.#nextOffset)) this.#findings.add(finding)
    this.#tell()
    return {
      baseOffset: this.#task.baseOffset,
      batches: this.#batches,
      records: this.#records,
      nextOffset: this.#nextOffset,
      findings: this.#findings.findings,
      findingsDropped: this.#findings.dropped,
      stretches: this.#stretches.stretches,
      epochs: this.#epochs,
    }
  }

  #tell(): void {
    this.#options.onProgress?.(this.#scanner.position - this.#toldBytes, this.#records - this.#toldRecords)
    this.#toldBytes = this.#scanner.position
    this.#toldRecords = this.#records
  }

  /** Many batches at once that go on with the offset and the leader epoch of the ones before. Nothing but the indexes can contradict them. */
  #takeOrdinary(): boolean {
    const run = this.#epochs.at(-1)
    if (run === undefined || this.#task.isDeep) return false
    let { position }: { position: number } = this.#scanner
    const from = { nextOffset: this.#nextOffset, endOffset: this.#border, leaderEpoch: run.epoch }
    const walked = this.#scanner.walkOrdinary(from)
    if (walked === undefined) return false
    const firstDelta = Number(this.#nextOffset - this.#task.baseOffset)
    let nextDelta = firstDelta
    for (let index = 0; index < walked.count; index++) {
      const sizeInBytes = walked.sizes[index] ?? 0
      const lastDelta = nextDelta + (walked.offsetCounts[index] ?? 0) - 1
      const maxTimestamp = walked.maxTimestamps[index] ?? NO_TIMESTAMP
      this.#indexes.onBatch({ position, sizeInBytes, firstDelta: nextDelta, lastDelta, maxTimestamp })
      if (walked.ofProducers[index] === 1) this.#indexes.onProducer(this.#scanner.batchAt(position))
      position += sizeInBytes
      nextDelta = lastDelta + 1
    }
    this.#batches += walked.count
    this.#records += walked.records
    this.#nextOffset = offset(this.#nextOffset + BigInt(nextDelta - firstDelta))
    run.batches += walked.count
    run.endOffset = this.#nextOffset
    return true
  }

  /** False at the end. */
  #step(place: ScannedPlace): boolean {
    switch (place.kind) {
      case 'batch':
        if (!place.isCrcValid) return this.#bad(place.position, 'the CRC of a batch is wrong')
        return this.#place(place)
      case 'end':
        return false
      case 'incomplete':
        return this.#bad(place.position, 'a batch is cut off')
      case 'malformed':
        return this.#bad(place.position, place.reason)
    }
  }

  /** The base offset lies outside of the CRC: whether it can be right, the batches around it and the ends of the segment say. */
  #place(place: ScannedPlace & { kind: 'batch' }): boolean {
    const { batch, position, sizeInBytes } = place
    const endPosition = position + sizeInBytes
    const problem = headProblem(batch)
    if (problem !== undefined) return this.#badBatch(place, this.#offsetBehind(endPosition), problem)
    const { baseOffset, nextOffset } = batch
    if (baseOffset < this.#nextOffset) {
      const reason = `its offsets go back: ${baseOffset} after ${this.#nextOffset - 1n}`
      return this.#badBatch(place, this.#offsetBehind(endPosition), reason)
    }
    const inPlace = { batch, endPosition, offsetMin: this.#nextOffset }
    const contradiction = findContradiction(this.#segment.log, this.#end, inPlace)
    if (contradiction !== undefined) {
      const next = contradiction === endPosition ? baseOffsetAt(this.#segment.log, contradiction) : this.#nextOffset
      return this.#badBatch(place, next, 'its offsets do not fit those behind it')
    }
    if (nextOffset > this.#border && baseOffset === this.#nextOffset) return this.#overlap(place)
    if (nextOffset > this.#border) {
      const reason = `its offsets do not fit: they reach to ${nextOffset - 1n}, the segment to ${this.#border - 1n}`
      return this.#badBatch(place, this.#offsetBehind(endPosition), reason)
    }
    return this.#take(place)
  }

  /** No batch of the segment ends behind it. */
  get #border(): Offset {
    const { endOffset, published, wasClosed, recoveryPoint, baseOffset } = this.#task
    if (endOffset !== undefined) return endOffset
    if (published !== undefined) return published.logEndOffset
    return wasClosed && recoveryPoint > baseOffset ? recoveryPoint : offset(baseOffset + offsetsPerSegment)
  }

  /**
   * A batch that goes on where the one before ended, and reaches behind the end of the segment: then the end is wrong. Nothing more of the segment
   * can be told.
   */
  #overlap({ batch }: ScannedPlace & { kind: 'batch' }): false {
    const { directory, endOffset } = this.#task
    const next = endOffset === undefined ? this.#segment.log.path : `${directory}/${segmentFileName(endOffset, 'log')}`
    const reason = `the segment before it reaches to offset ${batch.lastOffset} at least`
    this.#findings.addFile(next, { severity: 'damage', kind: 'overlap', reason })
    this.#indexes.skip(this.#end, this.#border)
    this.#nextOffset = this.#border
    return false
  }

  /** The offset that follows a batch which cannot say it itself: where the next one says that it begins, if that can be. */
  #offsetBehind(endPosition: number): Offset {
    const { endOffset, published } = this.#task
    if (endPosition >= this.#end) return endOffset ?? published?.logEndOffset ?? this.#nextOffset
    const next = baseOffsetAt(this.#segment.log, endPosition)
    return next > this.#nextOffset && next < this.#border ? next : this.#nextOffset
  }

  #take({ batch, position, sizeInBytes, isWhole }: ScannedPlace & { kind: 'batch' }): boolean {
    const { baseOffset, lastOffset, maxTimestamp, nextOffset } = batch
    this.#noteHole(position, baseOffset)
    const firstDelta = Number(baseOffset - this.#task.baseOffset)
    const lastDelta = Number(lastOffset - this.#task.baseOffset)
    this.#indexes.onBatch({ position, sizeInBytes, firstDelta, lastDelta, maxTimestamp })
    this.#indexes.onProducer(batch)
    if (batch instanceof RecordBatch) {
      noteEpoch(this.#epochs, batch.partitionLeaderEpoch, { startOffset: baseOffset, endOffset: nextOffset, position })
    }
    this.#checkRecords(batch, position, isWhole)
    this.#batches++
    this.#records += batch.magic === 2 ? batch.recordCount : Number(nextOffset - baseOffset)
    this.#nextOffset = nextOffset
    return true
  }

  #checkRecords(batch: LogBatch, position: number, isWhole: boolean): void {
    const end = this.#scanner.position
    const whole = isWhole || !this.#task.isDeep ? batch : this.#readWhole(position, end)
    const reason = recordsProblem(whole, this.#task.isDeep)
    if (reason === undefined) return
    const { baseOffset: firstOffset, nextOffset } = batch
    this.#findings.add({
      severity: 'damage',
      kind: 'records',
      path: this.#segment.log.path,
      position,
      end,
      firstOffset,
      nextOffset,
      reason,
    })
  }

  #readWhole(position: number, end: number): RecordBatch {
    const bytes = new Uint8Array(end - position)
    this.#segment.log.read(bytes, position)
    return new RecordBatch(bytes)
  }

  /** Offsets that no batch has are lost, unless compaction left them out. */
  #noteHole(position: number, upTo: Offset): void {
    const { compactedBelow } = this.#task
    const firstOffset = this.#nextOffset > compactedBelow ? this.#nextOffset : compactedBelow
    if (firstOffset >= upTo) return
    const reason = 'no batch holds these offsets'
    this.#stretches.add({ kind: 'hole', position, end: position, firstOffset, nextOffset: upTo }, 'hole', reason)
  }

  #badBatch({ position, sizeInBytes }: ScannedPlace & { kind: 'batch' }, next: Offset, reason: string): boolean {
    const nextOffset = next > this.#nextOffset ? next : this.#nextOffset
    const end = position + sizeInBytes
    this.#stretches.add({ kind: 'bad', position, end, firstOffset: this.#nextOffset, nextOffset }, 'batch', reason)
    this.#skipTo(end, nextOffset)
    return true
  }

  /** What begins at `position` is no batch: goes on at the next one. */
  #bad(position: number, reason: string): boolean {
    const { endOffset, published } = this.#task
    const found = findNextBatch(this.#segment.log, {
      position: position + 1,
      end: this.#end,
      offsetMin: this.#nextOffset,
      offsetMax: endOffset ?? offsetMax,
    })
    const end = found ?? this.#end
    const firstOffset = this.#nextOffset
    const behind = found === undefined ? (endOffset ?? published?.logEndOffset) : baseOffsetAt(this.#segment.log, found)
    const nextOffset = behind ?? this.#syncedEnd()
    const isTail = found === undefined && this.#mayBeTorn()
    const stretch = { kind: isTail ? 'tail' : 'bad', position, end, firstOffset, nextOffset } as const
    this.#stretches.add(stretch, isTail ? 'torn-tail' : 'batch', reason)
    this.#skipTo(end, nextOffset)
    return true
  }

  /** Whether bytes that nothing valid follows are what a crash leaves at the end of a log. */
  #mayBeTorn(): boolean {
    const { endOffset, published, recoveryPoint } = this.#task
    return endOffset === undefined && published === undefined && this.#nextOffset >= recoveryPoint
  }

  #syncedEnd(): Offset {
    const { recoveryPoint } = this.#task
    return recoveryPoint > this.#nextOffset ? recoveryPoint : this.#nextOffset
  }

  #skipTo(end: number, nextOffset: Offset): void {
    this.#indexes.skip(end, nextOffset)
    this.#scanner.seek(end)
    this.#nextOffset = nextOffset
  }

  #checkEnd(): void {
    const { endOffset, published, recoveryPoint } = this.#task
    const end = endOffset ?? published?.logEndOffset ?? recoveryPoint
    if (end > this.#nextOffset) this.#noteHole(this.#end, end)
    if (end > this.#nextOffset) this.#nextOffset = end
  }
}

/** What in the head of a batch with a right CRC cannot be. */
function headProblem(batch: LogBatch): string | undefined {
  if (!(batch instanceof RecordBatch)) return malformedReason(() => void batch.baseOffset)
  const { lastOffsetDelta, recordCount, attributes } = batch
  if (lastOffsetDelta < 0) return `its last offset delta is ${lastOffsetDelta}`
  if (recordCount < 0 || recordCount > lastOffsetDelta + 1) {
    return `it declares ${recordCount} records for ${lastOffsetDelta + 1} offsets`
  }
  return codecOfId(attributes & codecMask) === undefined ? `no codec has id ${attributes & codecMask}` : undefined
}
