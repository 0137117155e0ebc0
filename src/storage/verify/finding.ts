import type { Offset } from '../../base/brands.ts'

/** How much a finding matters: `damage` is something that was lost or reads wrong, `note` is harmless and only worth knowing. */
export type Severity = 'damage' | 'note'

/** What part of a log directory a finding is about. */
export type FindingKind =
  /** Bytes of a segment that are no readable batch at their place. */
  | 'batch'
  /** Bytes at the end of the log that a crash left half-written. */
  | 'torn-tail'
  /** Offsets that no batch holds although nothing was compacted. */
  | 'hole'
  /** A segment that begins below the end of the one before it. */
  | 'overlap'
  /** The leader epoch in the head of a batch, which no checksum covers. */
  | 'leader-epoch'
  /** A batch whose checksum is right, and whose records make no sense. */
  | 'records'
  | 'index'
  | 'time-index'
  | 'transaction-index'
  | 'snapshot'
  | 'epoch-history'
  | 'partition-metadata'
  | 'checkpoint'
  | 'catalog'
  | 'config'
  | 'identity'
  /** A name that Kafka would stumble over, or that lacks what belongs to it. */
  | 'name'
  /** A file on its way in or out. */
  | 'leftover'

/** One thing that is not as it should be, and where. */
export interface Finding {
  readonly severity: Severity
  readonly kind: FindingKind
  readonly path: string
  /** The bytes concerned: from `position` to `end` (exclusive); equal where it is about no bytes. */
  readonly position: number
  readonly end: number
  /** The offsets concerned, from `firstOffset` to `nextOffset` (exclusive), where it is about records. */
  readonly firstOffset?: Offset
  readonly nextOffset?: Offset
  /** What is wrong, in words. */
  readonly reason: string
}

/** Findings of one file or partition, with a bound: a file of garbage must not fill the memory. */
export class FindingList {
  readonly #findings: Finding[] = []
  readonly #countMax: number
  #dropped = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  add(finding: Finding): void {
    if (this.#findings.length < this.#countMax) this.#findings.push(finding)
    else this.#dropped++
  }

  /** What was found last reaches up to `end`. */
  extendLast(end: number): void {
    const last = this.#dropped > 0 ? undefined : this.#findings.pop()
    if (last !== undefined) this.#findings.push({ ...last, end })
  }

  /** A finding about a whole file. */
  addFile(path: string, what: Pick<Finding, 'severity' | 'kind' | 'reason'>): void {
    this.add({ ...what, path, position: 0, end: 0 })
  }

  get findings(): readonly Finding[] {
    return this.#findings
  }

  /** How many more there were. */
  get dropped(): number {
    return this.#dropped
  }
}
