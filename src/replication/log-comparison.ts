import { type LeaderEpoch, type Offset, offset } from '../base/brands.ts'
import type { BatchFacts } from '../storage/batch-facts.ts'
import type { LeaderEpochEnd } from '../storage/leader-epoch-history.ts'

/** One of two logs that are compared. */
export interface ComparedLog {
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
}

/** The leader's side: every question may be a round trip. */
export interface LeadersLog extends ComparedLog {
  /** Set when it is a part of a log as it was once: where that ended. A copy that has more may have got it from later ones. */
  readonly partialEnd: BatchFacts | undefined
  /** Where such a part begins; of what comes before, it knows the last batch. */
  readonly partialFrom: Offset | undefined
  epochEnd(epoch: LeaderEpoch): Promise<LeaderEpochEnd>
  /** The batch that holds an offset, or the next one. */
  batchAt(offset: Offset): Promise<BatchFacts | undefined>
}

/** The follower's side. */
export interface FollowersLog extends ComparedLog {
  batchAt(offset: Offset): BatchFacts | undefined
  /** The last batch that ends at or before `end`. */
  lastBatchBefore(end: Offset): BatchFacts | undefined
}

/** How a follower's log stands to its leader's. */
export type Comparison =
  /** The follower has what the leader has, up to its own end. */
  | { readonly kind: 'behind' }
  /** The leader has nothing of what the follower has: its log begins behind the follower's end. */
  | { readonly kind: 'apart' }
  /** Up to `fork` both have the same, and from there on not. */
  | { readonly kind: 'diverged'; readonly fork: Offset; readonly reason: string }

/**
 * Finds out how far two logs are the same, by leader epochs, ends, and the CRC of the follower's last batch; where that one differs, by
 * bisection over CRCs. `isCompacted`: a batch may have lost records, or be gone, without the logs having parted. (KIP-101, KIP-279.)
 */
export async function compareLogs(own: FollowersLog, leader: LeadersLog, isCompacted: boolean): Promise<Comparison> {
  if (own.lastBatchBefore(own.logEndOffset) === undefined) return compareEmpty(own, leader)
  if (own.logEndOffset < leader.logStartOffset) return { kind: 'apart' }
  if (hasAllOf(own, leader.partialEnd)) return { kind: 'behind' }
  const comparison = new LogComparison(own, leader, isCompacted)
  if (own.logEndOffset > leader.logEndOffset) {
    const fork = await comparison.forkBelow(leader.logEndOffset)
    return {
      kind: 'diverged',
      fork,
      reason: `the copy ends at offset ${own.logEndOffset}, the source at ${leader.logEndOffset}`,
    }
  }
  const byEpochs = await comparison.endOfCommonEpochs()
  if (byEpochs.end < own.logEndOffset) {
    return { kind: 'diverged', fork: await comparison.forkBelow(byEpochs.end), reason: byEpochs.reason }
  }
  const last = own.lastBatchBefore(own.logEndOffset)
  if (last === undefined || last.nextOffset <= leader.logStartOffset || (await comparison.isSame(last)))
    return { kind: 'behind' }
  const reason = `the batch of offsets ${last.baseOffset} to ${last.nextOffset - 1n} is another one there`
  return { kind: 'diverged', fork: await comparison.forkBelow(last.baseOffset), reason }
}

/** A log without a batch has nothing to lose. */
function compareEmpty(own: FollowersLog, leader: ComparedLog): Comparison {
  const isInside = own.logEndOffset >= leader.logStartOffset && own.logEndOffset <= leader.logEndOffset
  return isInside ? { kind: 'behind' } : { kind: 'apart' }
}

class LogComparison {
  readonly #own: FollowersLog
  readonly #leader: LeadersLog
  readonly #isCompacted: boolean

  constructor(own: FollowersLog, leader: LeadersLog, isCompacted: boolean) {
    this.#own = own
    this.#leader = leader
    this.#isCompacted = isCompacted
  }

