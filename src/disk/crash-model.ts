import type { Random } from '../base/random.ts'
import { Dice } from './dice.ts'
import type { GrowableBytes } from './growable-bytes.ts'
import { applyChange } from './memory-file.ts'
import type { FileChange } from './memory-file.ts'
import type { NameChange, NameEdit } from './memory-tree.ts'

/**
 * What a power cut leaves of the changes that no sync covered:
 * - `lose-unsynced`: nothing. The plainest case, without chance.
 * - `ext4-ordered`: of each file the first so many changes, the last one perhaps cut at a sector; sometimes zeros up to the
 *   next page, since the size got there before the data (seen on ext4). Of the names, the first so many changes.
 * - `posix-adversary`: all that POSIX permits. Of each file any changes, each perhaps with sectors missing, and any size up
 *   to the one seen, filled with zeros. Of the names any changes, but those of one name in their order.
 */
export type CrashOptions =
  | { readonly personality: 'lose-unsynced' }
  | { readonly personality: 'ext4-ordered' | 'posix-adversary'; readonly random: Random }

/** Applies to a file's durable bytes what survives of its unsynced changes; `seenSize` is the size if all of them did. */
export type FileSurvival = (durable: GrowableBytes, unsynced: readonly FileChange[], seenSize: number) => void

/** Which changes of names are on the disk, in order; those that are durable always are. */
export type NameSurvival = (changes: readonly NameChange[]) => NameChange[]

export interface CrashModel {
  readonly file: FileSurvival
  readonly names: NameSurvival
}

export function crashModel(options: CrashOptions): CrashModel {
  switch (options.personality) {
    case 'lose-unsynced':
      return { file: () => {}, names: (changes) => changes.filter((change) => change.isDurable) }
    case 'ext4-ordered':
      return orderedModel(new Dice(options.random))
    case 'posix-adversary':
      return adversaryModel(new Dice(options.random))
  }
}

function orderedModel(dice: Dice): CrashModel {
  return {
    file: (durable, unsynced, seenSize) => {
      const kept = dice.below(unsynced.length + 1)
      for (const change of unsynced.slice(0, kept)) applyChange(durable, change)
      const torn = unsynced[kept]
      if (torn !== undefined) tearEnd(durable, torn, dice)
      const pageEnd = Math.min(seenSize, Math.ceil(durable.size / PAGE_SIZE) * PAGE_SIZE)
      if (pageEnd > durable.size && dice.oneIn(3)) durable.truncate(pageEnd)
    },
    names: (changes) => {
      const durable = changes.findLastIndex((change) => change.isDurable) + 1
      return changes.slice(0, durable + dice.below(changes.length - durable + 1))
    },
  }
}

function adversaryModel(dice: Dice): CrashModel {
  return {
    file: (durable, unsynced, seenSize) => {
      const keptOfEight = dice.below(9)
      const mayTear = dice.oneIn(2)
      for (const change of unsynced) {
        if (dice.below(8) < keptOfEight) applyChange(durable, change)
        else if (mayTear) tearAnywhere(durable, change, dice)
      }
      if (seenSize > durable.size && dice.oneIn(4))
        durable.truncate(durable.size + dice.below(seenSize - durable.size + 1))
    },
    names: (changes) => {
      const keptOfEight = dice.below(9)
      return keepOrderOfEachName(changes, () => dice.below(8) < keptOfEight)
    },
  }
}

/** Once a change is lost, so is every later one that touches a name it touched: no journal lets the second overtake the first. */
function keepOrderOfEachName(changes: readonly NameChange[], isKept: () => boolean): NameChange[] {
  const lost: NameEdit[] = []
  return changes.filter((change) => {
    const overtakes = change.edits.some((edit) =>
      lost.some((earlier) => earlier.directory === edit.directory && earlier.name === edit.name),
    )
    if (change.isDurable || (isKept() && !overtakes)) return true
    lost.push(...change.edits)
    return false
  })
}

/** The unit that a disk writes whole or not at all. */
const SECTOR_SIZE = 512
const PAGE_SIZE = 4096

function tearEnd(durable: GrowableBytes, change: FileChange, dice: Dice): void {
  if (change.kind === 'truncate') return
  const sectors = sectorsOf(change)
  for (const sector of sectors.slice(0, dice.below(sectors.length + 1))) applyChange(durable, sector)
}

function tearAnywhere(durable: GrowableBytes, change: FileChange, dice: Dice): void {
  if (change.kind === 'truncate') return
  for (const sector of sectorsOf(change)) if (dice.oneIn(2)) applyChange(durable, sector)
}

/** A write cut where sectors of the disk begin. */
function sectorsOf(change: FileChange & { kind: 'write' }): (FileChange & { kind: 'write' })[] {
  const sectors: (FileChange & { kind: 'write' })[] = []
  let done = 0
  while (done < change.bytes.length) {
    const position = change.position + done
    const size = SECTOR_SIZE - (position % SECTOR_SIZE)
    sectors.push({ kind: 'write', position, bytes: change.bytes.subarray(done, done + size) })
    done += size
  }
  return sectors
}
