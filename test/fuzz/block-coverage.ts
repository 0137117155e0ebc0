import { Session, type Profiler } from 'node:inspector'

/** Which parts of our source have run, by V8's own counters of blocks. */
export class BlockCoverage {
  readonly #session = new Session()
  readonly #known = new Map<string, Uint8Array>()

  /** Begins to count in this thread. Functions that run already are only counted once they are compiled anew: begin before the source is loaded. */
  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** What ran since the last call. */
  take(): readonly Profiler.ScriptCoverage[] {
    let taken: readonly Profiler.ScriptCoverage[] = []
    // Answers before it returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error
      taken = answer.result.filter(({ url }) => url.includes('/src/') && url.startsWith('file:'))
    })
    return taken
  }

  /** Whether something ran that never did before. */
  isNew(taken: readonly Profiler.ScriptCoverage[]): boolean {
    return taken.some((script) => {
      const known = this.#known.get(script.scriptId)
      return coveredOf(script).some((isCovered, at) => isCovered !== 0 && known?.[at] !== 1)
    })
  }

  /** Takes it for known. */
  learn(taken: readonly Profiler.ScriptCoverage[]): void {
    for (const script of taken) {
      const covered = coveredOf(script)
      const known = this.#known.get(script.scriptId)
      const whole = known !== undefined && known.length >= covered.length ? known : new Uint8Array(covered.length)
      if (known !== undefined && known !== whole) whole.set(known)
      covered.forEach((isCovered, at) => (whole[at] = (whole[at] as number) | isCovered))
      this.#known.set(script.scriptId, whole)
    }
  }

  /** Characters of source that have run. */
  get size(): number {
    let size = 0
    for (const covered of this.#known.values()) for (const isCovered of covered) size += isCovered
    return size
  }
}

/** 1 for each character that ran: inner ranges say otherwise than those around them. */
function coveredOf({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const ranges = functions.flatMap((one) => one.ranges)
  ranges.sort((one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset)
  const covered = new Uint8Array(ranges.reduce((end, range) => Math.max(end, range.endOffset), 0))
  for (const { startOffset, endOffset, count } of ranges) covered.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  return covered
}
