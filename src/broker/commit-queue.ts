import type { Offset } from '../base/brands.ts'
import { DiskError, LockedError, TemporaryError, TslogError } from '../base/errors.ts'
import type { Offered, OfferOutcome } from '../storage/batch-offer.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import type { AppendHealth } from './append-health.ts'
import type { FlushPolicy } from './broker-config.ts'
import { CommitPacing } from './commit-pacing.ts'

/** Told what became of a batch, once: either of the two. */
export interface AppendListener {
  /** The flush policy is kept and readers see it; or it was refused. */
  appended(offered: Offered, logStartOffset: Offset): void
  failed(error: unknown): void
}

/** A batch on its way into the log. */
interface Waiting {
  readonly batch: Uint8Array
  readonly listener: AppendListener
}

/** A batch that is in the log and not yet on the disk. */
interface Uncommitted {
  readonly batch: Uint8Array
  readonly nextOffset: Offset
  readonly offered: Offered
  readonly listener: AppendListener
}

export interface CommitQueueOptions {
  readonly log: () => PartitionLog
  readonly health: AppendHealth
  /** Opens the log anew, as by whoever comes after a writer that was killed; returns its log end offset. Throws what keeps it from that. */
  readonly reopenLog: () => Offset
  readonly flushPolicy: FlushPolicy
  /** As far as it is known. Throws nothing. */
  readonly logStartOffset: () => Offset
  /** Told of appends to the log: from the first of their batches to the end of the last. */
  readonly onAppended: (from: Offset, to: Offset) => void
  /** Told after appends became visible: of how many bytes, `undefined` when that is not known. */
  readonly onVisible: (bytes: number | undefined) => void
  /** Told of each commit: how many batches it was for, and how long it took, in ms. */
  readonly onCommit: (batches: number, elapsedMs: number) => void
  readonly elapsedMs: () => number
}

/** Another process that holds the partition lets go within a fraction of a millisecond, if it runs at all. */
const retryMsMin = 1
const retryMsMax = 50

/** As much is written while it is in the processor's cache, where it came into a moment ago. */
const largeBatchBytes = 256 * 1024

/** It is stopped, or hangs: clients are told to come again, so that what waits stays bounded. */
const waitMsMax = 10_000

