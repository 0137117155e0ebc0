import type { Offset } from '../base/brands.ts'
import type { ActiveSegment } from './active-segment.ts'
import { partitionDirectoryName } from './file-names.ts'
import { mergeOffsetCheckpoint } from './offset-checkpoints.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { listSegments } from './segment-list.ts'

/**
 * Segments that were left behind by a roll and must reach the disk: through the very descriptors that wrote them, since only those hear of
 * errors. One at most waits, so that an input without end does not run out of descriptors.
 */
export class SealedSegments {
  readonly #options: PartitionLogOptions
  readonly #directory: string
  #waiting: ActiveSegment | undefined

  constructor(options: PartitionLogOptions, directory: string) {
    this.#options = options
    this.#directory = directory
  }

  /** Leaves `segment` behind: to be synced when somebody waits for the disk (`wantsSync`), else closed at once. */
  add(segment: ActiveSegment, wantsSync: boolean): void {
    this.sync()
    if (wantsSync) this.#waiting = segment
    else segment.close()
  }

  /** Makes what waits durable, with its name, and moves the recovery point behind it. */
  sync(): void {
    const segment = this.#waiting
    if (segment === undefined) return
    this.#waiting = undefined
    const { fileSystem, logDirectory, lockWaitMs: waitMs } = this.#options
    segment.syncAll()
    segment.close()
    fileSystem.syncDirectory(this.#directory)
    const changes = new Map([[partitionDirectoryName(this.#options), this.#endOf(segment)]])
    mergeOffsetCheckpoint(fileSystem, logDirectory, 'recovery-point-offset-checkpoint', { changes, waitMs })
  }

  close(): void {
    this.#waiting?.close()
    this.#waiting = undefined
  }

  /** Where the segment after a sealed one begins. */
  #endOf(sealed: ActiveSegment): Offset {
    const bases = listSegments(this.#options.fileSystem, this.#directory)
    return bases.find((base) => base > sealed.baseOffset) ?? sealed.baseOffset
  }
}
