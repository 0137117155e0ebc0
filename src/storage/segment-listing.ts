import type { Offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { baseOffsetOf, type FileState, isLogFileName } from './file-names.ts'
import { openIfThere } from './open-if-there.ts'
import { listPartition, segmentsAmong } from './segment-list.ts'
import { endOfSwap, hasSwapFiles, planSettlement } from './swap-settlement.ts'

/** The segments of a partition as a reader without a lock must take them, also in the midst of a swap, whoever may finish it. */
export interface SegmentListing {
  /** Base offsets, oldest first. */
  readonly bases: readonly Offset[]
  /** Those whose files are still called `.swap`. */
  readonly swapped: ReadonlySet<Offset>
}

const none: ReadonlySet<Offset> = new Set()
/** A directory is listed again while names in it change; renames are quick. */
const attemptsMax = 1000

/**
 * Lists the segments that are in force. `isRearranging`: files are being renamed right now, or whoever did was killed; a listing is
 * taken then for what stood there at one moment when the next one is the same. Throws `NotFoundError` when the directory is gone.
 */
export function listReadableSegments(
  fileSystem: FileSystem,
  directory: string,
  isRearranging: boolean,
): SegmentListing {
  for (let attempt = 0; ; attempt++) {
    const entries = listPartition(fileSystem, directory)
    if (!isRearranging && !hasSwapFiles(entries)) return { bases: segmentsAmong(entries), swapped: none }
    if (isRearranging && attempt < attemptsMax && !isSame(entries, listPartition(fileSystem, directory))) continue
    const listing = openIfThere(() => resolved(fileSystem, directory, entries))
    if (listing !== undefined || attempt >= attemptsMax)
      return listing ?? { bases: segmentsAmong(entries), swapped: none }
  }
}

type Entries = ReturnType<typeof listPartition>

/** What would be there if the swap were settled now. */
function resolved(fileSystem: FileSystem, directory: string, entries: Entries): SegmentListing {
  const plan = planSettlement(entries, (base) => endOfSwap(fileSystem, directory, base))
  const swapped = new Set<Offset>()
  for (const name of plan.swapped) {
    const base = name.endsWith('.log.swap') ? baseOffsetOf(name) : undefined
    if (base !== undefined) swapped.add(base)
  }
  const replaced = new Set(plan.replaced.filter(isLogFileName))
  const inPlace = segmentsAmong(entries.filter(({ name }) => !replaced.has(name)))
  const bases = [...new Set([...inPlace, ...swapped])].sort((one, other) => (one < other ? -1 : 1))
  return { bases, swapped }
}

/** The name that the files of the segment carry behind their own. */
export function fileStateOf({ swapped }: SegmentListing, base: Offset): FileState {
  return swapped.has(base) ? '.swap' : ''
}

export function isSameListing(one: SegmentListing, other: SegmentListing): boolean {
  return (
    one.bases.length === other.bases.length &&
    one.bases.every((base, i) => base === other.bases[i] && one.swapped.has(base) === other.swapped.has(base))
  )
}

function isSame(one: Entries, other: Entries): boolean {
  const namesOf = (entries: Entries): string =>
    entries
      .map(({ name }) => name)
      .toSorted()
      .join('/')
  return namesOf(one) === namesOf(other)
}
