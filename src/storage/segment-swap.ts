import type { Offset } from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import { DiskError, TemporaryError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { type FileState, type SegmentPart, segmentFileName, snapshotFileName } from './file-names.ts'
import type { PartitionLog } from './partition-log.ts'

/** A closed segment as it was when it was read to be rewritten. */
export interface ReplacedSegment {
  readonly baseOffset: Offset
  /** Of its `.log`, see `OpenFile.identity`. */
  readonly identity: string
  readonly sizeInBytes: number
}

/** Rewritten segments that shall take the place of others. */
export interface SegmentSwap {
  /** Consecutive closed segments, oldest first. */
  readonly replaced: readonly ReplacedSegment[]
  /**
   * Base offsets of those that replace them, oldest first; the first is that of the first replaced one. Their files are `.cleaned`, whole and
   * synced, and no other file in the directory is.
   */
  readonly replacements: readonly Offset[]
}

/** The files of a segment, in the order in which they are renamed: as soon as the first is, the segment is on its way. */
const parts: readonly SegmentPart[] = ['log', 'index', 'timeindex', 'txnindex']

/**
 * Puts rewritten segments into the place of others, in Kafka's order (LocalLog.replaceSegments): `.cleaned` becomes `.swap`, newest first; the old
 * files become `.deleted`; `.swap` goes. Each step is synced before the next one, the making of `.cleaned` too, so that whatever a crash leaves of
 * the names, `settleSwap` finds the log as it was before or as it is after. Takes the partition's lock for these renames alone; readers see either
 * log, whole. Then the old files are removed: who has them open reads on.
 *
 * Throws `TemporaryError`, with nothing done, when a replaced segment is not what it was: trimmed, deleted or rewritten by others meanwhile.
 * The caller holds the partition's `PartitionMaintenance`.
 */
export function swapSegments(log: PartitionLog, fileSystem: FileSystem, swap: SegmentSwap): void {
  const files = new SwapFiles(fileSystem, log.directory)
  // Else a power cut could leave the log of a segment as `.swap` and of its index no name at all: that would be taken for whole.
  fileSystem.syncDirectory(log.directory)
  const doomed = log.rearrange(({ activeBaseOffset }) => {
    for (const one of swap.replaced) {
      assert(one.baseOffset < activeBaseOffset, `only closed segments are replaced: ${one.baseOffset}`)
      files.refuseIfChanged(one)
    }
    return files.swap(swap)
  })
  for (const path of doomed) fileSystem.remove(path)
}

class SwapFiles {
  readonly #fileSystem: FileSystem
  readonly #directory: string

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem
    this.#directory = directory
  }

  refuseIfChanged({ baseOffset, identity, sizeInBytes }: ReplacedSegment): void {
    const path = `${this.#directory}/${segmentFileName(baseOffset, 'log')}`
    const now = this.#fileSystem.stat(path)
    if (now?.identity === identity && now.size === sizeInBytes) return
    throw new TemporaryError(`${path} was changed while it was rewritten`, { hint: 'run the command again' })
  }

  /** Returns the paths of the old files, which nobody needs any more. Without the new ones none of them goes. */
  swap({ replaced, replacements }: SegmentSwap): string[] {
    for (const base of replacements) this.#refuseIfMissing(base)
    for (const base of replacements.toReversed()) {
      this.#renameParts(base, '.cleaned', '.swap')
      // If a power cut undid this one and left the next, only the next would be taken for whole.
      this.#sync()
    }
    const doomed = replaced.flatMap(({ baseOffset }) => this.#renameParts(baseOffset, '', '.deleted'))
    doomed.push(...this.#renameSnapshots(replaced, replacements))
    this.#sync()
    for (const base of replacements) this.#rename(segmentFileName(base, 'log', '.swap'), segmentFileName(base, 'log'))
    // If a power cut undid this one and left an index, that would be taken for one of the old segment.
    this.#sync()
    for (const base of replacements) this.#renameParts(base, '.swap', '')
    this.#sync()
    return doomed
  }

  #refuseIfMissing(base: Offset): void {
    const path = `${this.#directory}/${segmentFileName(base, 'log', '.cleaned')}`
    if (this.#fileSystem.stat(path) !== undefined) return
    throw new TemporaryError(`${path} was removed before it was used`, { hint: 'run the command again' })
  }

  /** Snapshots are named after the segment that they stand before: where that is gone, they help nobody. */
  #renameSnapshots(replaced: readonly ReplacedSegment[], replacements: readonly Offset[]): string[] {
    const gone = replaced.map(({ baseOffset }) => baseOffset).filter((base) => !replacements.includes(base))
    return gone.flatMap((base) => this.#rename(snapshotFileName(base), `${snapshotFileName(base)}.deleted`))
  }

  #renameParts(base: Offset, from: FileState, to: FileState): string[] {
    return parts.flatMap((part) => this.#rename(segmentFileName(base, part, from), segmentFileName(base, part, to)))
  }

  /** The new path, if there was such a file. */
  #rename(from: string, to: string): string[] {
    try {
      this.#fileSystem.rename(`${this.#directory}/${from}`, `${this.#directory}/${to}`)
      return [`${this.#directory}/${to}`]
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return []
      throw error
    }
  }

  #sync(): void {
    this.#fileSystem.syncDirectory(this.#directory)
  }
}
