import { assert } from '../base/assert.ts'
import { type Offset, offset } from '../base/brands.ts'
import { TemporaryError } from '../base/errors.ts'
import type { OpenFile } from '../disk/file-system.ts'
import type { ActiveSegment } from './active-segment.ts'
import { partitionDirectoryName, segmentFileName, snapshotFileName } from './file-names.ts'
import { mergeOffsetCheckpoint, readOffsetCheckpoint } from './offset-checkpoints.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { floorSegment, listSegments } from './segment-list.ts'
import { syncFile } from './whole-file.ts'

/**
 * Segments that were left behind by a roll and must reach the disk: through the very descriptors that wrote them, since only those hear of
 * errors. One at most waits, so that an input without end does not run out of descriptors; but while a sync of it is under way, which could
 * take an error away from ours, it stays, and so do those behind it: as many as clients send without an answer.
 */
export class SealedSegments {
  readonly #options: PartitionLogOptions
  readonly #directory: string
  readonly #isUnderWay: (file: OpenFile) => boolean
  /** In the order of the log. */
  #waiting: ActiveSegment[] = []
  /** All segments below were synced, by this process or before it. */
  #syncedBelow = offset(0n)

  /** `isUnderWay`: whether a sync of a file has begun and not answered yet. */
  constructor(options: PartitionLogOptions, directory: string, isUnderWay: (file: OpenFile) => boolean) {
    this.#options = options
    this.#directory = directory
    this.#isUnderWay = isUnderWay
  }

  /** Whether a sync of what waits is under way. */
  get isSyncing(): boolean {
    return this.#waiting.some(({ log }) => this.#isUnderWay(log))
  }

  /** Leaves `segment` behind: to be synced when somebody waits for the disk (`wantsSync`), else closed at once. */
  add(segment: ActiveSegment, wantsSync: boolean): void {
    this.sync()
    if (wantsSync) this.#waiting.push(segment)
    else segment.close()
  }

  /** Makes what waits durable, as far as no sync of it is under way. */
  sync(): void {
    for (;;) {
      const [segment] = this.#waiting
      if (segment === undefined || this.#isUnderWay(segment.log)) return
      this.#waiting.shift()
      this.#syncOne(segment)
    }
  }

  /** With its name, and moves the recovery point behind it. */
  #syncOne(segment: ActiveSegment): void {
    const { fileSystem } = this.#options
    const { path, identity } = segment.log
    segment.syncAll()
    segment.close()
    // Another process began the log anew, or mended it: that one knows what of its own is on the disk.
    if (fileSystem.stat(path)?.identity !== identity) return
    this.syncOlder(segment.baseOffset)
    const end = this.#endOf(segment)
    this.#syncSnapshot(end)
    fileSystem.syncDirectory(this.#directory)
    this.#moveRecoveryPoint(end)
  }

  /** As long as others write checkpoints it stays where it is: recovery then looks at more, and the next roll moves it. */
  #moveRecoveryPoint(end: Offset): void {
    const { fileSystem, logDirectory, lockWaitMs: waitMs } = this.#options
    const changes = new Map([[partitionDirectoryName(this.#options), end]])
    const name = 'recovery-point-offset-checkpoint'
    try {
      mergeOffsetCheckpoint(fileSystem, logDirectory, name, { changes, waitMs, onlyForward: true })
    } catch (error) {
      if (!(error instanceof TemporaryError)) throw error
    }
  }

  /** Another process has cut the log: what is there now was never synced here. */
  forget(): void {
    this.#syncedBelow = offset(0n)
  }

  /** Makes all segments before the one at `base` durable: what waits here, and what others left. */
  syncBelow(base: Offset, syncedEnd: Offset): void {
    this.sync()
    assert(!this.#waiting.some(({ baseOffset }) => baseOffset < base), `no sync below ${base} is under way`)
    this.syncOlder(base, syncedEnd)
  }

  /**
   * Makes the segments between the recovery point, or `syncedEnd`, and the one at `base` durable: others may have left them to the system, and
   * whoever says that the log is synced up to `base` speaks of these too.
   */
  syncOlder(base: Offset, syncedEnd = offset(0n)): void {
    if (syncedEnd > base || this.#syncedBelow >= base) return
    const { fileSystem, logDirectory } = this.#options
    const checkpoint = readOffsetCheckpoint(fileSystem, logDirectory, 'recovery-point-offset-checkpoint')
    const marked = checkpoint.offsets.get(partitionDirectoryName(this.#options)) ?? offset(0n)
    // Of the segment that ends with what was synced last the indexes may not have been.
    const from = [offset(syncedEnd - 1n), this.#syncedBelow].reduce((max, one) => (one > max ? one : max), marked)
    const bases = listSegments(fileSystem, this.#directory).filter((one) => one < base)
    if (from < base) for (const one of bases.slice(Math.max(0, floorSegment(bases, from)))) this.#syncSegment(one)
    this.#syncSnapshot(base)
    this.#syncedBelow = base
  }

  #syncSegment(base: Offset): void {
    this.#syncSnapshot(base)
    for (const part of ['log', 'index', 'timeindex', 'txnindex'] as const) {
      syncFile(this.#options.fileSystem, `${this.#directory}/${segmentFileName(base, part)}`)
    }
  }

  /** It may be all that is known of producers when what is below it has gone. */
  #syncSnapshot(at: Offset): void {
    syncFile(this.#options.fileSystem, `${this.#directory}/${snapshotFileName(at)}`)
  }

  close(): void {
    for (const segment of this.#waiting.splice(0)) segment.close()
  }

  /** Where the segment after a sealed one begins. */
  #endOf(sealed: ActiveSegment): Offset {
    const bases = listSegments(this.#options.fileSystem, this.#directory)
    return bases.find((base) => base > sealed.baseOffset) ?? sealed.baseOffset
  }
}