  /** Up to where both logs were written under the same epochs, and what the first difference is. */
  async endOfCommonEpochs(): Promise<{ end: Offset; reason: string }> {
    let end = this.#own.logEndOffset
    let reason = ''
    for (;;) {
      const last = this.#own.lastBatchBefore(end)
      // Batches older than epochs, and those that the leader has no more, are compared by nothing.
      if (last === undefined || last.leaderEpoch < 0 || last.nextOffset <= this.#leader.logStartOffset) break
      const known = await this.#leader.epochEnd(last.leaderEpoch)
      if (known.endOffset < 0n || isCovered(last, known)) break
      reason ||= epochReason(last.leaderEpoch, known)
      // The epoch's own batches go, and all above what the leader has of it.
      end = known.epoch === last.leaderEpoch ? known.endOffset : smaller(last.baseOffset, known.endOffset)
    }
    return { end, reason }
  }

  /** Whether the leader has this very batch. */
  async isSame(batch: BatchFacts): Promise<boolean> {
    const there = await this.#leader.batchAt(batch.baseOffset)
    if (there === undefined) return this.#isCompacted
    if (isSameBatch(there, batch) || isRecompressed(there, batch)) return true
    // Compaction keeps the offsets and the epoch of a batch when it takes records out of it, or takes it away.
    if (!this.#isCompacted) return false
    const isGone = there.baseOffset >= batch.nextOffset
    return (
      isGone ||
      (there.leaderEpoch === batch.leaderEpoch &&
        there.baseOffset <= batch.baseOffset &&
        there.nextOffset >= batch.nextOffset)
    )
  }

  /** The offset from which on the logs differ, at most `limit`: found by bisection, since what differs once differs from there on. */
  async forkBelow(limit: Offset): Promise<Offset> {
    let same = larger(this.#own.logStartOffset, await this.#toldFrom())
    let other = limit
    while (same < other) {
      const middle = offset((same + other) / 2n)
      const batch = this.#own.batchAt(middle)
      if (batch === undefined || batch.baseOffset >= other) other = middle
      else if (batch.nextOffset <= limit && (await this.isSame(batch))) same = batch.nextOffset
      else other = smaller(batch.baseOffset, middle)
    }
    return same < limit ? same : limit
  }

  /** From here on the leader can tell: for a part of a log this is where it begins, if the batch before is the same. */
  async #toldFrom(): Promise<Offset> {
    const { logStartOffset, partialFrom = logStartOffset } = this.#leader
    const before = this.#own.lastBatchBefore(partialFrom)
    const isPartTold = partialFrom > logStartOffset && before !== undefined && (await this.isSame(before))
    return isPartTold ? partialFrom : logStartOffset
  }
}

function hasAllOf(own: FollowersLog, partialEnd: BatchFacts | undefined): boolean {
  return partialEnd !== undefined && isSameBatch(own.batchAt(partialEnd.baseOffset), partialEnd)
}

function isSameBatch(one: BatchFacts | undefined, two: BatchFacts): boolean {
  return one?.crc === two.crc && one.baseOffset === two.baseOffset && one.nextOffset === two.nextOffset
}

/** Of a batch's attributes. */
const codecBits = 0x07

/** Recompression changes the codec of a batch, and with it the CRC, but neither its place nor its times. */
function isRecompressed(one: BatchFacts, two: BatchFacts): boolean {
  const isSamePlace = one.baseOffset === two.baseOffset && one.nextOffset === two.nextOffset
  const isSameOrigin = one.leaderEpoch === two.leaderEpoch && one.maxTimestamp === two.maxTimestamp
  return isSamePlace && isSameOrigin && isOtherCodecOnly(one.attributes ^ two.attributes)
}

function isOtherCodecOnly(changed: number): boolean {
  return changed !== 0 && (changed & ~codecBits) === 0
}

/** Whether the leader has the epoch of the batch up to its end. */
function isCovered(batch: BatchFacts, known: LeaderEpochEnd): boolean {
  return known.epoch === batch.leaderEpoch && known.endOffset >= batch.nextOffset
}

function epochReason(epoch: LeaderEpoch, known: LeaderEpochEnd): string {
  const there = known.epoch === epoch ? `ends at offset ${known.endOffset}` : 'is not known'
  return `leader epoch ${epoch} of the copy ${there} there`
}

function smaller(one: Offset, two: Offset): Offset {
  return one < two ? one : two
}

function larger(one: Offset, two: Offset): Offset {
  return one > two ? one : two
}
