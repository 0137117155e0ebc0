import type { FileSystem, OpenFile } from '../disk/file-system.ts'

/** Bytes of a `.log`, from `position` to `end` (exclusive). */
export interface LogBytes {
  readonly log: OpenFile
  readonly position: number
  readonly end: number
}

const copyBytes = 256 * 1024

/**
 * Copies bytes of a log to `path`, durably but for the name, and says where they went: what other bytes stand there already is kept, and a
 * number added to the name. A copy that was begun before is brought to its end.
 */
export function quarantine(fileSystem: FileSystem, path: string, bytes: LogBytes): string {
  for (let count = 0; ; count++) {
    const target = count === 0 ? path : path.replace(/\.corrupt$/, `-${count}.corrupt`)
    const copy = fileSystem.open(target, 'create')
    try {
      if (!isBeginning(copy, bytes)) continue
      forEachPiece(bytes, (piece, at) => copy.write(piece, at))
      copy.sync()
      return target
    } finally {
      copy.close()
    }
  }
}

/** Whether the file holds nothing but what the copy begins with. */
function isBeginning(copy: OpenFile, bytes: LogBytes): boolean {
  const size = copy.size()
  if (size > bytes.end - bytes.position) return false
  let isSame = true
  const there = new Uint8Array(Math.min(copyBytes, size))
  forEachPiece({ ...bytes, end: bytes.position + size }, (piece, at) => {
    const read = copy.read(there, at)
    isSame &&= read >= piece.length && piece.every((byte, i) => byte === there[i])
  })
  return isSame
}

function forEachPiece({ log, position, end }: LogBytes, visit: (piece: Uint8Array, at: number) => void): void {
  const piece = new Uint8Array(Math.min(copyBytes, end - position))
  for (let at = position; at < end; at += copyBytes) {
    const read = log.read(piece.subarray(0, Math.min(copyBytes, end - at)), at)
    visit(piece.subarray(0, read), at - position)
  }
}
