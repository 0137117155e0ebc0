import { filePosition, type Offset } from '../base/brands.ts'
import { DiskError, TslogError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { segmentFileName } from './file-names.ts'
import { openIfThere } from './open-if-there.ts'
import type { PartitionTurn } from './partition-turn.ts'
import { floorSegment, listSegments } from './segment-list.ts'
import { Segment } from './segment.ts'
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

const chunkBytes = 1024 * 1024
const parts = ['log', 'index', 'timeindex', 'txnindex'] as const

/**
 * Writes everything from the recovery point on over itself, and makes it durable. After a sync that failed Linux counts the pages as written: they are
 * read as if nothing had happened until they are dropped, and no later sync writes them. Only bytes that are written anew reach the disk.
 * Throws `DiskError` when it fails again.
 */
export function rewriteUnsynced({ fileSystem, directory }: UnsyncedLog, recoveryPoint: Offset): void {
  const bases = listSegments(fileSystem, directory)
  for (const base of bases.slice(Math.max(0, floorSegment(bases, recoveryPoint)))) {
    for (const part of parts) {
      const start = part === 'log' ? positionOf({ fileSystem, directory }, base, recoveryPoint) : filePosition(0)
      rewriteFile(fileSystem, `${directory}/${segmentFileName(base, part)}`, start)
    }
  }
  fileSystem.syncDirectory(directory)
}

function positionOf({ fileSystem, directory }: UnsyncedLog, base: Offset, target: Offset): number {
  const segment = Segment.open(fileSystem, directory, base)
  try {
    return segment.positionOf(target)
  } finally {
    segment.close()
  }
}

function rewriteFile(fileSystem: FileSystem, path: string, start: number): void {
  const file = openIfThere(() => fileSystem.open(path, 'write'))
  if (file === undefined) return
  try {
    const chunk = new Uint8Array(chunkBytes)
    for (let position = start; ;) {
      const read = file.read(chunk, position)
      if (read === 0) break
      file.write(chunk.subarray(0, read), position)
      position += read
    }
    file.sync()
  } finally {
    file.close()
  }
}
