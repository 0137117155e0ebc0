import { type Offset, offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { type FileState, segmentFileName } from './file-names.ts'
import { floorSegment } from './segment-list.ts'
import { fileStateOf, isSameListing, listReadableSegments, type SegmentListing } from './segment-listing.ts'
import { Segment } from './segment.ts'
import type { WriteState } from './write-state.ts'
import { WriteStateFile } from './write-state-file.ts'

export interface PartitionViewOptions {
  readonly fileSystem: FileSystem
  /** The partition's directory. */
  readonly directory: string
  /** What `log-start-offset-checkpoint` says of the partition, if anything. */
  readonly logStartCheckpoint?: Offset
  /** The partition is kept in another log directory of its broker, or by another broker: here it counts as empty. */
  readonly isElsewhere?: boolean
}

/** Stands for an end that only the bytes of the log tell. */
export const UNKNOWN_END = offset(2n ** 63n - 1n)

/** How often a directory that others rearrange all the time is listed before what was seen last must do. */
const listAttempts = 100

/** What a reader knows of a partition without a lock: its segments, and how far writers say it can be read. */
export class PartitionView {
  readonly #options: PartitionViewOptions
  #stateFile: WriteStateFile | undefined
  #state: WriteState | undefined
  #listing: SegmentListing = { bases: [], swapped: new Set() }
  #version = 0

  /** Throws `NotFoundError` when the directory is gone. */
  constructor(options: PartitionViewOptions) {
    this.#options = options
    this.#findStateFile()
    this.#state = this.#readState()
    this.list()
  }

  /** The first offset that may be read: where retention or a trim left it. */
  get logStartOffset(): Offset {
    const first = this.#listing.bases[0] ?? offset(0n)
    const marked = this.#state?.logStartOffset ?? this.#options.logStartCheckpoint ?? first
    return marked > first ? marked : first
  }

  /**
   * Where readers must stop; `UNKNOWN_END` without word of a writer of this boot: Kafka may have gone on without us. A segment that the state
   * does not know is Kafka's too, unless an append of ours is under way.
   */
  get visibleLimit(): Offset {
    const last = this.#listing.bases.at(-1)
    if (this.#state === undefined) return UNKNOWN_END
    const isAppending = this.#stateFile?.wasInterrupted === true
    if (last !== undefined && this.#state.activeBaseOffset < last && !isAppending) return UNKNOWN_END
    return this.#state.visibleEndOffset
  }

  /** Whether a batch at `position` (bytes) of the segment that begins at `base` has been published: what cannot be read there is damage. */
  isPublished(base: Offset, position: number): boolean {
    if (this.segmentEnd(base) !== UNKNOWN_END) return true
    return this.#state?.activeBaseOffset === base && position < this.#state.endPosition
  }

  /** The offset after the last record that may be read. */
  get visibleEnd(): Offset {
    const limit = this.visibleLimit
    return limit === UNKNOWN_END ? this.#endByBytes() : limit
  }

  /** Batches of idempotent or transactional producers may be in the log. */
  get mayHaveProducers(): boolean {
    return this.#state?.hasProducers ?? true
  }

  /** There is nothing to read: the partition is kept in another log directory, or by another broker. */
  get isElsewhere(): boolean {
    return this.#options.isElsewhere === true
  }

  /** The topic was deleted under us. */
  get isDeleted(): boolean {
    return this.#state?.isDeleted ?? false
  }

  /** Base offsets of the segments, oldest first. */
  get bases(): readonly Offset[] {
    return this.#listing.bases
  }

  /** Base offset of the segment for `target`: the first one when it lies before the log. */
  segmentFor(target: Offset): Offset | undefined {
    return this.#listing.bases[Math.max(0, floorSegment(this.#listing.bases, target))]
  }

  /** Base offsets of the segments that hold `target` and what follows it. */
  basesFrom(target: Offset): readonly Offset[] {
    return this.bases.slice(Math.max(0, floorSegment(this.bases, target)))
  }

  /** Where the segment that begins at `base` ends; `UNKNOWN_END` for the last one. */
  segmentEnd(base: Offset): Offset {
    return this.#listing.bases[floorSegment(this.#listing.bases, base) + 1] ?? UNKNOWN_END
  }

  /** What the segment's files carry behind their names: `.swap` in the midst of a swap. */
  fileStateOf(base: Offset): FileState {
    return fileStateOf(this.#listing, base)
  }

  /** The path of the segment's `.log`. */
  logPath(base: Offset): string {
    return `${this.#options.directory}/${segmentFileName(base, 'log', this.fileStateOf(base))}`
  }

  /** Another number whenever segments came, went or were replaced, or the log was cut. */
  get version(): number {
    return this.#version
  }

  /** Lists the directory again, until nobody rearranged it meanwhile. */
  list(): void {
    if (this.isElsewhere) return
    const { fileSystem, directory } = this.#options
    for (let attempt = 0; attempt < listAttempts; attempt++) {
      const before = this.#state?.generation
      const wasRearranging = this.#isRearranging
      this.#take(listReadableSegments(fileSystem, directory, wasRearranging))
      if (this.#findStateFile() && this.#stateFile?.hasChanged() === true) this.#takeState()
      const isSettled = this.#state?.generation === before && this.#isRearranging === wasRearranging
      if (isSettled) return
    }
  }

  /**
   * Looks at what writers did since the last time. True when segments may have come or gone, or the log was cut: what is open must
   * be looked at again.
   */
  refresh(): boolean {
    if (!this.#findStateFile()) return this.#relist()
    const { version } = this
    const wasRearranging = this.#isRearranging
    if (this.#stateFile?.hasChanged() === true) this.#takeState()
    const mayDiffer = this.#state === undefined || this.#version !== version || wasRearranging || this.#isRearranging
    return mayDiffer ? this.#relist() : false
  }

  /** The log end offset that a writer of this boot published. */
  get logEndOffset(): Offset | undefined {
    return this.#state?.logEndOffset
  }

  close(): void {
    this.#stateFile?.close()
  }

  get #isRearranging(): boolean {
    return this.#stateFile?.isRearranging === true
  }

  #relist(): true {
    this.list()
    return true
  }

  #take(listing: SegmentListing): void {
    if (!isSameListing(listing, this.#listing)) this.#version++
    this.#listing = listing
  }

  #takeState(): void {
    const before = this.#state?.generation
    this.#state = this.#readState()
    if (this.#state?.generation !== before) this.#version++
  }

  #findStateFile(): boolean {
    this.#stateFile ??= WriteStateFile.find(this.#options.fileSystem, this.#options.directory)
    return this.#stateFile !== undefined
  }

  #readState(): WriteState | undefined {
    const state = this.#stateFile?.read()
    // Whose writer was killed in the midst of its write: what is behind the end known so far is not there yet.
    if (state === undefined && this.#stateFile?.wasOfBoot(this.#options.fileSystem.bootId) === true) return this.#state
    return state?.bootId === this.#options.fileSystem.bootId && state.bootId !== '' ? state : undefined
  }

  #endByBytes(): Offset {
    const base = this.#listing.bases.at(-1)
    if (base === undefined) return offset(0n)
    const segment = Segment.open(this.#options.fileSystem, this.#options.directory, base, this.fileStateOf(base))
    try {
      return segment.endOffset()
    } finally {
      segment.close()
    }
  }
}
