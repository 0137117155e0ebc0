/** So many commits of a partition run at the same time, at most. */
const underWayMax = 2

/** Beside a commit that takes longer the next one begins, in ms: it probably waits for what others write to the same disk, as the next one would. */
const overlapMs = 0.5

/** Where commits usually take longer than this, in ms, time is better spent on the disk than in waiting for more batches. */
const quickMs = 2

/** The longest wait for more batches, in ms. */
const gatherMs = 1

/** Of the usual time of a commit so much is the last one's. */
const weightOfLast = 1 / 8

/**
 * When the next commit of a partition begins. A producer that keeps several batches in flight sends as many as were just answered, at once: they
 * are waited for, so that its batches share one sync in place of two by turns, which costs the processor less. While a sync is slow, the next one
 * begins beside it.
 */
export class CommitPacing {
  #underWay = 0
  #begunMs = 0
  #usualMs = 0
  /** So many batches are likely to wait for the disk soon, and until when that is believed, in ms. */
  #expected = 0
  #expectedUntilMs = 0

  get isIdle(): boolean {
    return this.#underWay === 0
  }

  /** How long a commit for that many batches is to wait still, in ms. Infinite: until another one ends. */
  delayMs(batches: number, nowMs: number): number {
    if (this.#underWay >= underWayMax) return Infinity
    if (this.#underWay > 0) return Math.max(0, this.#begunMs + overlapMs - nowMs)
    return batches >= this.#expected ? 0 : Math.max(0, this.#expectedUntilMs - nowMs)
  }

  begun(nowMs: number): void {
    this.#underWay++
    this.#begunMs = nowMs
    this.#expected = 0
  }

  /** One that took `elapsedMs` has ended: `answered` batches are answered, `waiting` ones were appended meanwhile. */
  ended({ answered, waiting, elapsedMs }: EndedCommit, nowMs: number): void {
    this.#underWay--
    this.#usualMs += (elapsedMs - this.#usualMs) * weightOfLast
    this.#expected = this.#usualMs < quickMs ? answered + waiting : 0
    this.#expectedUntilMs = nowMs + gatherMs
  }
}

interface EndedCommit {
  readonly answered: number
  readonly waiting: number
  readonly elapsedMs: number
}
