import type { Offset } from '../../base/brands.ts'
import type { Finding, FindingList } from './finding.ts'

/** A stretch of a segment that is not as it should be, for whoever mends it. */
export interface BadStretch {
  readonly kind: 'bad' | 'hole' | 'tail'
  readonly position: number
  readonly end: number
  readonly firstOffset: Offset
  readonly nextOffset: Offset
}

/** More of one segment are found, and not kept. */
const stretchesMax = 10_000

/** The bad stretches of one segment, front to back. Each is a finding too. */
export class BadStretches {
  readonly #path: string
  readonly #findings: FindingList
  readonly #stretches: BadStretch[] = []

  /** `path`: of the segment's `.log`. */
  constructor(path: string, findings: FindingList) {
    this.#path = path
    this.#findings = findings
  }

  get stretches(): readonly BadStretch[] {
    return this.#stretches
  }

  add(stretch: BadStretch, kind: Finding['kind'], reason: string): void {
    if (this.#goesOn(stretch)) return
    if (this.#stretches.length < stretchesMax) this.#stretches.push(stretch)
    const { position, end, firstOffset, nextOffset } = stretch
    this.#findings.add({
      severity: 'damage',
      kind,
      path: this.#path,
      position,
      end,
      firstOffset,
      nextOffset,
      reason,
    })
  }

  /** Batches of other offsets that follow one another, as in a log that was copied into itself, are one stretch. */
  #goesOn({ kind, position, end, firstOffset, nextOffset }: BadStretch): boolean {
    const last = this.#stretches.at(-1)
    if (last === undefined || last.kind !== 'bad' || kind !== 'bad' || last.end !== position) return false
    if (last.nextOffset > last.firstOffset || nextOffset > firstOffset) return false
    this.#stretches[this.#stretches.length - 1] = { ...last, end }
    this.#findings.extendLast(end)
    return true
  }
}
