import { assert } from '../base/assert.ts'
import { type LeaderEpoch, leaderEpoch, NO_LEADER_EPOCH, offset, type Offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import {
  beginCheckpoint,
  parseCheckpointNumber,
  readCheckpoint,
  splitFields,
  writeCheckpoint,
} from './checkpoint-file.ts'
import { LEADER_EPOCH_CHECKPOINT } from './file-names.ts'

/** The first offset that was written under a leader epoch. */
export interface LeaderEpochEntry {
  readonly epoch: LeaderEpoch
  readonly startOffset: Offset
}

/** Where an epoch ended: the answer to a follower that asks up to where the logs agree. */
export interface LeaderEpochEnd {
  /** The epoch asked for or the nearest below it; -1 when nothing is known. */
  readonly epoch: LeaderEpoch
  /** First offset after it; -1 when nothing is known. */
  readonly endOffset: Offset
}

/** What reading the history gave. A damaged one can be made again from the epochs in the batches. */
export type LeaderEpochHistoryRead =
  | { readonly kind: 'history'; readonly history: LeaderEpochHistory }
  | { readonly kind: 'damaged'; readonly position: number; readonly reason: string }

const undefinedEnd: LeaderEpochEnd = { epoch: NO_LEADER_EPOCH, endOffset: offset(-1) }

/**
 * Which leader epoch each part of a partition was written under: epochs and their start offsets, both strictly increasing.
 * Kept in `leader-epoch-checkpoint`, one `epoch startOffset` a line. Kafka: `LeaderEpochFileCache` (KIP-101, KIP-279).
 *
 * Every change is durable when the call returns, but for `begin`. One writer at a time: the holder of the partition's lock.
 */
export class LeaderEpochHistory {
  readonly #fileSystem: FileSystem
  readonly #path: string
  #entries: LeaderEpochEntry[]

  /** A history with `entries` that replace, at the next change, whatever is in the file. */
  constructor(fileSystem: FileSystem, partitionDirectory: string, entries: readonly LeaderEpochEntry[] = []) {
    this.#fileSystem = fileSystem
    this.#path = pathIn(partitionDirectory)
    this.#entries = [...entries]
  }

  /** Reads the history of a partition; empty when it has no file. */
  static read(fileSystem: FileSystem, partitionDirectory: string): LeaderEpochHistoryRead {
    const checkpoint = readCheckpoint(fileSystem, pathIn(partitionDirectory))
    if (checkpoint.kind === 'damaged') return checkpoint
    const entries: LeaderEpochEntry[] = []
    for (const line of checkpoint.lines) {
      const entry = parseEntry(line)
      if (entry === undefined || !isAfter(entry, entries.at(-1))) {
        const reason = `not an epoch and its start offset, greater than those before: ${JSON.stringify(line.slice(0, 80))}`
        return { kind: 'damaged', position: 0, reason }
      }
      entries.push(entry)
    }
    return { kind: 'history', history: new LeaderEpochHistory(fileSystem, partitionDirectory, entries) }
  }

  /** Oldest first. */
  get entries(): readonly LeaderEpochEntry[] {
    return this.#entries
  }

  /** The epoch of the newest batches, or `undefined` when none is known. */
  get latestEpoch(): LeaderEpoch | undefined {
    return this.#entries.at(-1)?.epoch
  }

  /**
   * Notes that `epoch` begins at `startOffset`. Known already: nothing happens. Entries that contradict it are dropped: the
   * newest word is right, since what it describes is in the log. Returns whether the file was written.
   */
  assign(epoch: LeaderEpoch, startOffset: Offset): boolean {
    return this.assignAll([{ epoch, startOffset }])
  }

  /** The same for several, in order, with one write: for recovery, which meets the epochs in the batches. */
  assignAll(entries: readonly LeaderEpochEntry[]): boolean {
    let next = this.#entries
    for (const entry of entries) {
      assert(entry.epoch >= 0 && entry.startOffset >= 0, `leader epoch ${entry.epoch} at offset ${entry.startOffset}`)
      if (isNews(entry, next.at(-1))) next = [...withoutConflicts(next, entry), entry]
    }
    return this.#replace(next)
  }

  /**
   * Where the log of an epoch ends: at the start of the next known epoch; for the latest one, at `logEndOffset`. An epoch
   * that is not known is answered with the nearest below it. -1 and -1 when asked for -1 or for an epoch of the future;
   * for one from before the log began, that epoch and the first start offset.
   */
  endOffsetFor(epoch: LeaderEpoch, logEndOffset: Offset): LeaderEpochEnd {
    if (epoch === NO_LEADER_EPOCH) return undefinedEnd
    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset }
    const above = this.#entries.findIndex((entry) => entry.epoch > epoch)
    const next = this.#entries[above]
    if (next === undefined) return undefinedEnd
    return { epoch: this.#entries[above - 1]?.epoch ?? epoch, endOffset: next.startOffset }
  }

  /** The epoch that the record at `target` was written under, or `undefined` when it is older than the history. */
  epochAt(target: Offset): LeaderEpoch | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= target)?.epoch
  }

  /** Forgets epochs that begin at or after `endOffset`: the log was cut there. */
  truncateFromEnd(endOffset: Offset): boolean {
    return this.#replace(this.#entries.filter((entry) => entry.startOffset < endOffset))
  }

  /** Forgets epochs that ended at or before `startOffset`, the log's new start; the one that covers it now begins there. */
  truncateFromStart(startOffset: Offset): boolean {
    const covering = this.#entries.findLast((entry) => entry.startOffset <= startOffset)
    if (covering === undefined) return false
    const rest = this.#entries.filter((entry) => entry.startOffset > startOffset)
    return this.#replace([{ epoch: covering.epoch, startOffset }, ...rest])
  }

  /** The first epoch of a log without a batch: durable with the names of its segment, before the first batch is. */
  begin(epoch: LeaderEpoch, startOffset: Offset): void {
    this.#entries = [{ epoch, startOffset }]
    beginCheckpoint(this.#fileSystem, this.#path, this.#lines)
  }

  /** Forgets everything. */
  clear(): boolean {
    return this.#replace([])
  }

  /** Writes the file whatever it holds: after damage, or for a new partition (Kafka keeps it there, empty). */
  save(): void {
    writeCheckpoint(this.#fileSystem, this.#path, this.#lines)
  }

  get #lines(): string[] {
    return this.#entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)
  }

  #replace(entries: LeaderEpochEntry[]): boolean {
    if (isSame(entries, this.#entries)) return false
    this.#entries = entries
    this.save()
    return true
  }
}

function pathIn(partitionDirectory: string): string {
  return `${partitionDirectory}/${LEADER_EPOCH_CHECKPOINT}`
}

function isNews(entry: LeaderEpochEntry, latest: LeaderEpochEntry | undefined): boolean {
  return latest === undefined || entry.epoch !== latest.epoch || entry.startOffset < latest.startOffset
}

/** Kafka drops from the newest backwards and stops at the first that fits. */
function withoutConflicts(entries: readonly LeaderEpochEntry[], added: LeaderEpochEntry): LeaderEpochEntry[] {
  const last = entries.findLastIndex((entry) => entry.epoch < added.epoch && entry.startOffset < added.startOffset)
  return entries.slice(0, last + 1)
}

function isAfter(entry: LeaderEpochEntry, before: LeaderEpochEntry | undefined): boolean {
  return before === undefined || (entry.epoch > before.epoch && entry.startOffset > before.startOffset)
}

function isSame(one: readonly LeaderEpochEntry[], other: readonly LeaderEpochEntry[]): boolean {
  return (
    one.length === other.length &&
    one.every((entry, at) => entry.epoch === other[at]?.epoch && entry.startOffset === other[at]?.startOffset)
  )
}

function parseEntry(line: string): LeaderEpochEntry | undefined {
  const [epochText = '', offsetText = ''] = splitFields(line, 2) ?? []
  const epoch = parseCheckpointNumber(epochText)
  const startOffset = parseCheckpointNumber(offsetText)
  if (epoch === undefined || epoch >= 2n ** 31n || startOffset === undefined) return undefined
  return { epoch: leaderEpoch(Number(epoch)), startOffset: offset(startOffset) }
}
