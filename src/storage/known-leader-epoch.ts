import { type LeaderEpoch, leaderEpoch } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { LeaderEpochHistory } from './leader-epoch-history.ts'
import { WriteStateFile } from './write-state-file.ts'

/**
 * The leader epoch of a partition as its last writer left it, without opening the log: for who tells of many partitions and works with few. The
 * next opener may raise it, when recovery cuts something.
 */
export function knownLeaderEpoch(fileSystem: FileSystem, directory: string): LeaderEpoch {
  const stateFile = WriteStateFile.find(fileSystem, directory)
  try {
    const state = stateFile?.read()
    if (state !== undefined) return state.leaderEpoch
  } finally {
    stateFile?.close()
  }
  const read = LeaderEpochHistory.read(fileSystem, directory)
  return (read.kind === 'history' ? read.history.latestEpoch : undefined) ?? leaderEpoch(0)
}
