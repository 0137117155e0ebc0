import type { FileSystem } from '../../disk/file-system.ts'
import { decodeProducerSnapshot, type ProducerSnapshotRead } from '../producer-snapshot.ts'
import { readWholeFile } from '../whole-file.ts'

/** More than a million producers; a file that is larger is no snapshot. */
const bytesMax = 48 * 1024 * 1024

/** Reads a producer snapshot, whatever is in it. */
export function readSnapshot(fileSystem: FileSystem, path: string): ProducerSnapshotRead | { readonly kind: 'absent' } {
  const file = readWholeFile(fileSystem, path, bytesMax)
  if (file.kind === 'absent') return file
  if (file.kind === 'too-large') return { kind: 'damaged', reason: `${file.size} bytes are too many` }
  return decodeProducerSnapshot(file.bytes)
}
