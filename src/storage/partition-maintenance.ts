import { LockedError } from '../base/errors.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { MAINTENANCE_LOCK } from './file-names.ts'

/** Whoever opens a partition holds the lock while it removes the files of a rewriting that was killed: for no longer than this, in ms. */
const tidyingMsMax = 1000

/**
 * The right to rewrite closed segments of a partition: one process at a time, for as long as it takes. Writers never wait for it; they meet its
 * holder only at the swap, which takes the partition's own lock. Whoever holds both took this one first. It ends with the process.
 */
export class PartitionMaintenance {
  readonly #lock: OpenFile

  private constructor(lock: OpenFile) {
    this.#lock = lock
  }

  /** Throws `LockedError` when another process is at it, unless that only removes what one left that was killed. */
  static begin(fileSystem: FileSystem, directory: string): PartitionMaintenance {
    const begun = PartitionMaintenance.#begin(fileSystem, directory, tidyingMsMax)
    if (begun !== undefined) return begun
    throw new LockedError(`${directory} is being compacted, or its segments rewritten, by another process`, {
      hint: 'wait for it to finish, or stop it',
    })
  }

  /** The same at once; `undefined` when another process is at it. */
  static tryBegin(fileSystem: FileSystem, directory: string): PartitionMaintenance | undefined {
    return PartitionMaintenance.#begin(fileSystem, directory, 0)
  }

  static #begin(fileSystem: FileSystem, directory: string, waitMs: number): PartitionMaintenance | undefined {
    const file = fileSystem.open(`${directory}/${MAINTENANCE_LOCK}`, 'create')
    if (file.lock('exclusive', waitMs)) return new PartitionMaintenance(file)
    file.close()
    return undefined
  }

  end(): void {
    this.#lock.close()
  }
}
