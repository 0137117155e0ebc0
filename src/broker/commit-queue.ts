import type { Offset } from '../base/brands.ts'
import { LockedError } from '../base/errors.ts'
import type { Offered } from '../storage/batch-offer.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import type { FlushPolicy } from './broker-config.ts'

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
  readonly nextOffset: Offset
  readonly offered: Offered
  readonly listener: AppendListener
}

export interface CommitQueueOptions {
  readonly log: () => PartitionLog
  readonly flushPolicy: FlushPolicy
  /** As far as it is known. Throws nothing. */
  readonly logStartOffset: () => Offset
  /** Told of appends to the log: from the first of their batches to the end of the last. */
  readonly onAppended: (from: Offset, to: Offset) => void
  /** Told after appends became visible. */
  readonly onVisible: () => void
  /** Told of each commit: how many batches it was for, and how long it took, in ms. */
  readonly onCommit: (batches: number, elapsedMs: number) => void
  readonly elapsedMs: () => number
}

/** Another process that holds the partition lets go within a fraction of a millisecond, if it runs at all. */
const retryMsMin = 1
const retryMsMax = 50

/** It is stopped, or hangs: clients are told to come again, so that what waits stays bounded. */
const waitMsMax = 10_000

/**
 * The appends of clients to one partition. Those of one turn of the event loop are appended together, and all that were appended while a sync ran
 * share the next one (group commit). The order of appends is the order of the calls.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  #waiting: Waiting[] = []
  #uncommitted: Uncommitted[] = []
  #isScheduled = false
  #isCommitting = false
  #commitBegunMs = 0
  #retryMs = retryMsMin
  /** For another process, in ms. */
  #waitedMs = 0

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#uncommitted.length === 0 && !this.#isCommitting
  }

  /** Appends one checked batch of a client. */
  append(batch: Uint8Array, listener: AppendListener): void {
    this.#waiting.push({ batch, listener })
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#appendAll())
  }

  /** Makes what another process left uncommitted durable, so that readers see it. */
  commitLeftovers(): void {
    if (!this.#isCommitting) this.#startCommit()
  }

  /** The log was cut under what is appended and not committed: it is refused. */
  abandon(error: unknown): void {
    const failed = this.#uncommitted
    this.#uncommitted = []
    for (const { listener } of failed) listener.failed(error)
  }

  #appendAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const isSynced = this.#options.flushPolicy === 'sync'
    try {
      const batches = waiting.map(({ batch }) => batch)
      this.#answerAll(waiting, this.#options.log().offer(batches, isSynced ? 'commit' : 'never'))
    } catch (error) {
      this.#appendFailed(error, waiting)
    }
    if (isSynced) this.#commit()
    else this.#options.onVisible()
  }

  /** Throws nothing: what is appended must not be appended again. */
  #answerAll(waiting: readonly Waiting[], offered: readonly Offered[]): void {
    this.#isScheduled = false
    this.#retryMs = retryMsMin
    this.#waitedMs = 0
    this.#tellAppended(offered)
    const logStartOffset = this.#options.logStartOffset()
    for (const [at, one] of waiting.entries()) this.#appended(one, offered[at] as Offered, logStartOffset)
  }

  /** What one turn appends has no gaps. */
  #tellAppended(offered: readonly Offered[]): void {
    const first = offered.find(({ kind }) => kind === 'appended')
    const last = offered.findLast(({ kind }) => kind === 'appended')
    if (first?.kind !== 'appended' || last?.kind !== 'appended') return
    this.#options.onAppended(first.baseOffset, last.nextOffset)
  }

  #appended({ listener }: Waiting, offered: Offered, logStartOffset: Offset): void {
    const nextOffset = endOf(offered)
    if (nextOffset === undefined || this.#options.flushPolicy === 'os') listener.appended(offered, logStartOffset)
    else this.#uncommitted.push({ nextOffset, offered, listener })
  }

  #appendFailed(error: unknown, rest: readonly Waiting[]): void {
    const all = [...rest, ...this.#waiting]
    if (error instanceof LockedError && this.#waitedMs < waitMsMax) {
      this.#waiting = all
      setTimeout(() => this.#appendAll(), this.#nextRetryMs())
      return
    }
    this.#isScheduled = false
    this.#waitedMs = 0
    this.#waiting = []
    for (const { listener } of all) listener.failed(error)
  }

  #commit(): void {
    if (!this.#isCommitting && this.#uncommitted.length > 0) this.#startCommit()
  }

  #startCommit(): void {
    this.#isCommitting = true
    this.#commitBegunMs = this.#options.elapsedMs()
    this.#commitLog().then(
      (visibleEnd) => this.#committed(visibleEnd),
      (error: unknown) => this.#commitFailed(error),
    )
  }

  /** Rejects also when the log cannot be opened any more. */
  async #commitLog(): Promise<Offset> {
    return this.#options.log().commit()
  }

  #committed(visibleEnd: Offset): void {
    this.#isCommitting = false
    const done = this.#uncommitted.filter(({ nextOffset }) => nextOffset <= visibleEnd)
    this.#uncommitted = this.#uncommitted.filter(({ nextOffset }) => nextOffset > visibleEnd)
    this.#options.onCommit(done.length, this.#options.elapsedMs() - this.#commitBegunMs)
    const logStartOffset = this.#options.logStartOffset()
    for (const { listener, offered } of done) listener.appended(offered, logStartOffset)
    this.#options.onVisible()
    this.#commit()
  }

  #commitFailed(error: unknown): void {
    if (error instanceof LockedError) {
      setTimeout(() => {
        this.#isCommitting = false
        this.#commit()
      }, this.#nextRetryMs())
      return
    }
    this.#isCommitting = false
    const failed = this.#uncommitted
    this.#uncommitted = []
    for (const { listener } of failed) listener.failed(error)
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
