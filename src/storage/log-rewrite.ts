import type { Offset } from '../base/brands.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { segmentFileName, TEMPORARY_SUFFIX } from './file-names.ts'

/** What the log of a segment is put together from: bytes that stay, and bytes that are new. */
export type LogPiece =
  /** `end` may lie behind the end of the file: then all that is there. */
  | { readonly kind: 'kept'; readonly position: number; readonly end: number }
  | { readonly kind: 'new'; readonly bytes: Uint8Array }

const copyBytes = 1024 * 1024

/**
 * Gives a segment another log. The indexes, which speak of the old one, go first: whoever meets the segment without them, Kafka too, makes them
 * anew from the log. At any moment the `.log` is either the old or the new one, whole and durable. The partition's lock is held.
 */
export function rewriteLog(
  fileSystem: FileSystem,
  directory: string,
  baseOffset: Offset,
  pieces: readonly LogPiece[],
): void {
  const path = `${directory}/${segmentFileName(baseOffset, 'log')}`
  const source = fileSystem.open(path, 'read')
  try {
    writeAside(fileSystem, path + TEMPORARY_SUFFIX, source, pieces)
  } finally {
    source.close()
  }
  for (const part of ['index', 'timeindex', 'txnindex'] as const) {
    fileSystem.remove(`${directory}/${segmentFileName(baseOffset, part)}`)
  }
  fileSystem.syncDirectory(directory)
  fileSystem.rename(path + TEMPORARY_SUFFIX, path)
  fileSystem.syncDirectory(directory)
}

function writeAside(fileSystem: FileSystem, path: string, source: OpenFile, pieces: readonly LogPiece[]): void {
  const target = fileSystem.open(path, 'create')
  try {
    target.truncate(0)
    let written = 0
    for (const piece of pieces) written = append(target, written, piece, source)
    // Retention goes by it where records have no timestamps.
    target.touch(source.modifiedMs())
    target.sync()
  } finally {
    target.close()
  }
}

/** Returns where the next piece goes. */
function append(target: OpenFile, position: number, piece: LogPiece, source: OpenFile): number {
  if (piece.kind === 'new') {
    target.write(piece.bytes, position)
    return position + piece.bytes.length
  }
  const end = Math.min(piece.end, source.size())
  const buffer = new Uint8Array(copyBytes)
  let written = position
  for (let at = piece.position; at < end; at += copyBytes) {
    const read = source.read(buffer.subarray(0, Math.min(copyBytes, end - at)), at)
    target.write(buffer.subarray(0, read), written)
    written += read
  }
  return written
}