/**
 * The appends of clients to one partition. Those of one turn of the event loop are appended together, and all that were appended while a sync ran
 * share the next one (group commit); `CommitPacing` tells when that begins. A large one that no sync is paid for is appended at once. The order of
 * appends is the order of the calls. A log whose disk is full is opened anew, since there will be room again; any other failure of the disk is final
 * for it.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  #waiting: Waiting[] = []
  #uncommitted: Uncommitted[] = []
  #isScheduled = false
  /** Of the uncommitted, so many at the end were appended since the last commit began. */
  #uncovered = 0
  readonly #pacing = new CommitPacing()
  #paceTimer: ReturnType<typeof setTimeout> | undefined
  /** A write found no room: the log takes no more of them until it is opened anew. */
  #mustReopen = false
  /** What is under way is committed through a log that was opened anew for that. */
  #isSecondCommit = false
  #retryMs = retryMsMin
  /** For another process, in ms. */
  #waitedMs = 0

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#uncommitted.length === 0 && this.#pacing.isIdle
  }

  /** Appends one checked batch of a client. */
  append(batch: Uint8Array, listener: AppendListener): void {
    this.#waiting.push({ batch, listener })
    if (this.#isScheduled) return
    this.#isScheduled = true
    const isLarge = batch.length >= largeBatchBytes
    if (isLarge && this.#options.flushPolicy === 'os') this.#appendAll()
    else setImmediate(() => this.#appendAll())
  }

  /** Makes what another process left uncommitted durable, so that readers see it. */
  commitLeftovers(): void {
    if (this.#pacing.isIdle) this.#startCommit()
  }

  /** The log was cut under what is appended and not committed: it is refused. */
  abandon(error: unknown): void {
    const failed = this.#uncommitted
    this.#uncommitted = []
    this.#uncovered = 0
    for (const { listener } of failed) listener.failed(error)
  }

  #appendAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const isSynced = this.#options.flushPolicy === 'sync'
    const refusal = this.#options.health.refusal()
    if (refusal !== undefined) return this.#refuseAll(refusal, waiting)
    try {
      const batches = waiting.map(({ batch }) => batch)
      this.#answerAll(waiting, this.#options.log().offer(batches, isSynced ? 'commit' : 'never'))
    } catch (error) {
      this.#appendFailed(error, waiting)
    }
    if (isSynced) this.#commit()
    else this.#options.onVisible(sizeOf(waiting))
  }

  /** Throws nothing: what is appended must not be appended again. */
  #answerAll(waiting: readonly Waiting[], outcomes: readonly OfferOutcome[]): void {
    this.#isScheduled = false
    this.#retryMs = retryMsMin
    this.#waitedMs = 0
    const failure = outcomes.find((outcome) => outcome.kind === 'failed')
    if (failure === undefined) this.#options.health.succeeded()
    else this.#noteFailure(failure.error)
    this.#tellAppended(outcomes)
    const logStartOffset = this.#options.logStartOffset()
    for (const [at, one] of waiting.entries()) this.#appended(one, outcomes[at] as OfferOutcome, logStartOffset)
  }

  /** What one turn appends has no gaps. */
  #tellAppended(offered: readonly OfferOutcome[]): void {
    const first = offered.find(({ kind }) => kind === 'appended')
    const last = offered.findLast(({ kind }) => kind === 'appended')
    if (first?.kind !== 'appended' || last?.kind !== 'appended') return
    this.#options.onAppended(first.baseOffset, last.nextOffset)
  }

  #appended({ batch, listener }: Waiting, offered: OfferOutcome, logStartOffset: Offset): void {
    if (offered.kind === 'failed') return listener.failed(offered.error)
    const nextOffset = endOf(offered)
    if (nextOffset === undefined || this.#options.flushPolicy === 'os') listener.appended(offered, logStartOffset)
    else {
      this.#uncommitted.push({ batch, nextOffset, offered, listener })
      this.#uncovered++
    }
  }

  #appendFailed(error: unknown, rest: readonly Waiting[]): void {
    const all = [...rest, ...this.#waiting]
    if (error instanceof LockedError && this.#waitedMs < waitMsMax) {
      this.#waiting = all
      setTimeout(() => this.#appendAll(), this.#nextRetryMs())
      return
    }
    this.#noteFailure(error)
    this.#refuseAll(error, all)
  }

  #refuseAll(error: unknown, all: readonly Waiting[]): void {
    this.#isScheduled = false
    this.#waitedMs = 0
    this.#waiting = []
    for (const { listener } of all) listener.failed(error)
  }

  #noteFailure(error: unknown): void {
    if (!(error instanceof DiskError)) return
    this.#options.health.failed(error)
    this.#mustReopen ||= error.isWantOfRoom
    this.#reopenIfDue()
  }

  /** Once nothing is under way in the log that there is. */
  #reopenIfDue(): void {
    if (!this.#mustReopen || !this.#pacing.isIdle) return
    this.#mustReopen = false
    try {
      const end = this.#options.reopenLog()
      // What is appended is there still; else it must not be waited for.
      if (this.#uncommitted.some(({ nextOffset }) => nextOffset > end)) {
        this.abandon(new TemporaryError('the log was cut while its disk was full'))
      }
    } catch (error) {
      // Whoever asks for the log next tries it again.
      if (!(error instanceof TslogError)) throw error
    }
  }

  #commit(): void {
    if (this.#uncovered === 0) return
    const delayMs = this.#pacing.delayMs(this.#uncovered, this.#options.elapsedMs())
    if (delayMs === 0) this.#startCommit()
    else if (delayMs < Infinity) this.#commitLater(delayMs)
  }

  #commitLater(delayMs: number): void {
    this.#paceTimer ??= setTimeout(() => {
      this.#paceTimer = undefined
      this.#commit()
    }, delayMs)
  }

  #startCommit(): void {
    clearTimeout(this.#paceTimer)
    this.#paceTimer = undefined
    this.#uncovered = 0
    const begunMs = this.#options.elapsedMs()
    this.#pacing.begun(begunMs)
    this.#commitLog().then(
      (visibleEnd) => this.#committed(visibleEnd, begunMs),
      (error: unknown) => this.#commitFailed(error, begunMs),
    )
  }

  /** Rejects also when the log cannot be opened any more. */
  async #commitLog(): Promise<Offset> {
    return this.#options.log().commit()
  }

  #committed(visibleEnd: Offset, begunMs: number): void {
    this.#isSecondCommit = false
    const done = this.#uncommitted.filter(({ nextOffset }) => nextOffset <= visibleEnd)
    this.#uncommitted = this.#uncommitted.filter(({ nextOffset }) => nextOffset > visibleEnd)
    this.#options.onCommit(done.length, this.#commitEnded(done.length, begunMs))
    const logStartOffset = this.#options.logStartOffset()
    for (const { listener, offered } of done) listener.appended(offered, logStartOffset)
    this.#options.onVisible(done.length === 0 ? undefined : sizeOf(done))
    this.#commit()
  }

  /** Returns how long it took, in ms. */
  #commitEnded(answered: number, begunMs: number): number {
    const nowMs = this.#options.elapsedMs()
    const left = this.#uncommitted.length
    this.#uncovered = Math.min(this.#uncovered, left)
    this.#pacing.ended({ answered, waiting: this.#uncovered, elapsedMs: nowMs - begunMs }, nowMs)
    // What an earlier one was for, which failed, no other one will settle.
    if (this.#pacing.isIdle) this.#uncovered = left
    return nowMs - begunMs
  }

  #commitFailed(error: unknown, begunMs: number): void {
    if (error instanceof LockedError) {
      setTimeout(() => {
        this.#commitEnded(0, begunMs)
        this.#commit()
      }, this.#nextRetryMs())
      return
    }
    this.#commitEnded(0, begunMs)
    const isForWantOfRoom = error instanceof DiskError && error.isWantOfRoom
    // After a sync that failed nothing more is written, whatever a write had met before.
    this.#mustReopen = isForWantOfRoom
    // The one beside it has met the same, or worse.
    if (isForWantOfRoom && !this.#pacing.isIdle) return
    this.#reopenIfDue()
    if (isForWantOfRoom && !this.#isSecondCommit) {
      // It is in the log, and was not to blame: another append was.
      this.#isSecondCommit = true
      return this.#commit()
    }
    this.#isSecondCommit = false
    if (error instanceof DiskError) this.#options.health.failed(error)
    this.abandon(error)
  }

  #nextRetryMs(): number {
    const waitMs = this.#retryMs
    this.#waitedMs += waitMs
    this.#retryMs = Math.min(2 * waitMs, retryMsMax)
    return waitMs
  }
}

/** Where a batch ends that must be durable before it is acknowledged; also one that was sent before, perhaps a moment ago. */
function endOf(offered: Offered): Offset | undefined {
  if (offered.kind === 'appended') return offered.nextOffset
  return offered.kind === 'duplicate' ? ((offered.lastOffset + 1n) as Offset) : undefined
}

function sizeOf(batches: readonly { readonly batch: Uint8Array }[]): number {
  return batches.reduce((bytes, { batch }) => bytes + batch.length, 0)
}
