import { basename } from 'node:path'
import type { Offset } from '../../base/brands.ts'
import { CorruptSegmentError } from '../../base/errors.ts'
import type { FileSystem, OpenFile } from '../../disk/file-system.ts'
import { BatchPeeker } from '../../storage/batch-peek.ts'
import { OffsetIndex, type OffsetPosition } from '../../storage/offset-index.ts'
import type { IndexCheck } from '../../storage/sorted-entries.ts'
import { TimeIndex } from '../../storage/time-index.ts'
import { TransactionIndex } from '../../storage/transaction-index.ts'
import { openIfThere } from '../../storage/whole-file.ts'
import { damageEntry, type DumpEntry } from './dump-entry.ts'
import { baseOffsetOf } from './file-kind.ts'

/** The entries of a `.index`; where the log lies beside it, each is compared with the batch that it points at. */
export function* dumpOffsetIndex(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  const file = fileSystem.open(path, 'read')
  const log = openIfThere(fileSystem, path.replace(/\.index/, '.log'))
  try {
    const index = new OffsetIndex(file, baseOffsetOf(basename(path)))
    const peeker = log && new BatchPeeker(log)
    for (let slot = 0; slot < index.entryCount; slot++) {
      const entry = index.entry(slot)
      yield { kind: 'index', fields: { ...entry } }
      const mismatch = peeker && mismatchOf(entry, peeker)
      const position = slot * OffsetIndex.entryBytes
      if (mismatch !== undefined) yield damageEntry({ position, reason: mismatch, file: basename(path) })
    }
    yield* checkEntries(index.verify(log?.size() ?? Infinity), file)
  } finally {
    file.close()
    log?.close()
  }
}

/** The entries of a `.timeindex`. */
export function* dumpTimeIndex(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  const file = fileSystem.open(path, 'read')
  try {
    const index = new TimeIndex(file, baseOffsetOf(basename(path)))
    for (let slot = 0; slot < index.entryCount; slot++) {
      const { timestamp, offset } = index.entry(slot)
      yield { kind: 'timeindex', fields: { timestamp, offset } }
    }
    yield* checkEntries(index.verify((2n ** 63n - 1n) as Offset), file)
  } finally {
    file.close()
  }
}

/** The entries of a `.txnindex`: aborted transactions. */
export function* dumpTransactionIndex(fileSystem: FileSystem, path: string): Generator<DumpEntry> {
  const file = fileSystem.open(path, 'read')
  try {
    const index = new TransactionIndex(file)
    const entries: DumpEntry[] = []
    try {
      index.forEach(({ producerId, firstOffset, lastOffset, lastStableOffset }) => {
        entries.push({ kind: 'aborted', fields: { producerId, firstOffset, lastOffset, lastStableOffset } })
      })
    } catch (error) {
      if (!(error instanceof CorruptSegmentError)) throw error
      entries.push(damageEntry({ position: error.position, reason: error.message, file: basename(path) }))
    }
    yield* entries
    const excess = file.size() % TransactionIndex.entryBytes
    if (excess > 0) {
      const position = file.size() - excess
      yield damageEntry({ position, reason: `${excess} bytes follow the last entry`, file: basename(path) })
    }
  } finally {
    file.close()
  }
}

function* checkEntries(check: IndexCheck, file: OpenFile): Generator<DumpEntry> {
  const name = basename(file.path)
  if (check.kind === 'damaged') yield damageEntry({ position: check.position, reason: check.reason, file: name })
  // Not damage: room that its writer took and has not given back.
  if (check.kind === 'padded')
    yield { kind: 'padding', fields: { entries: check.entryCount, bytes: file.size(), file: name } }
}

/** Why the batch that an entry points at is not the one it means. */
function mismatchOf({ offset, position }: OffsetPosition, peeker: BatchPeeker): string | undefined {
  const lastOffset = peeker.at(position)?.lastOffset
  if (lastOffset === offset) return undefined
  const found = lastOffset === undefined ? 'none begins' : `one ends with ${lastOffset}`
  return `offset ${offset} is said to end the batch at byte ${position}, where ${found}`
}
