import type { Offset } from '../base/brands.ts'
import { DiskError, TslogError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { rewriteLog } from './log-rewrite.ts'
import type { PartitionTurn } from './partition-turn.ts'
import { floorSegment, listSegments } from './segment-list.ts'
import type { WriteStateFile } from './write-state-file.ts'

/** Tells whoever writes next when `error` is a sync that failed: what is read is no proof then of what is on the disk. */
export function noteFailedSync(error: unknown, turn: PartitionTurn, stateFile: WriteStateFile): void {
  if (!(error instanceof DiskError) || error.action !== 'sync') return
  let isNewTurn = false
  try {
    isNewTurn = turn.take()
    stateFile.markFailedSync()
  } catch (another) {
    // The lock is not to be had, or its file is on the disk that fails: the sync's own failure is the one to tell.
    if (!(another instanceof TslogError)) throw another
  }
  if (isNewTurn) turn.end()
}

interface UnsyncedLog {
  readonly fileSystem: FileSystem
  /** The partition's own directory. */
  readonly directory: string
}

/**
 * Gives every log from the recovery point on to the disk once more, as another file. After a sync that failed Linux counts the pages as written: they are
 * read as if nothing had happened until they are dropped, and no later sync writes them. Nor is it enough to write the same bytes over them: ext4
 * may then read zeros, since it never heard that the blocks were filled. Throws `DiskError` when it fails again.
 */
export function rewriteUnsynced({ fileSystem, directory }: UnsyncedLog, recoveryPoint: Offset): void {
  const bases = listSegments(fileSystem, directory)
  for (const base of bases.slice(Math.max(0, floorSegment(bases, recoveryPoint)))) {
    rewriteLog(fileSystem, directory, base, [{ kind: 'kept', position: 0, end: Infinity }])
  }
}
