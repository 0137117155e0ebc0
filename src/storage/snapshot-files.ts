import type { Offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { parsePartitionFile, snapshotFileName, TEMPORARY_SUFFIX } from './file-names.ts'
import {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
  type ProducerSnapshotEntry,
  type ProducerSnapshotRead,
} from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import { readWholeFile } from './whole-file.ts'

/** More than five million producers; a file that is larger is no snapshot. */
const bytesMax = 256 * 1024 * 1024

/** Reads a producer snapshot, whatever is in it. */
export function readSnapshot(fileSystem: FileSystem, path: string): ProducerSnapshotRead | { readonly kind: 'absent' } {
  const file = readWholeFile(fileSystem, path, bytesMax)
  if (file.kind === 'absent') return file
  if (file.kind === 'too-large') return { kind: 'damaged', reason: `${file.size} bytes are too many` }
  return decodeProducerSnapshot(file.bytes)
}

/** The newest snapshot that is whole and not above `end`, if any. */
export function newestSnapshot(fileSystem: FileSystem, directory: string, end: Offset): ProducerState | undefined {
  const offsets = snapshotOffsets(fileSystem, directory).sort((one, other) => (one < other ? 1 : -1))
  for (const at of offsets) {
    if (at > end) continue
    const read = readSnapshot(fileSystem, `${directory}/${snapshotFileName(at)}`)
    if (read.kind === 'entries') return ProducerState.fromSnapshot(read.entries, at)
  }
  return undefined
}

/**
 * Writes `<offset>.snapshot`, which no killed process leaves torn: it may be all that is known of producers once older segments are gone. It is
 * synced before the recovery point moves past it (`isDurable`: at once), as Kafka does; what a power cut tears before is found by its CRC.
 */
export function writeProducerSnapshot(
  fileSystem: FileSystem,
  directory: string,
  state: ProducerState,
  isDurable = false,
): void {
  const path = `${directory}/${snapshotFileName(state.endOffset)}`
  const file = fileSystem.open(path + TEMPORARY_SUFFIX, 'create')
  try {
    file.truncate(0)
    file.write(encodeProducerSnapshot(state.toSnapshot()), 0)
    if (isDurable) file.sync()
  } finally {
    file.close()
  }
  fileSystem.rename(path + TEMPORARY_SUFFIX, path)
}

/**
 * Writes the snapshot of `state` anew if what has its name is not whole, or says something else and was never synced (`isSynced`: it was): a power cut may
 * have taken batches that it tells of. Durably then: it would be believed. Kafka: ProducerStateManager.truncateAndReload removes such files.
 */
export function mendSnapshot(fileSystem: FileSystem, directory: string, state: ProducerState, isSynced: boolean): void {
  const read = readSnapshot(fileSystem, `${directory}/${snapshotFileName(state.endOffset)}`)
  if (read.kind === 'damaged') writeProducerSnapshot(fileSystem, directory, state)
  if (read.kind !== 'entries' || isSynced || areEqual(read.entries, state.toSnapshot())) return
  writeProducerSnapshot(fileSystem, directory, state, true)
  fileSystem.syncDirectory(directory)
}

function areEqual(one: readonly ProducerSnapshotEntry[], other: readonly ProducerSnapshotEntry[]): boolean {
  return Buffer.compare(encodeProducerSnapshot(one), encodeProducerSnapshot(other)) === 0
}

/**
 * Removes the snapshots above `end`, where the log ends now: once it has grown past them they would tell of batches that are gone. The caller syncs the
 * directory before anything is appended.
 */
export function removeSnapshotsAbove(fileSystem: FileSystem, directory: string, end: Offset): void {
  const stale = snapshotOffsets(fileSystem, directory).filter((at) => at > end)
  for (const at of stale) fileSystem.remove(`${directory}/${snapshotFileName(at)}`)
}

function snapshotOffsets(fileSystem: FileSystem, directory: string): Offset[] {
  const offsets: Offset[] = []
  for (const { name } of fileSystem.list(directory) ?? []) {
    const file = parsePartitionFile(name)
    if (file.kind === 'snapshot' && file.state === '') offsets.push(file.offset)
  }
  return offsets
}
