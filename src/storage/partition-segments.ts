import type { Offset, TimestampMs } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { baseOffsetOf, segmentFileName } from './file-names.ts'
import { openIfThere } from './open-if-there.ts'
import { PartitionView, type PartitionViewOptions, UNKNOWN_END } from './partition-view.ts'
import type { RetainedLog, RetainedSegment } from './retention-plan.ts'
import { Segment } from './segment.ts'
import { firstTimestamp, segmentTimestamp, type SegmentPlace, type SegmentTimestamp } from './segment-timestamp.ts'

/** The segments of a partition as they were when it was looked at, without a lock. What is asked of a segment's files is asked once. */
export class PartitionSegments implements RetainedLog {
  readonly segments: readonly SegmentFiles[]
  readonly logStartOffset: Offset
  readonly #options: PartitionViewOptions
  /** What a writer of this boot left word of. */
  readonly #publishedEnd: Offset | undefined
  #highWatermark: Offset | undefined

  /** Throws `NotFoundError` when the directory is gone. */
  constructor(options: PartitionViewOptions) {
    this.#options = options
    const view = new PartitionView(options)
    try {
      const { bases, visibleLimit } = view
      this.logStartOffset = view.logStartOffset
      this.#publishedEnd = view.logEndOffset
      this.#highWatermark = visibleLimit === UNKNOWN_END ? undefined : visibleLimit
      const logEnd = (): Offset => this.#logEndOffset
      this.segments = bases.map(
        (base, i) => new SegmentFiles(options, { baseOffset: base, end: bases[i + 1] ?? logEnd }),
      )
    } finally {
      view.close()
    }
  }

  /** Where no writer of this boot has left word of it, the end of the log is looked for. */
  get highWatermark(): Offset {
    this.#highWatermark ??= this.#endByBytes()
    return this.#highWatermark
  }

  activeSince(): TimestampMs {
    const active = this.segments.at(-1)
    if (active === undefined) return Infinity
    const first = firstTimestamp(this.#options.fileSystem, active.place)
    return first >= 0 ? first : active.writtenMs()
  }

  get #logEndOffset(): Offset {
    const published = this.#publishedEnd
    return published !== undefined && published > this.highWatermark ? published : this.highWatermark
  }

  #endByBytes(): Offset {
    const { fileSystem, directory } = this.#options
    const base = this.segments.at(-1)?.baseOffset ?? this.logStartOffset
    const segment = openIfThere(() => Segment.open(fileSystem, directory, base))
    try {
      return segment?.endOffset() ?? base
    } finally {
      segment?.close()
    }
  }
}

/** Where a segment begins, and where the next one does; of the newest one the end is known when it is asked for. */
interface SegmentRange {
  readonly baseOffset: Offset
  readonly end: Offset | (() => Offset)
}

/** One segment by its files. */
export class SegmentFiles implements RetainedSegment {
  readonly place: SegmentPlace
  readonly #fileSystem: FileSystem
  readonly #end: SegmentRange['end']
  #facts: { readonly size: number; readonly modifiedMs: number } | undefined
  #timestamp: SegmentTimestamp | undefined

  constructor({ fileSystem, directory }: PartitionViewOptions, { baseOffset, end }: SegmentRange) {
    this.#fileSystem = fileSystem
    this.place = { directory, baseOffset }
    this.#end = end
  }

  get baseOffset(): Offset {
    return this.place.baseOffset
  }

  get endOffset(): Offset {
    return typeof this.#end === 'function' ? this.#end() : this.#end
  }

  bytes(): number {
    return this.#log.size
  }

  writtenMs(): TimestampMs {
    return this.#log.modifiedMs
  }

  timestamp(): SegmentTimestamp {
    this.#timestamp ??= this.#readTimestamp(false)
    return this.#timestamp
  }

  /** The same, looked up in the log itself. */
  confirmedTimestamp(): SegmentTimestamp {
    this.#timestamp = this.#readTimestamp(true)
    return this.#timestamp
  }

  #readTimestamp(confirm: boolean): SegmentTimestamp {
    const isActive = typeof this.#end === 'function'
    return segmentTimestamp(this.#fileSystem, { ...this.place, endOffset: this.endOffset, isActive }, confirm)
  }

  /** A segment that somebody deleted meanwhile has no bytes. */
  get #log(): { readonly size: number; readonly modifiedMs: number } {
    const { directory, baseOffset } = this.place
    this.#facts ??= this.#fileSystem.stat(`${directory}/${segmentFileName(baseOffset, 'log')}`) ?? gone
    return this.#facts
  }
}

const gone = { size: 0, modifiedMs: 0 }

/** Bytes of all the files of a partition: by the segment they belong to, and of those that belong to none. */
export interface PartitionBytes {
  readonly bySegment: ReadonlyMap<Offset, number>
  /** Snapshots count for the segment that they begin; what waits to be removed does not count. */
  readonly total: number
}

/** Looks at every file of a partition directory. */
export function partitionBytes(fileSystem: FileSystem, directory: string): PartitionBytes {
  const bySegment = new Map<Offset, number>()
  let total = 0
  for (const { name, kind } of fileSystem.list(directory) ?? []) {
    if (kind !== 'file' || name.endsWith('.deleted')) continue
    const size = fileSystem.stat(`${directory}/${name}`)?.size ?? 0
    total += size
    const base = name[20] === '.' ? baseOffsetOf(name) : undefined
    if (base !== undefined) bySegment.set(base, (bySegment.get(base) ?? 0) + size)
  }
  return { bySegment, total }
}
